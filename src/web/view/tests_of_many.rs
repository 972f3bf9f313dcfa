//! Tests of the pages of many leads: the floor, campaigns, intake. They are compiled into tests only.

use super::campaigns::{campaigns_view, wanting};
use super::floor::floor_view;
use super::floor_lists::{FloorAsk, FloorList};
use super::intake::intake_view;
use super::shipped::shipped;
use super::watch::{Orphans, Series};
use crate::domain::calendar::Hours;
use crate::domain::custody::{Clock, ClockKind, Custody, Holder, Rung};
use crate::domain::event::Event;
use crate::domain::ids::{HandoffId, LeadId};
use crate::domain::lead::{Lead, Stage, Terms};
use crate::domain::policy::{Grade, Priority, RejectionCode};
use crate::domain::silence::Rhythm;
use crate::domain::team::MemberId;
use crate::domain::time::{DAY, HOUR, Moment};
use crate::scoreboard::PatternDuty;
use crate::scoreboard::patterns::Pattern;
use crate::store::read::board::LedgerTotals;
use crate::store::read::campaigns::{
    CampaignDeals, CampaignName, CampaignSpend, CampaignsRead, CohortRead, DataTask,
};
use crate::store::read::floor::{
    BreachedRead, EscalationRead, FloorRead, HygieneRead, LoadRead, MovableRead,
};
use crate::store::read::intake::{CalledCount, FeedRead, IntakeRead, KeptCount, ReasonCount};
use crate::store::read::watch::HoursRead;
use std::collections::BTreeMap;
use uuid::Uuid;

const NOW: Moment = Moment(20_000 * DAY + 9 * HOUR);

fn custody(kind: ClockKind, due_in: i64) -> Custody {
    let holder = Holder::Rep(MemberId("ana-ruiz".to_owned()));
    Custody::new(holder, Clock::until(kind, Hours::Wall, NOW.plus(-DAY), NOW.plus(due_in)))
}

fn escalated(event: Event) -> EscalationRead {
    EscalationRead {
        lead: Uuid::from_u128(1),
        event,
        decided_at: NOW.plus(-HOUR),
        holder: Some("ana-ruiz".to_owned()),
        deadline: NOW.plus(-HOUR),
        first_name: None,
        last_name: None,
        company: Some("Vega".to_owned()),
    }
}

/// An accepted lead of grade B whose clock is due then and began a day ago.
fn movable(number: u128, holder: &str, priority: Priority, due_in: i64) -> MovableRead {
    let mut lead = Lead::unseen(LeadId(Uuid::from_u128(number)));
    let holder = Holder::Rep(MemberId(holder.to_owned()));
    lead.stage = Stage::SalesAccepted(custody(ClockKind::DispositionBy, due_in).held_by(holder));
    lead.custody_version = 4;
    lead.cycle.terms = Some(Terms {
        handoff: HandoffId(Uuid::from_u128(number)),
        mql_at: Some(NOW),
        priority,
        grade: Grade::B,
        points: 60,
        contact_from: NOW,
        contact_by: NOW,
    });
    let (first_name, last_name, company) = (None, None, None);
    MovableRead { lead, grade: "A".to_owned(), handoff: None, first_name, last_name, company }
}

fn floor() -> FloorRead {
    let kind = ClockKind::AcceptBy;
    let breached = |code: &str, member: &str, count| BreachedRead {
        code: code.to_owned(),
        member: Some(member.to_owned()),
        count,
    };
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
        movable: vec![
            movable(5, "gone-away", Priority::P3, -HOUR),
            movable(6, "ana-ruiz", Priority::P1, -HOUR),
        ],
        movable_all: 2,
        today: BTreeMap::from([("ana-ruiz".to_owned(), 4)]),
        // More than any page could read one by one.
        breached: vec![
            breached("accept_by", "ana-ruiz", 4_100),
            breached("contact_by", "ana-ruiz", 2),
            breached("accept_by", "ben-okafor", 1),
            breached("data_fix", "noah-fischer", 3),
        ],
        breached_all: 4_110,
        escalations: vec![escalated(told)],
        escalations_all: 777,
        disagreements: Vec::new(),
        disagreements_open: 0,
        hygiene_all: 1,
        hygiene: vec![HygieneRead { lead: deal, first_name: None, last_name: None, company: None }],
    }
}

