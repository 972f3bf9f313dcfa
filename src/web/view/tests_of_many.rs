//! Tests of the pages of many leads: the floor, campaigns, intake. They are compiled into tests only.

use super::campaigns::campaigns_view;
use super::floor::floor_view;
use super::intake::intake_view;
use super::shipped::shipped;
use super::watch::{Orphans, Series};
use crate::domain::calendar::Hours;
use crate::domain::custody::{Clock, ClockKind, Custody, Holder, Rung};
use crate::domain::event::Event;
use crate::domain::ids::LeadId;
use crate::domain::lead::{Lead, Stage};
use crate::domain::policy::RejectionCode;
use crate::domain::silence::Rhythm;
use crate::domain::team::MemberId;
use crate::domain::time::{DAY, HOUR, Moment};
use crate::scoreboard::PatternDuty;
use crate::scoreboard::patterns::Pattern;
use crate::store::read::board::LedgerTotals;
use crate::store::read::campaigns::{CampaignDeals, CampaignName, CampaignSpend, CampaignsRead, CohortRead};
use crate::store::read::floor::{BreachRead, FloorRead, HygieneRead, LoadRead, MovableRead};
use crate::store::read::intake::{FeedRead, IntakeRead, KeptCount, ReasonCount};
use uuid::Uuid;

const NOW: Moment = Moment(20_000 * DAY + 9 * HOUR);

fn custody(kind: ClockKind, due_in: i64) -> Custody {
    let holder = Holder::Rep(MemberId("ana-ruiz".to_owned()));
    Custody::new(holder, Clock::until(kind, Hours::Wall, NOW.plus(-DAY), NOW.plus(due_in)))
}

fn breach(event: Event, deadline: i64) -> BreachRead {
    BreachRead {
        lead: Uuid::from_u128(1),
        event,
        decided_at: NOW.plus(-HOUR),
        holder: Some("ana-ruiz".to_owned()),
        deadline: Some(NOW.plus(deadline)),
        first_name: None,
        last_name: None,
        company: Some("Vega".to_owned()),
    }
}

fn floor() -> FloorRead {
    let kind = ClockKind::AcceptBy;
    let breached = Event::ClockBreached { kind, due_by: NOW, custody: custody(kind, -HOUR) };
    let told = Event::ClockEscalated { kind, rung: Rung::Escalate, custody: custody(kind, -HOUR) };
    let mut deal = Lead::unseen(LeadId(Uuid::from_u128(2)));
    deal.stage = Stage::Opportunity(custody(ClockKind::ReviewBy, -DAY));
    let load = |holder: &str, late| LoadRead {
        holder: holder.to_owned(),
        queued: 0,
        offered: 2,
        accepted: 3,
        qualified: 1,
        deals: 1,
        late,
    };
    FloorRead {
        now: NOW,
        queues: Vec::new(),
        load: vec![load("ana-ruiz", 2), load("gone-away", 1)],
        movable: vec![MovableRead {
            id: Uuid::from_u128(5),
            stage: 3,
            holder: "gone-away".to_owned(),
            pool: None,
            deadline: Some(NOW.plus(-HOUR).0),
            priority: Some(1),
            grade: "A".to_owned(),
            custody_version: 4,
            handoff: None,
            first_name: None,
            last_name: None,
            company: None,
        }],
        breaches: vec![
            breach(told.clone(), -HOUR),
            breach(told, -HOUR),
            breach(breached.clone(), HOUR),
            breach(breached, HOUR),
        ],
        disagreements: Vec::new(),
        disagreements_open: 0,
        hygiene: vec![HygieneRead { lead: deal, first_name: None, last_name: None, company: None }],
    }
}

