//! What waits for a person's word beside the leads that they work: contests for a verdict. It reads nothing itself, and links
//! to the lead's page, where the answer is given.

use super::contests;
use super::floor::FloorLine;
use super::person_name;
use crate::domain::contest::Returned;
use crate::domain::team::{Member, Team};
use crate::domain::time::Moment;
use crate::store::read::waiting::{WaitingLead, WaitingRead};
use crate::web::words::{countdown, member_name, rejection_words};

/// The sections of "My leads" before the leads; each is shown only where something is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingView {
    /// Contests, the one that lapses first first.
    pub verdicts: Vec<FloorLine>,
}

/// What waits for `member`, from what was read.
#[must_use]
pub fn waiting_view(read: &WaitingRead, member: Option<&Member>, team: &Team) -> WaitingView {
    let Some(member) = member else { return WaitingView::default() };
    let mut verdicts: Vec<FloorLine> =
        read.contests.iter().flat_map(|lead| verdicts(lead, member, team, read.now)).collect();
    verdicts.sort_by(|a, b| due_at(a).cmp(due_at(b)));
    WaitingView { verdicts }
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
                name: person_name(
                    read.first_name.as_deref(),
                    read.last_name.as_deref(),
                    read.company.as_deref(),
                ),
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
    use crate::domain::custody::{Clock, ClockKind};
    use crate::domain::ids::{HandoffId, LeadId};
    use crate::domain::lead::Lead;
    use crate::domain::policy::RejectionCode;
    use crate::domain::team::MemberId;
    use crate::domain::time::{DAY, HOUR};
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
        let read =
            WaitingRead { now: NOW, contests: vec![contested("later", DAY), contested("sooner", HOUR)] };
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
}
