//! `marketing.form-fills.v1`: a person sent in a form. It never decides whether that raises a hand.

use super::people::Named;
use super::reading::{Reading, commanded};
use super::{InType, in_types};
use crate::contract::request::{Creates, Decoded, TouchDetail};
use crate::domain::command::{Command, Report};
use crate::domain::lead::{Consent, Origin, Permission};
use crate::domain::signal::{FormKind, SignalKind};

pub(super) const TYPES: &[InType] =
    in_types!("marketing.form-fills.v1": "form.submitted.v1" => |reading| Ok(submitted(reading)));

/// From here on a bot score blocks: the contract's own promise to producers (schema of `bot_score`), which the default
/// policy repeats.
pub const BOT_SCORE_BLOCKS: u8 = 80;

fn submitted(reading: &Reading<'_>) -> Decoded {
    let data = reading.data;
    let mut named = Named::read(reading, data.object("person"), None, None, data.text("anonymous_id"));
    let utm = data.object("utm");
    let first_touch = data.object("first_touch");
    let source = utm.owned("source").or_else(|| first_touch.owned("source"));
    let form_id = data.owned("form_id");
    named.person.patch.submission_id = data.owned("submission_id");
    named.person.patch.form_id.clone_from(&form_id);
    named.person.patch.source.clone_from(&source);
    named.guards.bot = data.integer::<u8>("bot_score").is_some_and(|score| score >= BOT_SCORE_BLOCKS);
    named.guards.test = data.flag("test");
    let report = Report {
        consent: consent(reading),
        campaign: reading.campaign(),
        product: data.owned("requested_product"),
        ..reading.report(&named, Some(Origin::Marketing))
    };
    let touch = TouchDetail {
        campaign: report.campaign.clone(),
        source,
        medium: utm.owned("medium").or_else(|| first_touch.owned("medium")),
        form_id,
    };
    let signal = reading.signal(SignalKind::Form(form_kind(reading)), 0, false);
    let mut request = reading.fact(named, Creates::WithEmail);
    request.test |= data.flag("test");
    request.touch = Some(touch);
    commanded(request, Command::RecordSignal { signal, report })
}

/// A form without `consent` is a request by the person: it says nothing new about consent and takes none away.
fn consent(reading: &Reading<'_>) -> Consent {
    let consent = reading.data.object("consent");
    let said = |channel| match consent.text(channel) {
        Some("given") => Permission::Given,
        Some("withdrawn") => Permission::Withdrawn,
        Some(_) | None => Permission::Unknown,
    };
    Consent { email: said("email"), phone: said("phone") }
}

/// The kind that the record states; another word, or none, is looked up by form id and name.
fn form_kind(reading: &Reading<'_>) -> FormKind {
    let data = reading.data;
    let stated = data.text("form_kind").map(str::to_lowercase);
    let known = match stated.as_deref() {
        Some("demo") => Some(FormKind::Demo),
        Some("contact") => Some(FormKind::Contact),
        Some("pricing") => Some(FormKind::Pricing),
        Some("trial") => Some(FormKind::Trial),
        Some("content") => Some(FormKind::Content),
        Some("newsletter") => Some(FormKind::Newsletter),
        Some("webinar") => Some(FormKind::Webinar),
        Some("event") => Some(FormKind::Event),
        Some("other") => Some(FormKind::Other),
        Some(_) | None => None,
    };
    let mapped =
        || reading.reference.form_kind(data.text("form_id").unwrap_or_default(), data.text("form_name"));
    let foreign_word = || stated.as_deref().and_then(|word| reading.reference.form_kind("", Some(word)));
    known.or_else(mapped).or_else(foreign_word).unwrap_or(FormKind::Other)
}
