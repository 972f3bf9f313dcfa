//! `marketing.signals.v1`: what people did outside forms and e-mail. It never makes a derived signal.

use super::people::Named;
use super::reading::{Reading, commanded};
use super::{InType, in_types};
use crate::contract::request::{Creates, Decoded, TouchDetail, Unreadable};
use crate::domain::command::{Command, Report};
use crate::domain::lead::Origin;
use crate::domain::signal::{PageKind, SignalKind};

pub(super) const TYPES: &[InType] = in_types!("marketing.signals.v1": "signal.recorded.v1" => recorded);

fn recorded(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let data = reading.data;
    let Some(kind) = kind(reading) else { return Err(data.bad("kind", "is none of the allowed words")) };
    let automated = data.flag("automated");
    let mut named =
        Named::by_email(reading, data.object("person"), None, data.crm("crm"), data.text("anonymous_id"))
            .with_account_domain(data.text("account_domain"), reading.reference);
    let creates = creates(kind, automated, &named);
    let report = Report { campaign: reading.campaign(), ..reading.derived(&named, Some(Origin::Marketing)) };
    let touch = (kind.is_touch() && !automated).then(|| TouchDetail {
        campaign: report.campaign.clone(),
        source: data.owned("source"),
        medium: data.owned("medium"),
        form_id: None,
    });
    if touch.is_some() {
        named.person.patch.source = data.owned("source");
    }
    let mut request = reading.fact(named, creates);
    request.touch = touch;
    Ok(commanded(request, Command::RecordSignal { signal: reading.signal(kind, 0, automated), report }))
}

/// LIFECYCLE idea 17. Records whose only key is an anonymous id go to the anonymous store, whatever stands here.
fn creates(kind: SignalKind, automated: bool, named: &Named) -> Creates {
    let makes_leads = match kind {
        SignalKind::WebinarRegistered
        | SignalKind::WebinarAttended
        | SignalKind::EventAttended
        | SignalKind::Chat
        | SignalKind::InboundCall
        | SignalKind::ProductActivated => true,
        SignalKind::Form(_)
        | SignalKind::PageView(_)
        | SignalKind::Session(_)
        | SignalKind::EmailSent
        | SignalKind::EmailDelivered
        | SignalKind::EmailOpened
        | SignalKind::EmailClicked
        | SignalKind::EmailReplied
        | SignalKind::SoftBounce
        | SignalKind::HardBounce
        | SignalKind::EmailOptOut
        | SignalKind::AdClick
        | SignalKind::Intent
        | SignalKind::ColleagueActive
        | SignalKind::RecycleDateReached => false,
    };
    if makes_leads && !automated {
        Creates::WithEmail
    } else if named.has_email {
        Creates::NeverFiltered
    } else {
        Creates::NeverParked
    }
}

fn kind(reading: &Reading<'_>) -> Option<SignalKind> {
    let data = reading.data;
    Some(match data.text("kind")? {
        "page_view" => SignalKind::PageView(page(data.text("page_kind")?)?),
        "session" => SignalKind::Session(page(data.text("page_kind")?)?),
        "webinar_registered" => SignalKind::WebinarRegistered,
        "webinar_attended" => SignalKind::WebinarAttended,
        "event_attended" => SignalKind::EventAttended,
        "ad_click" => SignalKind::AdClick,
        "chat" => SignalKind::Chat,
        "inbound_call" => SignalKind::InboundCall,
        "product_activated" => SignalKind::ProductActivated,
        "intent" => SignalKind::Intent,
        _ => return None,
    })
}

fn page(word: &str) -> Option<PageKind> {
    Some(match word {
        "pricing" => PageKind::Pricing,
        "product" => PageKind::Product,
        "case" => PageKind::Case,
        "careers" => PageKind::Careers,
        "other" => PageKind::Other,
        _ => return None,
    })
}
