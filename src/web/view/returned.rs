//! Rejections one by one as marketing sees them: whether each may be contested, until when, or why not. It only offers:
//! `decide` says who may and when.

use super::{Countdown, person_name};
use crate::domain::contest::{Contest, Verdict, rests_under};
use crate::domain::event::Event;
use crate::domain::ids::HandoffId;
use crate::domain::lead::StageKind;
use crate::domain::team::{Member, Role};
use crate::domain::time::Moment;
use crate::store::read::rejections::{RejectionPlace, RejectionRead};
use crate::transaction::loaded::Texts;
use crate::web::words::{ago, countdown, member_name, moment_words, rejection_words, stage_words};
use uuid::Uuid;

/// One rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionRow {
    /// The lead that answers for it now, and the address of its page.
    pub lead: String,
    pub name: String,
    pub campaign: String,
    pub words: String,
    pub when: String,
    pub stage: &'static str,
    /// Until when it may be contested; `None` where it may not be, or not any more.
    pub until: Option<Countdown>,
    /// What stands in the way of a contest, or what became of it; empty where one may be raised.
    pub closed: String,
    /// Whoever looks may contest it, with this handoff.
    pub may_contest: bool,
    pub handoff: String,
    pub custody_version: u64,
}

/// A rejection for whoever looks; `None` for a row that is none.
#[must_use]
pub fn rejection_row(
    read: &RejectionRead,
    looker: Option<&Member>,
    name_of: &dyn Fn(&str) -> String,
    now: Moment,
    texts: &Texts,
) -> Option<RejectionRow> {
    let Event::LeadRejected { code, .. } = &read.event else { return None };
    let open = contestable(read, texts.policy.rejection(*code).contestable, now, texts);
    let of_marketing = looker.is_some_and(|member| member.active && member.roles.contains(&Role::Marketing));
    Some(RejectionRow {
        lead: read.lead.id.to_string(),
        name: person_name(read.first_name.as_deref(), read.last_name.as_deref(), read.company.as_deref()),
        campaign: name_of(&read.campaign),
        words: rejection_words(*code).to_owned(),
        when: ago(now, read.place.at),
        stage: stage_words(read.lead.stage.kind()).0,
        may_contest: of_marketing && open.is_ok(),
        until: open.as_ref().ok().map(|until| countdown(now, *until)),
        closed: open.err().unwrap_or_default(),
        handoff: read.handoff.map_or_else(String::new, |handoff| handoff.to_string()),
        custody_version: read.lead.custody_version,
    })
}

/// Until when the rejection may be contested, or in words why not.
fn contestable(read: &RejectionRead, by_policy: bool, now: Moment, texts: &Texts) -> Result<Moment, String> {
    let Some(handoff) = read.handoff.map(HandoffId) else {
        return Err("it had never been handed off, so there is nothing to contest".to_owned());
    };
    let Some(returned) = read.lead.returned.iter().find(|returned| returned.handoff == handoff) else {
        let why = if by_policy {
            "its window was never opened, or is long over"
        } else {
            "this reason cannot be contested"
        };
        return Err(why.to_owned());
    };
    if let Some(contest) = &returned.contest {
        return Err(contested(contest, now, texts));
    }
    if i64::try_from(returned.version).ok() != Some(read.place.version) {
        let why = if by_policy {
            "the same handoff was returned again later"
        } else {
            "this reason cannot be contested"
        };
        return Err(why.to_owned());
    }
    if now > returned.contest_until {
        return Err(format!("the time to contest ended on {}", moment_words(returned.contest_until)));
    }
    if read.lead.stage.kind() == StageKind::Suppressed {
        return Err("nobody may contact this person, so it cannot be contested".to_owned());
    }
    if !rests_under(&read.lead, handoff) {
        return Err(
            "the lead has moved on: a contest would change figures only, and stands on its page".to_owned()
        );
    }
    Ok(returned.contest_until)
}

fn contested(contest: &Contest, now: Moment, texts: &Texts) -> String {
    let by = member_name(&texts.team, &contest.by);
    match contest.verdict {
        None => {
            let arbiter = member_name(&texts.team, &contest.arbiter);
            format!("contested by {by}; {arbiter} decides {}", countdown(now, contest.clock.due_by).words)
        }
        Some(Verdict::Upheld) => format!("contested by {by}: upheld"),
        Some(Verdict::Overturned) => format!("contested by {by}: overturned"),
        Some(Verdict::Lapsed) => format!("contested by {by}: no verdict came in time, so it stands"),
    }
}

/// Where the next page of rejections begins: the last one of this page.
#[must_use]
pub fn place(place: RejectionPlace) -> String {
    format!("{}_{}_{}", place.at.0, place.lead.simple(), place.version)
}

