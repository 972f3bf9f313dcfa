//! A delivery whose time has come becomes what is sent: a webhook's body as it is stored, a notice with the person's name and
//! its one-time links. It looks nothing up and sends nothing.

use super::endpoints::{Audience, Target};
use super::verdict::Verdict;
use super::wire::Parcel;
use crate::contract::keys::Keys;
use crate::contract::links::{Link, LinkAction};
use crate::contract::notice::{Buttons, Circle, Digest, Kind, Letter, Named, News, Notice, Offer, Summary};
use crate::domain::ids::{HandoffId, LeadId};
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
    /// Of a summary: how many notices were left out.
    pub left_out: i64,
}

/// A notice as both channels write it.
struct Written {
    slack: Vec<u8>,
    letter: Letter,
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
            Ok(Parcel::Slack { url: url.clone(), body: written(due, audience, about, desk)?.slack })
        }
        Target::Email { address, audience } => {
            let letter = written(due, audience, about, desk)?.letter;
            let place = due.endpoint.replace(':', ".");
            Ok(Parcel::Email { to: address.clone(), letter, id: format!("{}.{place}", due.event_id) })
        }
    }
}

fn written(due: &Due, audience: &Audience, about: About<'_>, desk: &Desk<'_>) -> Result<Written, Verdict> {
    // A row from before notices had kinds is an offer.
    let kind = due.notice.as_deref().map_or(Some(Kind::Offer), Kind::parse);
    if due.expires_at.is_some_and(|end| due.now >= end) && kind != Some(Kind::Offer) {
        return Err(Verdict::Failed("expired"));
    }
    let text = match kind.ok_or(Verdict::Dropped("no_notice"))? {
        Kind::Offer => {
            let notice = offer(due, audience, about, desk)?;
            return Ok(Written { slack: notice.slack(), letter: notice.letter() });
        }
        Kind::Summary => {
            let summary = Summary::read(&due.body).ok_or(Verdict::Dropped("no_notice"))?;
            summary.text(about.left_out, desk.board_url)
        }
        Kind::Digest => Digest::read(&due.body).ok_or(Verdict::Dropped("no_notice"))?.text(desk.board_url),
        kind @ (Kind::Reminder
        | Kind::Breach
        | Kind::Escalation
        | Kind::TakenBack
        | Kind::Given
        | Kind::Reply
        | Kind::Contest) => {
            let Audience::Member(reader) = audience else { return Err(Verdict::Dropped("no_notice")) };
            let news = News::read(kind, &due.body).ok_or(Verdict::Dropped("no_notice"))?;
            let circle = circle(&news, due, reader, about, desk)?;
            news.text(&circle)
        }
    };
    Ok(Written { slack: text.slack(), letter: text.letter() })
}

/// The notice of an offer that still stands.
fn offer(due: &Due, audience: &Audience, about: About<'_>, desk: &Desk<'_>) -> Result<Notice, Verdict> {
    let offer = Offer::read(&due.body).ok_or(Verdict::Dropped("no_offer"))?;
    let stands = about.standing.is_some_and(|lead| is_with(lead, offer.custody_version, Some(&offer.rep)));
    if !stands {
        return Err(Verdict::Dropped("superseded"));
    }
    if due.now >= offer.accept_by.0 {
        return Err(Verdict::Failed("expired"));
    }
    let person = about.person.ok_or(Verdict::Dropped("erased"))?;
    let (buttons, zone) = match audience {
        Audience::Member(id) => {
            let rep = MemberId(id.clone());
            let allowed = Allowed {
                lead: offer.lead,
                handoff: offer.handoff,
                custody_version: offer.custody_version,
                rep: &rep,
                until: offer.accept_by,
            };
            (Some(buttons(&allowed, desk)), desk.team.hours(&rep).zone())
        }
        Audience::Pool(id) => (None, desk.team.pool_hours(&PoolId(id.clone())).zone()),
    };
    Ok(Notice {
        offer,
        person: named(person),
        buttons,
        now: Moment(due.now),
        time_zone: Some(zone.to_owned()),
    })
}

/// Who and what is around news that are still true.
fn circle(
    news: &News,
    due: &Due,
    reader: &str,
    about: About<'_>,
    desk: &Desk<'_>,
) -> Result<Circle, Verdict> {
    let lead =
        about.standing.filter(|lead| is_true(news, lead, reader)).ok_or(Verdict::Dropped("superseded"))?;
    let person = about.person.ok_or(Verdict::Dropped("erased"))?;
    let member = MemberId(reader.to_owned());
    let is_rep = news.with_rep && news.holder.as_deref() == Some(reader);
    let buttons = news.handoff.filter(|_| is_rep).map(|handoff| {
        let allowed = Allowed {
            lead: news.lead,
            handoff,
            custody_version: news.custody_version,
            rep: &member,
            until: news.accept_by.map_or(news.ends_at(), |accept_by| accept_by.max(news.ends_at())),
        };
        buttons(&allowed, desk)
    });
    let holder = lead.holder_id.clone().filter(|_| lead.with_rep || news.kind != Kind::TakenBack);
    let holder_name = holder.map(|id| {
        let name = desk.team.member(&MemberId(id.clone())).map(|member| member.name.clone());
        name.unwrap_or(id)
    });
    Ok(Circle {
        person: named(person),
        reader: reader.to_owned(),
        holder_name,
        buttons,
        now: Moment(due.now),
        time_zone: Some(desk.team.hours(&member).zone().to_owned()),
    })
}

/// Whether news still say how things are: nobody hears of a lead that has moved on.
fn is_true(news: &News, lead: &Standing, reader: &str) -> bool {
    let runs = |of: Option<_>| of.is_some_and(|clock| lead.clocks.contains(&clock));
    let clock = news.clock.map(|(kind, due_by, _)| (kind, due_by));
    let same = is_with(lead, news.custody_version, news.holder.as_deref());
    match news.kind {
        Kind::Reminder | Kind::Breach => same && runs(clock),
        // The clock is the lead's: who holds it may change, and what is missed stays missed. A contest waits for its
        // arbiter wherever the lead goes.
        Kind::Escalation | Kind::Contest => runs(clock),
        Kind::Reply => lead.holder_id == news.holder && runs(clock),
        Kind::TakenBack => lead.holder_id.as_deref() != Some(reader),
        Kind::Offer | Kind::Given | Kind::Summary | Kind::Digest => same,
    }
}

fn is_with(lead: &Standing, custody_version: u64, holder: Option<&str>) -> bool {
    u64::try_from(lead.custody_version).ok() == Some(custody_version) && lead.holder_id.as_deref() == holder
}

fn named(person: &PersonRow) -> Named {
    Named {
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        job_title: person.job_title.clone(),
        company: person.company_name.clone(),
    }
}

/// What one-time links allow, to whom, until when.
struct Allowed<'a> {
    lead: LeadId,
    handoff: HandoffId,
    custody_version: u64,
    rep: &'a MemberId,
    until: Moment,
}

fn buttons(allowed: &Allowed<'_>, desk: &Desk<'_>) -> Buttons {
    let address = |action| {
        let link = Link {
            action,
            lead: allowed.lead,
            handoff: allowed.handoff,
            custody_version: allowed.custody_version,
            member: allowed.rep.clone(),
            expires_at: allowed.until,
        };
        format!("{}/links/{}", desk.board_url, desk.keys.link(&link))
    };
    Buttons {
        accept: address(LinkAction::Accept),
        pass: address(LinkAction::Pass),
        open: address(LinkAction::Open),
    }
}