#[test]
fn the_floor_shows_breaches_of_a_person_only_to_whom_it_is_told_to() {
    let texts = shipped();
    let view = |shown: bool| {
        let shows = |member: &MemberId| shown && member.0 == "ana-ruiz";
        floor_view(&floor(), Orphans::default(), NOW, &FloorAsk::default(), &texts, &shows)
    };
    let of_ana = |shown| view(shown).load.into_iter().find(|row| row.member == "ana-ruiz").unwrap();
    assert_eq!(of_ana(true).breaches, Some(4_102));
    assert_eq!(of_ana(false).breaches, None);
    assert_eq!((of_ana(true).open, of_ana(true).late), (7, 2));
    assert_eq!(
        (of_ana(true).today, of_ana(true).daily.as_str()),
        (4, ""),
        "no daily bound in the shipped team"
    );
    assert!(
        view(true).load.iter().any(|row| row.member == "ben-okafor" && row.open == 0),
        "idle reps are listed"
    );
}

#[test]
fn the_floor_lists_who_is_gone_what_was_told_and_what_is_stale() {
    let texts = shipped();
    let ask = FloorAsk::default();
    let view = floor_view(&floor(), Orphans::default(), NOW.plus(-HOUR), &ask, &texts, &|_| true);
    assert_eq!(view.away, [("gone-away".to_owned(), "not in the team file".to_owned(), 7)]);
    assert!(!view.movable[1].attended);
    assert_eq!(view.movable[1].value, format!("{}/4/", Uuid::from_u128(5)));
    assert_eq!((view.escalations.lines.len(), view.escalations.beyond()), (1, 776));
    let duties = vec![("Accept", 4_101), ("Data to mend", 3), ("First contact", 2), ("before sales", 4)];
    assert_eq!((view.breached, view.breaches.clone()), (4_110, duties));
    assert_eq!(view.hygiene_beyond, "");
    let many = FloorRead { hygiene_all: 1_200, ..floor() };
    let many = floor_view(&many, Orphans::default(), NOW, &ask, &texts, &|_| true);
    assert_eq!(many.hygiene_beyond, "1\u{202f}199");
    assert_eq!((view.facts_due.all, view.stale.all), (0, 1));
    assert!(!view.paused_since.is_empty(), "a feed that is an hour behind holds the clocks");
}

#[test]
fn the_floor_puts_first_what_loses_most_by_waiting_and_pages_the_rest() {
    let texts = shipped();
    let show = |read: &FloorRead, from| {
        let ask = FloorAsk { from, ..FloorAsk::default() };
        floor_view(read, Orphans::default(), NOW, &ask, &texts, &|_| true)
    };
    let view = show(&floor(), 0);
    // B of P1 is 2,000.00 x 200 %, of P3 x 100 %; an hour late of a day's time nothing has faded yet.
    let risks: Vec<(u64, &str)> =
        view.movable.iter().map(|row| (row.at_risk_cents, row.at_risk.as_str())).collect();
    assert_eq!(risks, [(400_000, "4\u{202f}000"), (200_000, "2\u{202f}000")]);
    let many: Vec<MovableRead> = (1..=50_u32)
        .map(|hours| movable(u128::from(hours), "ana-ruiz", Priority::P2, HOUR * i64::from(hours)))
        .collect();
    let read = FloorRead { movable: many, movable_all: 1_234, ..floor() };
    let first = show(&read, 0);
    assert_eq!((first.movable.len(), first.movable_more, first.movable_all), (40, true, 1_234));
    assert!(
        first.movable[0].due.as_ref().unwrap().words.starts_with("in 1 h"),
        "the fewest minutes are left"
    );
    let second = show(&read, 40);
    assert_eq!((second.movable.len(), second.movable_more, second.movable_from), (10, false, 40));
}

#[test]
fn a_long_list_says_how_many_are_beyond_it_and_is_shown_in_full_when_asked_for() {
    let texts = shipped();
    let hygiene = |number: u128| {
        let mut deal = Lead::unseen(LeadId(Uuid::from_u128(number)));
        deal.stage = Stage::Opportunity(custody(ClockKind::ReviewBy, -DAY));
        HygieneRead { lead: deal, first_name: None, last_name: None, company: None }
    };
    let read = FloorRead { hygiene: (0..30).map(hygiene).collect(), disagreements_open: 7, ..floor() };
    let show = |all| {
        let ask = FloorAsk { all, ..FloorAsk::default() };
        floor_view(&read, Orphans::default(), NOW, &ask, &texts, &|_| true)
    };
    let short = show(None);
    assert_eq!((short.stale.lines.len(), short.stale.beyond(), short.stale.all), (12, 18, 30));
    assert_eq!(short.disagreements.beyond(), 7, "more are open than were read");
    let full = show(FloorList::parse(short.stale.slug));
    assert_eq!((full.stale.lines.len(), full.stale.beyond()), (30, 0));
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
        // 20,003 is a Monday as 4 (1970-01-05) was.
        recycled: vec![(4 + 7 * 2_857, 2), (4 + 7 * 2_857 + 6, 3), (4 + 7 * 2_858, 1)],
        tasks: Vec::new(),
        tasks_all: 0,
        wanted: Vec::new(),
    }
}