/// Reads what [`place`] wrote; `None` for any other text.
#[must_use]
pub fn parse_place(text: &str) -> Option<RejectionPlace> {
    let mut parts = text.splitn(3, '_');
    let at = Moment(parts.next()?.parse().ok()?);
    let lead = Uuid::try_parse(parts.next()?).ok()?;
    Some(RejectionPlace { at, lead, version: parts.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Hours;
    use crate::domain::contest::Returned;
    use crate::domain::custody::{Clock, ClockKind, Custody, Holder};
    use crate::domain::ids::LeadId;
    use crate::domain::lead::{Lead, RestReason, Stage, Terms};
    use crate::domain::policy::{Grade, Priority, RejectionCode};
    use crate::domain::team::MemberId;
    use crate::domain::time::{DAY, HOUR};
    use crate::web::view::shipped::shipped;

    const NOW: Moment = Moment(20_000 * DAY + 9 * HOUR);

    /// A lead that rests under a rejection of its first handoff, contestable for another day.
    fn read() -> RejectionRead {
        let id = LeadId(Uuid::from_u128(7));
        let code = RejectionCode::NoBudget;
        let handoff = HandoffId::derived(id, 1);
        let mut lead = Lead::unseen(id);
        lead.cycle.number = 1;
        lead.cycle.terms = Some(Terms {
            handoff,
            mql_at: Some(NOW),
            priority: Priority::P1,
            grade: Grade::A,
            points: 60,
            contact_from: NOW,
            contact_by: NOW,
        });
        let owner = Holder::SegmentOwner(MemberId("noah-fischer".to_owned()));
        let clock = Clock::until(ClockKind::RecycleAt, Hours::Wall, NOW, NOW.plus(90 * DAY));
        lead.stage = Stage::Recycled {
            reason: RestReason::Rejected(code),
            at: NOW,
            custody: Custody::new(owner, clock),
        };
        lead.returned.push(Returned {
            handoff,
            cycle: 1,
            version: 9,
            code,
            at: NOW.plus(-DAY),
            by: Some(MemberId("ana-ruiz".to_owned())),
            contest_until: NOW.plus(DAY),
            contest: None,
        });
        let event = Event::LeadRejected {
            code,
            sub_reason: None,
            unmapped: false,
            flagged: false,
            counts: true,
            by: None,
        };
        RejectionRead {
            place: RejectionPlace { at: NOW.plus(-DAY), lead: id.0, version: 9 },
            event,
            lead,
            handoff: Some(handoff.0),
            campaign: String::new(),
            first_name: None,
            last_name: None,
            company: None,
        }
    }

    fn row(read: &RejectionRead, looker: &str) -> RejectionRow {
        let texts = shipped();
        let member = texts.team.member(&MemberId(looker.to_owned()));
        rejection_row(read, member, &str::to_owned, NOW, &texts).unwrap()
    }

    #[test]
    fn a_rejection_names_its_own_handoff_and_until_when_it_may_be_contested() {
        let mut read = read();
        let of_marketing = row(&read, "noah-fischer");
        assert!(of_marketing.may_contest && of_marketing.closed.is_empty(), "{}", of_marketing.closed);
        assert_eq!(of_marketing.until.unwrap().words, "in 1 d 0 h");
        assert_eq!(of_marketing.handoff, HandoffId::derived(read.lead.id, 1).to_string());
        let of_sales = row(&read, "ana-ruiz");
        assert!(!of_sales.may_contest && of_sales.until.is_some(), "others see the window alone");
        read.lead.cycle.terms = None;
        let moved = row(&read, "noah-fischer");
        assert!(!moved.may_contest && moved.closed.starts_with("the lead has moved on"), "{}", moved.closed);
        assert_eq!(moved.handoff, HandoffId::derived(read.lead.id, 1).to_string());
    }

    #[test]
    fn what_cannot_be_contested_says_why() {
        let why = |change: fn(&mut RejectionRead)| {
            let mut read = read();
            change(&mut read);
            let row = row(&read, "noah-fischer");
            assert!(!row.may_contest && row.until.is_none());
            row.closed
        };
        let contest = |verdict| Contest {
            by: MemberId("noah-fischer".to_owned()),
            arbiter: MemberId("rosa-lind".to_owned()),
            clock: Clock::until(ClockKind::VerdictBy, Hours::Wall, NOW, NOW.plus(DAY)),
            verdict,
        };
        assert!(
            why(|read| read.lead.returned[0].contest_until = NOW.plus(-1))
                .starts_with("the time to contest ended")
        );
        assert!(why(|read| read.handoff = None).contains("never been handed off"));
        assert!(why(|read| read.place.version = 5).contains("returned again later"));
        assert!(why(|read| read.lead.returned.clear()).contains("never opened"));
        let mut read = read();
        read.lead.returned[0].contest = Some(contest(None));
        assert_eq!(
            row(&read, "noah-fischer").closed,
            "contested by Noah Fischer; Rosa Lind decides in 1 d 0 h"
        );
        read.lead.returned[0].contest = Some(contest(Some(Verdict::Overturned)));
        assert_eq!(row(&read, "noah-fischer").closed, "contested by Noah Fischer: overturned");
    }

    #[test]
    fn a_place_that_nobody_wrote_is_none() {
        let at = RejectionPlace { at: Moment(12), lead: Uuid::from_u128(7), version: 3 };
        assert_eq!(parse_place(&place(at)), Some(at));
        assert_eq!(parse_place("12_7_3"), None);
        assert_eq!(parse_place("12"), None);
    }
}