#[test]
fn the_floor_shows_breaches_of_a_person_only_to_whom_it_is_told_to() {
    let team = shipped().team;
    let view = |shown: bool| {
        floor_view(&floor(), Orphans::default(), NOW, None, &team, &|member| shown && member.0 == "ana-ruiz")
    };
    let of_ana = |shown| view(shown).load.into_iter().find(|row| row.member == "ana-ruiz").unwrap();
    assert_eq!(of_ana(true).breaches, Some(2));
    assert_eq!(of_ana(false).breaches, None);
    assert_eq!((of_ana(true).open, of_ana(true).late), (7, 2));
    assert!(
        view(true).load.iter().any(|row| row.member == "ben-okafor" && row.open == 0),
        "idle reps are listed"
    );
}

#[test]
fn the_floor_lists_who_is_gone_what_was_told_and_what_is_stale() {
    let team = shipped().team;
    let view = floor_view(&floor(), Orphans::default(), NOW.plus(-HOUR), None, &team, &|_| true);
    assert_eq!(view.away, [("gone-away".to_owned(), "not in the team file".to_owned(), 7)]);
    assert!(!view.movable[0].attended);
    assert_eq!(view.movable[0].value, format!("{}/4/", Uuid::from_u128(5)));
    assert_eq!(view.escalations.len(), 1, "each lead once");
    assert_eq!((view.breached, view.breaches.clone()), (2, vec![("Accept", 2)]));
    assert_eq!((view.facts_due.len(), view.stale.len()), (0, 1));
    assert!(!view.paused_since.is_empty(), "a feed that is an hour behind holds the clocks");
}

fn rejected(code: RejectionCode) -> Event {
    Event::LeadRejected { code, sub_reason: None, unmapped: false, flagged: false, counts: true, by: None }
}

fn cohort(campaign: &str, code: Option<&str>, mql: i64, accepted: i64) -> CohortRead {
    CohortRead {
        campaign: campaign.to_owned(),
        code: code.map(str::to_owned),
        mql,
        accepted,
        qualified: accepted / 2,
    }
}

fn campaigns() -> CampaignsRead {
    let deals = |state: &str, currency: &str, ten_thousandths| CampaignDeals {
        campaign: "spring".to_owned(),
        state: state.to_owned(),
        currency: Some(currency.to_owned()),
        month: "1900-01".to_owned(),
        deals: 1,
        ten_thousandths,
    };
    CampaignsRead {
        now: NOW,
        cohort: vec![
            cohort("", None, 3, 1),
            cohort("spring", None, 10, 8),
            cohort("spring", Some("no_budget"), 4, 2),
            cohort("spring", Some("wrong_territory"), 5, 0),
        ],
        deals: vec![
            deals("won", "USD", 120_000_000),
            deals("open", "USD", 10_000),
            deals("won", "XXX", 10_000),
        ],
        spend: vec![CampaignSpend {
            campaign: "spring".to_owned(),
            currency: "USD".to_owned(),
            month: "1900-01".to_owned(),
            ten_thousandths: 5_000_000,
        }],
        names: vec![CampaignName {
            id: "spring".to_owned(),
            name: "Spring".to_owned(),
            channel: "paid_search".to_owned(),
        }],
        latest: Vec::new(),
        // 20,003 is a Monday as 4 (1970-01-05) was.
        recycled: vec![(4 + 7 * 2_857, 2), (4 + 7 * 2_857 + 6, 3), (4 + 7 * 2_858, 1)],
        tasks: Vec::new(),
    }
}

#[test]
fn outcomes_add_up_by_campaign_and_misroutes_count_for_nobody() {
    let texts = shipped();
    let view = campaigns_view(&campaigns(), &[], None, &texts);
    let spring = &view.rows[0];
    assert_eq!((spring.name.as_str(), spring.channel.as_str()), ("Spring", "paid search"));
    assert_eq!((spring.mql, spring.accepted), (19, 10));
    assert_eq!(spring.acceptance, Some(71), "10 of 14: the five of a wrong territory do not count");
    assert_eq!(spring.codes[0].0, "wrong_territory");
    assert_eq!(
        (spring.deals, spring.won, spring.revenue, spring.pipeline, spring.spend),
        (3, 2, 12_000, 1, 500)
    );
    assert!(view.unconverted, "one currency has no rate");
    assert_eq!(view.rows[1].name, "No campaign");
    assert_eq!((view.total.mql, view.total.accepted), (22, 11));
}

