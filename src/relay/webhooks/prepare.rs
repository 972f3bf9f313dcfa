//! A delivery whose time has come becomes what is sent: a webhook's body as it is stored, a notice with the person's name and
//! its one-time links. It looks nothing up and sends nothing.

use super::endpoints::{Audience, Target};
use super::verdict::Verdict;
use super::wire::Parcel;
use crate::contract::keys::Keys;
use crate::contract::links::{Link, LinkAction};
use crate::contract::notice::{Buttons, Named, Notice, Offer};
use crate::domain::team::{MemberId, PoolId, Team};
use crate::domain::time::Moment;
use crate::store::delivery::{Due, Standing};
use crate::store::rows::PersonRow;

/// What notices are made with.
pub(super) struct Desk<'a> {
    pub keys: &'a Keys,
    pub team: &'a Team,
    /// Where links lead to.
    pub board_url: &'a str,
}

/// What is known of the lead of a notice.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub standing: Option<&'a Standing>,
    pub person: Option<&'a PersonRow>,
}

/// What is to be sent, or why nothing is.
pub(super) fn parcel(
    due: &Due,
    target: &Target,
    about: About<'_>,
    desk: &Desk<'_>,
) -> Result<Parcel, Verdict> {
    match target {
        Target::Webhook(hook) => Ok(Parcel::Webhook {
            url: hook.url.clone(),
            keys: hook.keys.clone(),
            id: due.event_id.to_string(),
            body: due.body.clone(),
        }),
        Target::Slack { url, audience } => {
            let notice = notice(due, audience, about, desk)?;
            Ok(Parcel::Slack { url: url.clone(), body: notice.slack() })
        }
        Target::Email { address, audience } => {
            let letter = notice(due, audience, about, desk)?.letter();
            let place = due.endpoint.replace(':', ".");
            Ok(Parcel::Email { to: address.clone(), letter, id: format!("{}.{place}", due.event_id) })
        }
    }
}

/// The notice of an offer that still stands.
fn notice(due: &Due, audience: &Audience, about: About<'_>, desk: &Desk<'_>) -> Result<Notice, Verdict> {
    let offer = Offer::read(&due.body).ok_or(Verdict::Dropped("no_offer"))?;
    let stands = about.standing.is_some_and(|lead| {
        u64::try_from(lead.custody_version).ok() == Some(offer.custody_version)
            && lead.holder_id.as_deref() == Some(offer.rep.as_str())
    });
    if !stands {
        return Err(Verdict::Dropped("superseded"));
    }
    if due.now >= offer.accept_by.0 {
        return Err(Verdict::Failed("expired"));
    }
    let person = about.person.ok_or(Verdict::Dropped("erased"))?;
    let (buttons, zone) = match audience {
        Audience::Member(id) => {
            let zone = desk.team.hours(&MemberId(id.clone())).zone();
            (Some(buttons(&offer, desk)), zone)
        }
        Audience::Pool(id) => (None, desk.team.pool_hours(&PoolId(id.clone())).zone()),
    };
    Ok(Notice {
        offer,
        person: Named {
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            job_title: person.job_title.clone(),
            company: person.company_name.clone(),
        },
        buttons,
        now: Moment(due.now),
        time_zone: Some(zone.to_owned()),
    })
}

fn buttons(offer: &Offer, desk: &Desk<'_>) -> Buttons {
    let address = |action| {
        let link = Link {
            action,
            lead: offer.lead,
            handoff: offer.handoff,
            custody_version: offer.custody_version,
            member: MemberId(offer.rep.clone()),
            expires_at: offer.accept_by,
        };
        format!("{}/links/{}", desk.board_url, desk.keys.link(&link))
    };
    Buttons {
        accept: address(LinkAction::Accept),
        pass: address(LinkAction::Pass),
        open: address(LinkAction::Open),
    }
}
