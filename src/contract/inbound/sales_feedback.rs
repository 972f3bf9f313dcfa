//! `sales.feedback.v1`: why sales returns a lead, and what it learnt. It never decides what follows from a reason.

use super::crm_leads::sales_fact;
use super::reading::{Reading, acted_by, commanded};
use super::{InType, in_types};
use crate::contract::request::{Creates, Decoded, NoteText, Request, Subject, Unreadable};
use crate::domain::command::{Command, OptOutScope, Rejection};
use crate::domain::policy::RejectionCode;
use crate::domain::team::PoolId;

pub(super) const TYPES: &[InType] = in_types!("sales.feedback.v1":
    "sales.lead.rejected.v1" => rejected,
    "sales.feedback.noted.v1" => |reading| Ok(noted(reading)),
);

/// Form faults never lose a rejection (LIFECYCLE N6): an unknown or missing reason stands as `other`, flagged; what a
/// code demands is looked at where the policy is at hand.
fn rejected(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let data = reading.data;
    let stated = data.text("reason").map(str::to_lowercase);
    let code = stated.as_deref().and_then(RejectionCode::parse);
    let note = reading.note("rejection");
    let rejection = Rejection {
        code: code.unwrap_or(RejectionCode::Other),
        unmapped: code.is_none(),
        sub_reason: data.text("sub_reason").map(str::to_lowercase),
        retry_on: data.day_start("retry_on")?,
        attempts: data.integer("attempts"),
        names_duplicate: !data.object("duplicate_of").is_empty(),
        names_competitor: data.text("competitor").is_some(),
        proposed_owner: None,
        proposed_pool: data.owned("proposed_pool").map(PoolId),
        fields: data.texts("fields").map(str::to_owned).collect(),
        scope: match data.text("scope") {
            Some("marketing") => Some(OptOutScope::Marketing),
            Some("all") => Some(OptOutScope::All),
            Some(_) | None => None,
        },
        note_chars: note
            .as_ref()
            .map_or(0, |note| u32::try_from(note.text.chars().count()).unwrap_or(u32::MAX)),
    };
    let request = Request {
        named: data.crm("proposed_owner"),
        others: reading.doubled().into_iter().collect(),
        note,
        ..sales_fact(reading, Creates::NeverParked)
    };
    Ok(commanded(request, Command::RejectLead(rejection)))
}

/// A note about a deal or a company names nobody: it is kept without people.
fn noted(reading: &Reading<'_>) -> Decoded {
    let data = reading.data;
    let note = reading.note(data.text("theme").unwrap_or_default()).map(|note| NoteText {
        tags: data.texts("tags").map(str::to_owned).collect(),
        may_quote: data.flag("may_quote"),
        ..note
    });
    let who = reading.who();
    let request = if who.person.keys.is_empty() {
        acted_by(reading.about(Subject::Lead, Creates::NeverParked), data.crm("actor"))
    } else {
        sales_fact(reading, Creates::NeverParked)
    };
    commanded(Request { note, ..request }, Command::TakeNote)
}