#[test]
fn a_pattern_says_until_when_it_is_to_be_answered_or_who_did() {
    let duty = |answered_at, answered_by| PatternDuty {
        pattern: Pattern {
            code: "no_budget".to_owned(),
            campaign: "spring".to_owned(),
            begun_at: NOW.plus(-HOUR),
            leads: vec![Uuid::nil(); 5],
        },
        answer_by: NOW.plus(HOUR),
        answered_at,
        answered_by,
    };
    let duties = [duty(None, None), duty(Some(NOW), Some("noah-fischer".to_owned()))];
    let view = campaigns_view(&campaigns(), &duties, None, &shipped());
    let [open, answered] = view.patterns.as_slice() else { panic!("two patterns") };
    assert_eq!((open.campaign.as_str(), open.count, open.due.is_some()), ("Spring", 5, true));
    assert!(answered.due.is_none() && answered.answered.starts_with("Noah Fischer"), "{}", answered.answered);
    let weeks: Vec<&str> = view.weeks.iter().map(|(_, count, _)| count.as_str()).collect();
    assert_eq!(weeks, ["5", "1"], "by weeks from Monday to Sunday");
}

#[test]
fn intake_names_what_is_silent_behind_and_kept_with_the_command_that_mends_it() {
    let reason = |reason: &str, count| ReasonCount {
        topic: "marketing.form-fills.v1".to_owned(),
        reason: reason.to_owned(),
        count,
    };
    let kept = |reason: &str| KeptCount {
        topic: "t".to_owned(),
        reason: reason.to_owned(),
        count: 2,
        oldest: NOW.plus(-HOUR).0,
    };
    let feed = |topic: &str, known_to: i64, stopped| FeedRead {
        topic: topic.to_owned(),
        partitions: 2,
        known_to: Some(NOW.plus(known_to).0),
        moved_at: NOW.0,
        stopped,
    };
    let read = IntakeRead {
        now: NOW,
        reasons: vec![
            reason("filtered/test", 3),
            reason("refused/stale_view", 1),
            reason("filtered/no_change", 9),
        ],
        forms: vec![("never-mapped".to_owned(), 4, NOW.0)],
        rejected: vec![rejected(RejectionCode::NoNeed)],
        parked: vec![kept("awaiting_identity")],
        quarantined: vec![kept("schema")],
        parked_leads: 0,
        feeds: vec![feed("a", 0, 0), feed("b", -HOUR, 0), feed("c", 0, 1)],
        erasures: (5, 1),
        anonymous: 7,
    };
    let silent = Rhythm { quiet_hours: 3, quiet_expected_milli: 9_000, silent: true, ..Rhythm::default() };
    let usual = Rhythm { day: 10, day_expected_milli: Some(10_000), ..Rhythm::default() };
    let series = [("type", usual), ("form", silent)].map(|(family, rhythm)| Series {
        family: family.to_owned(),
        name: "demo".to_owned(),
        rhythm,
    });
    let view = intake_view(&read, (&series, Some(NOW)), &LedgerTotals::default(), &shipped().reference);
    assert_eq!((view.silent, view.series[0].state, view.series[1].state), (1, "silent", "as usual"));
    assert!(view.series[0].since.contains("3 h"));
    assert_eq!(view.tests, "3");
    assert_eq!(view.filtered[0].words, "no change", "the most frequent first");
    assert_eq!(view.refused.len(), 1);
    assert_eq!(view.forms[0].0, "never-mapped");
    assert_eq!(view.quarantined[0].command, "baton quarantine redrive --reason schema");
    let feeds: Vec<bool> = view.feeds.iter().map(|feed| feed.behind).collect();
    assert_eq!(feeds, [false, true, false]);
    assert_eq!(view.feeds[2].command, "baton lane resume c PARTITION");
    assert!(view.feeds[0].command.is_empty());
}