#[test]
fn the_policy_says_after_which_reasons_somebody_else_is_looked_for() {
    assert_eq!(wanting(&shipped()), ["no_authority"]);
}

#[test]
fn outcomes_add_up_by_campaign_and_misroutes_count_for_nobody() {
    let texts = shipped();
    let view = campaigns_view(&campaigns(), (&[], false), &[], None, &texts);
    let spring = &view.rows[0];
    assert_eq!((spring.name.as_str(), spring.channel.as_str()), ("Spring", "paid search"));
    assert_eq!((spring.mql, spring.accepted), (19, 10));
    assert_eq!(spring.acceptance, Some(71), "10 of 14: the five of a wrong territory do not count");
    assert_eq!(spring.codes[0].0, "wrong_territory");
    assert_eq!(
        (spring.deals, spring.won, spring.revenue.units, spring.pipeline.units, spring.spend.units),
        (3, 2, 12_000, 1, 500)
    );
    assert_eq!(spring.revenue.left_out(), "+ 1 XXX", "one currency has no rate, and is in no sum");
    assert_eq!(spring.roi, "n/a", "a return without all of the revenue would be wrong");
    assert_eq!(view.rows[1].name, "No campaign");
    assert_eq!((view.total.mql, view.total.accepted), (22, 11));
}

#[test]
fn data_to_mend_is_listed_with_its_fields_its_clock_and_its_owner_and_says_what_it_leaves_out() {
    let asked = Event::DataFixAsked {
        fields: vec!["person.phone".to_owned(), "company.name".to_owned()],
        custody: custody(ClockKind::ReviewBy, DAY),
    };
    let task = DataTask {
        id: Uuid::from_u128(7),
        deadline: Some(NOW.plus(DAY)),
        holder: Some("noah-fischer".to_owned()),
        asked: Some(asked),
        first_name: None,
        last_name: None,
        company: Some("Vega".to_owned()),
    };
    let read = CampaignsRead { tasks: vec![task], tasks_all: 1_201, ..campaigns() };
    let view = campaigns_view(&read, (&[], false), &[], None, &shipped());
    let task = &view.tasks[0];
    assert_eq!((task.fields.as_str(), task.holder.as_str()), ("person phone, company name", "Noah Fischer"));
    assert_eq!(task.due.as_ref().unwrap().words, "in 1 d 0 h");
    assert_eq!(view.tasks_more, "1\u{202f}200");
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
    let view = campaigns_view(&campaigns(), (&[], false), &duties, None, &shipped());
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
        called: vec![CalledCount {
            kind: "call.inbound".to_owned(),
            source: None,
            campaign: Some("c-autumn".to_owned()),
            count: 2,
            oldest: NOW.plus(-2 * HOUR).0,
            newest: NOW.0,
        }],
    };
    let silent = Rhythm { quiet_hours: 3, quiet_expected_milli: 9_000, silent: true, ..Rhythm::default() };
    let usual = Rhythm { day: 10, day_expected_milli: Some(10_000), ..Rhythm::default() };
    let series = [("type", usual), ("form", silent)].map(|(family, rhythm)| Series {
        family: family.to_owned(),
        name: "demo".to_owned(),
        rhythm,
        paused: None,
    });
    let hours = HoursRead { counted_to: Some(NOW), series: Vec::new(), all: 1_203 };
    let view = intake_view(&read, (&series, &hours), &LedgerTotals::default(), &shipped());
    assert_eq!(view.series_beyond, "1\u{202f}203", "what is not read is said");
    assert_eq!((view.silent, view.series[0].state, view.series[1].state), (1, "silent", "as usual"));
    assert!(view.series[0].since.contains("3 h"));
    assert_eq!(view.tests, "3");
    assert_eq!(view.filtered[0].words, "no change", "the most frequent first");
    assert_eq!(view.refused.len(), 1);
    assert_eq!(view.forms[0].0, "never-mapped");
    assert_eq!(view.quarantined[0].command, "baton quarantine redrive --reason schema");
    assert_eq!((view.quarantined[0].from, view.quarantined[0].reason.as_str()), ("quarantined", "schema"));
    assert_eq!(
        (view.called[0].words.as_str(), view.called[0].from.as_str()),
        ("2 calls", "campaign c-autumn")
    );
    assert_eq!(view.called[0].ends, crate::web::words::moment_words(NOW.plus(90 * DAY - 2 * HOUR)));
    let feeds: Vec<bool> = view.feeds.iter().map(|feed| feed.behind).collect();
    assert_eq!(feeds, [false, true, false]);
    assert_eq!(view.feeds[2].command, "baton lane resume c PARTITION");
    assert!(view.feeds[0].command.is_empty());
}
