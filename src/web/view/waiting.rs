//! What waits for a person's word beside the leads that they work: contests for a verdict, leads to
//! review. It reads nothing itself, and links to the lead's page, where the answer is given.

use super::contests;
use super::floor::FloorLine;
use super::my::nearest;
use super::{grouped, person_name};
use crate::domain::contest::Returned;
use crate::domain::lead::StageKind;
use crate::domain::team::{Member, Team};
use crate::domain::time::Moment;
use crate::store::read::waiting::{WaitingLead, WaitingRead};
use crate::web::words::{countdown, member_name, rejection_words};

/// The sections of "My leads" before the leads; each is shown only where something is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingView {
    /// Contests, the one that lapses first first.
    pub verdicts: Vec<FloorLine>,
    /// Leads to look at by name, the nearest deadline first.
    pub reviews: Vec<FloorLine>,
    /// How many of those are not listed; empty for none.
    pub reviews_more: String,
}

/// What waits for `member`, from what was read.
#[must_use]
pub fn waiting_view(read: &WaitingRead, member: Option<&Member>, team: &Team) -> WaitingView {
    let Some(member) = member else { return WaitingView::default() };
    let mut verdicts: Vec<FloorLine> =
        read.contests.iter().flat_map(|lead| verdicts(lead, member, team, read.now)).collect();
    verdicts.sort_by(|a, b| due_at(a).cmp(due_at(b)));
    let reviews: Vec<FloorLine> = read.reviews.iter().map(|lead| review(lead, read.now)).collect();
    let hidden = read.reviews_all - i64::try_from(reviews.len()).unwrap_or(i64::MAX);
    let reviews_more = if hidden > 0 { grouped(hidden) } else { String::new() };
    WaitingView { verdicts, reviews, reviews_more }
}

/// A lead that a steward is to look at.
fn review(read: &WaitingLead, now: Moment) -> FloorLine {
    let lead = &read.lead;
    let what = match (lead.stage.kind(), lead.no_contact) {
        (StageKind::Won, _) => "The deal that was won is deleted in the CRM: is it a win?",
        (_, true) => "Asked to be called, after asking for no contact",
        // Nobody need have asked for anything: the policy's limit of passages keeps it back as well.
        (_, false) if !lead.past.is_empty() && !lead.cycle.hand_raised => {
            "Kept back, and its story says why: take it up, or set it aside"
        }
        (_, false) => "Asked to be called, and stands in no queue: take it up, or set it aside",
    };
    FloorLine {
        href: format!("/leads/{}", lead.id),
        name: name_of(read),
        what: what.to_owned(),
        more: String::new(),
        due: nearest(lead).map(|clock| countdown(now, clock.due_by)),
    }
}

fn name_of(read: &WaitingLead) -> String {
    person_name(read.first_name.as_deref(), read.last_name.as_deref(), read.company.as_deref())
}

fn due_at(line: &FloorLine) -> &str {
    line.due.as_ref().map_or("", |due| &due.at)
}

