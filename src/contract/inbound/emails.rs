//! `marketing.email-events.v1`: what became of e-mail that marketing sent. It never suppresses anybody.

use super::people::Named;
use super::reading::{Reading, commanded, ignored};
use super::{InType, in_types};
use crate::contract::keys;
use crate::contract::request::{Creates, Decoded, TouchDetail};
use crate::domain::command::{Command, Report};
use crate::domain::lead::Origin;
use crate::domain::signal::SignalKind;

pub(super) const TYPES: &[InType] = in_types!("marketing.email-events.v1":
    "email.sent.v1" => |reading| Ok(happened(reading, SignalKind::EmailSent)),
    "email.delivered.v1" => |reading| Ok(happened(reading, SignalKind::EmailDelivered)),
    "email.opened.v1" => |reading| Ok(happened(reading, SignalKind::EmailOpened)),
    "email.clicked.v1" => |reading| Ok(happened(reading, SignalKind::EmailClicked)),
    "email.replied.v1" => |reading| Ok(happened(reading, SignalKind::EmailReplied)),
    "email.bounced.v1" => |reading| Ok(bounced(reading)),
    "email.unsubscribed.v1" => |reading| Ok(opted_out(reading)),
    "email.complained.v1" => |reading| Ok(opted_out(reading)),
);

/// E-mail events name people by their address alone.
fn person(reading: &Reading<'_>) -> Named {
    Named::by_email(reading, reading.data.object("person"), None, None, None)
}

/// Only people make leads: of e-mail events, a click or a reply that no machine made.
fn happened(reading: &Reading<'_>, kind: SignalKind) -> Decoded {
    let data = reading.data;
    let automated = data.flag("automated") || data.flag("out_of_office");
    let about = data.text("message_id").map_or(0, keys::about);
    let by_a_person = matches!(kind, SignalKind::EmailClicked | SignalKind::EmailReplied) && !automated;
    let creates = if by_a_person { Creates::WithEmail } else { Creates::NeverFiltered };
    let named = person(reading);
    let report = Report { campaign: reading.campaign(), ..reading.derived(&named, Some(Origin::Marketing)) };
    let touch = (kind.is_touch() && !automated).then(|| TouchDetail {
        campaign: report.campaign.clone(),
        source: Some("email".to_owned()),
        medium: Some("email".to_owned()),
        form_id: None,
    });
    let mut request = reading.fact(named, creates);
    request.touch = touch;
    commanded(request, Command::RecordSignal { signal: reading.signal(kind, about, automated), report })
}

fn bounced(reading: &Reading<'_>) -> Decoded {
    let hard = reading.data.text("bounce_type") == Some("hard");
    let kind = if hard { SignalKind::HardBounce } else { SignalKind::SoftBounce };
    let mut named = person(reading);
    named.guards.hard_bounce = hard;
    let report = reading.derived(&named, None);
    let request = reading.fact(named, Creates::NeverFiltered);
    commanded(request, Command::RecordSignal { signal: reading.signal(kind, 0, false), report })
}

/// Leaving one list is no opt-out and no signal: it is counted with its own reason.
fn opted_out(reading: &Reading<'_>) -> Decoded {
    if reading.data.text("scope") == Some("list") {
        return ignored("left_one_list");
    }
    let request = reading.fact(person(reading), Creates::NeverFiltered);
    let signal = reading.signal(SignalKind::EmailOptOut, 0, false);
    commanded(request, Command::OptOutEmail { signal })
}
