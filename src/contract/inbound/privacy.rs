//! `privacy.requests.v1`: what people ask of us. It never decides what follows, and never deletes.

use super::fields::Fields;
use super::reading::{Reading, commanded};
use super::{InType, in_types};
use crate::contract::request::{Creates, Decoded, Request, Unreadable};
use crate::domain::command::Command;
use crate::domain::lead::{Consent, Permission, SuppressedFor};
use crate::domain::signal::SignalKind;

pub(super) const TYPES: &[InType] = in_types!("privacy.requests.v1":
    "person.erasure_requested.v1" => erasure,
    "consent.changed.v1" => consent_changed,
    "contact.suppressed.v1" => suppressed,
);

/// What a person asked, when they asked it: a request that was filed later does not become newer by that.
fn asked(reading: &Reading<'_>) -> Result<Request, Unreadable> {
    let mut request = reading.fact(reading.who(), Creates::NeverFiltered);
    if let Some(requested_at) = reading.data.moment("requested_at")? {
        request.cause.occurred_at = requested_at.min(request.cause.occurred_at);
    }
    Ok(request)
}

/// E-mail that is withdrawn and nothing else is the opt-out that mail systems report; all else is consent.
fn consent_changed(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let said = reading.data.object("consent");
    let consent = Consent { email: permission(said, "email"), phone: permission(said, "phone") };
    let only_email = consent == Consent { email: Permission::Withdrawn, phone: Permission::Unknown };
    if only_email {
        return opted_out(reading);
    }
    Ok(commanded(asked(reading)?, Command::GiveConsent { consent }))
}

fn permission(said: Fields<'_>, channel: &str) -> Permission {
    match said.text(channel) {
        Some("given") => Permission::Given,
        Some("withdrawn") => Permission::Withdrawn,
        Some(_) | None => Permission::Unknown,
    }
}

/// Marketing only is an e-mail opt-out; a scope that nobody states is the widest.
fn suppressed(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    if reading.data.text("scope") == Some("marketing") {
        return opted_out(reading);
    }
    let is_legal = reading.data.text("reason").is_some_and(|reason| reason.to_lowercase().contains("legal"));
    let reason = if is_legal { SuppressedFor::Legal } else { SuppressedFor::OptOut };
    Ok(commanded(asked(reading)?, Command::SuppressLead { reason }))
}

fn opted_out(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let request = asked(reading)?;
    let mut signal = reading.signal(SignalKind::EmailOptOut, 0, false);
    signal.at = request.cause.occurred_at;
    Ok(commanded(request, Command::OptOutEmail { signal }))
}

/// Somebody unknown is erased too: their keys stand on the erased list. `scope` says nothing here: erased is erased.
fn erasure(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    Ok(commanded(asked(reading)?, Command::EraseLead))
}