/// The contests of one lead that this person may settle.
fn verdicts(read: &WaitingLead, member: &Member, team: &Team, now: Moment) -> Vec<FloorLine> {
    let lead = &read.lead;
    contests::waiting(lead, member, team)
        .iter()
        .filter_map(|choice| {
            let of = |returned: &&Returned| returned.handoff.to_string() == choice.handoff;
            let returned = lead.returned.iter().find(of)?;
            let contest = returned.open_contest()?;
            Some(FloorLine {
                href: format!("/leads/{}", lead.id),
                name: name_of(read),
                what: format!(
                    "{} contests the rejection \u{201c}{}\u{201d}",
                    member_name(team, &contest.by),
                    rejection_words(returned.code).to_lowercase()
                ),
                more: "without a verdict the rejection stands".to_owned(),
                due: Some(countdown(now, contest.clock.due_by)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Hours;
    use crate::domain::contest::Contest;
    use crate::domain::custody::{Clock, ClockKind, Custody, Holder};
    use crate::domain::ids::{HandoffId, LeadId};
    use crate::domain::lead::{Lead, PastCycle, Stage};
    use crate::domain::policy::RejectionCode;
    use crate::domain::team::MemberId;
    use crate::domain::time::{DAY, HOUR};
    use crate::web::view::asks::panel;
    use crate::web::view::shipped::shipped;

    const NOW: Moment = Moment(1_800_000_000_000_000);

    fn contested(number: &str, due_in: i64) -> WaitingLead {
        let mut lead = Lead::unseen(LeadId::derived("/tests", number, 0));
        lead.returned.push(Returned {
            handoff: HandoffId::derived(lead.id, 1),
            cycle: 1,
            version: 6,
            code: RejectionCode::NoFit,
            at: NOW,
            by: Some(MemberId("ana-ruiz".to_owned())),
            contest_until: NOW.plus(DAY),
            contest: Some(Contest {
                by: MemberId("noah-fischer".to_owned()),
                arbiter: MemberId("rosa-lind".to_owned()),
                clock: Clock::until(ClockKind::VerdictBy, Hours::Wall, NOW, NOW.plus(due_in)),
                verdict: None,
            }),
        });
        WaitingLead { lead, first_name: None, last_name: None, company: Some("Vega".to_owned()) }
    }

    #[test]
    fn a_contest_waits_on_its_arbiters_page_the_first_to_lapse_first_and_on_nobody_elses() {
        let team = shipped().team;
        let read = WaitingRead {
            now: NOW,
            contests: vec![contested("later", DAY), contested("sooner", HOUR)],
            reviews: Vec::new(),
            reviews_all: 0,
        };
        let of = |id: &str| waiting_view(&read, team.member(&MemberId(id.to_owned())), &team).verdicts;
        let lines = of("rosa-lind");
        let sooner = LeadId::derived("/tests", "sooner", 0);
        assert_eq!((lines.len(), &lines[0].href), (2, &format!("/leads/{sooner}")));
        assert!(lines[0].what.starts_with("Noah Fischer contests the rejection"), "{}", lines[0].what);
        assert_eq!(lines[0].due.as_ref().unwrap().words, "in 1 h 0 min");
        assert_eq!(of("noah-fischer"), [], "who contests decides nothing");
        assert_eq!(of("ana-ruiz"), [], "nor does who rejected");
        assert_eq!(waiting_view(&read, None, &team), WaitingView::default());
    }

    #[test]
    fn what_a_steward_is_to_review_says_why_and_by_when_and_how_much_is_not_listed() {
        let shipped = shipped();
        let mut waits = contested("won", DAY);
        let clock = Clock::until(ClockKind::ReviewBy, Hours::Wall, NOW, NOW.plus(DAY));
        let custody = Custody::new(Holder::Steward(MemberId("maya-stone".to_owned())), clock);
        waits.lead.stage = Stage::WonUnderReview { at: NOW, custody: custody.clone() };
        let mut blocked = contested("blocked", DAY);
        blocked.lead.stage = Stage::Captured(custody);
        let mut limited = blocked.clone();
        limited.lead.past.push(PastCycle { number: 1, started_at: NOW, ended_at: NOW, hand_raised: false });
        let reviews = vec![waits, blocked, limited];
        let read = WaitingRead { now: NOW, contests: Vec::new(), reviews, reviews_all: 5 };
        let view = waiting_view(&read, shipped.team.members().next(), &shipped.team);
        assert!(view.reviews[0].what.contains("is it a win?"), "{}", view.reviews[0].what);
        assert!(view.reviews[1].what.starts_with("Asked to be called"), "{}", view.reviews[1].what);
        assert_eq!(view.reviews[0].due.as_ref().unwrap().words, "in 1 d 0 h");
        assert!(view.reviews[2].what.starts_with("Kept back"), "{}", view.reviews[2].what);
        assert_eq!(view.reviews_more, "2");
    }

    #[test]
    fn the_page_of_a_lead_under_review_offers_its_steward_what_ends_the_review_and_says_so() {
        let team = shipped().team;
        let mut lead = contested("blocked", DAY).lead;
        let clock = Clock::until(ClockKind::ReviewBy, Hours::Wall, NOW, NOW.plus(DAY));
        // A steward of any role.
        let olga = MemberId("olga-petrov".to_owned());
        let held_by = |holder| Stage::Captured(Custody::new(holder, clock.clone()));
        lead.stage = held_by(Holder::Steward(olga.clone()));
        let shown = |lead: &Lead, id: &str| panel(lead, team.member(&MemberId(id.to_owned())), &team, &[]);
        let own = shown(&lead, "olga-petrov");
        assert!(own.has("claim") && own.has("suppress"), "{:?}", own.asks);
        assert!(own.hint.contains("claim the lead: then reassign it to a rep, or return it"), "{}", own.hint);
        lead.no_contact = true;
        let own = shown(&lead, "olga-petrov");
        assert!(!own.has("claim") && own.has("suppress"), "{:?}", own.asks);
        assert!(own.hint.contains("agrees anew"), "{}", own.hint);
        lead.no_contact = false;
        lead.stage = held_by(Holder::SegmentOwner(olga));
        let segment = shown(&lead, "olga-petrov");
        assert!(!segment.has("claim") && !segment.hint.contains("review"), "{}", segment.hint);
        lead.stage = held_by(Holder::MarketingOwner(MemberId("noah-fischer".to_owned())));
        let mends = shown(&lead, "noah-fischer").hint;
        assert!(mends.contains("goes back to its queue"), "{mends}");
    }
}
