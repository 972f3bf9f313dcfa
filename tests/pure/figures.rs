//! The figures of the handshake against numbers that can be checked by hand: duties of both sides, patterns, the digest.

use crate::story::{POLICY, TEAM};
use baton::domain::calendar::Calendar;
use baton::domain::time::{DAY, HOUR, Moment};
use baton::scoreboard::digest::digest;
use baton::scoreboard::duties::{self, sla};
use baton::scoreboard::patterns::{duties as owed, patterns};
use baton::scoreboard::{Contested, Counted, Duty, Figure, Group, Sla, Tally, Week};
use baton::store::read::handshake::{AnswerRead, ContestRead, DutiesRead, DutyRead, FactRead, SumRead};
use uuid::Uuid;

fn week() -> Week {
    "2026-W24".parse().unwrap()
}

/// Monday of the week, and so many hours.
fn at(hours: i64) -> i64 {
    week().span().from.plus(hours * HOUR).0
}

fn lead(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn handoff(number: u128) -> DutyRead {
    DutyRead {
        lead_id: lead(number),
        pool: Some("mid-market".to_owned()),
        source: Some("search".to_owned()),
        motion: Some("new_business".to_owned()),
        rep: Some("dev-patel".to_owned()),
        ..DutyRead::default()
    }
}

fn fact(number: u128, hours: i64, kind: &str, code: &str) -> FactRead {
    FactRead {
        lead_id: lead(number),
        at: at(hours),
        kind: kind.to_owned(),
        code: Some(code.to_owned()),
        member: Some("dev-patel".to_owned()),
        pool: Some("mid-market".to_owned()),
        campaign: Some("c-1".to_owned()),
        source: Some("search".to_owned()),
        ..FactRead::default()
    }
}

/// When marketing works: Monday to Friday, 09:00 to 17:30 UTC.
fn marketing() -> &'static Calendar {
    TEAM.hours(TEAM.marketing_owner())
}

fn figures(handoffs: &[DutyRead], facts: &[FactRead], answers: &[AnswerRead], now_hours: i64) -> Sla {
    let (handoffs, facts, answers) = (handoffs.to_vec(), facts.to_vec(), answers.to_vec());
    let read = DutiesRead { handoffs, facts, answers, ..DutiesRead::default() };
    sla(week(), &read, POLICY.durations(), marketing(), Moment(at(now_hours)))
}

fn of<'a>(sla: &'a Sla, name: &str) -> &'a Figure {
    sla.figures.iter().find(|figure| figure.duty.code() == name).unwrap()
}

fn counts(tally: &Tally) -> (usize, usize) {
    (tally.met.len(), tally.missed.len())
}

#[test]
fn contact_counts_what_fell_due_in_the_week_and_a_lead_returned_before_owes_no_call() {
    let due = |number, first_attempt, disposed| DutyRead {
        contact_by: Some(at(10)),
        first_attempt_at: first_attempt,
        disposed_at: disposed,
        ..handoff(number)
    };
    let handoffs = [
        due(1, Some(at(9)), None),
        due(2, Some(at(11)), None),
        due(3, None, None),
        due(4, None, Some(at(5))),
        DutyRead { contact_by: Some(at(-1)), ..handoff(5) },
        DutyRead { contact_by: Some(at(7 * 24)), ..handoff(6) },
        DutyRead { motion: Some("expansion".to_owned()), ..due(7, None, None) },
        DutyRead { contact_by: Some(at(60)), ..handoff(8) },
    ];
    let sla = figures(&handoffs, &[], &[], 48);
    let contact = of(&sla, "contact_on_time");
    assert_eq!(contact.all.met, [lead(1)]);
    assert_eq!(contact.all.missed, [lead(2), lead(3)], "8 is not due yet");
    assert_eq!(contact.all.per_mille(), Some(333));
    assert_eq!(counts(&contact.by_pool["mid-market"]), (1, 2));
    assert_eq!(counts(&contact.by_source["search"]), (1, 2));
}

#[test]
fn acceptance_leaves_out_who_was_pulled_along_and_takes_the_rejection_before_the_acceptance() {
    let handoffs = [
        DutyRead { accepted_at: Some(at(1)), ..handoff(1) },
        DutyRead { accepted_at: Some(at(1)), rejected_at: Some(at(20)), ..handoff(2) },
        DutyRead { accepted_at: Some(at(1)), pulled: true, ..handoff(3) },
        DutyRead { accepted_at: Some(at(-30)), rejected_at: Some(at(2)), ..handoff(4) },
        DutyRead { accepted_at: Some(at(1)), rejected_at: Some(at(7 * 24 + 1)), ..handoff(5) },
        DutyRead { accepted_at: Some(at(3)), ..handoff(6) },
    ];
    let sla = figures(&handoffs, &[], &[], 24 * 9);
    let acceptance = of(&sla, "acceptance");
    assert_eq!(acceptance.all.met, [lead(1), lead(6)]);
    assert_eq!(acceptance.all.missed, [lead(2), lead(4)], "5 was decided in the week after");
    assert_eq!(acceptance.all.per_mille(), Some(500));
}

#[test]
fn an_acceptance_that_was_in_time_after_all_is_netted_and_a_late_one_is_missed_once() {
    let facts = [
        fact(1, 1, "breached", "accept_by"),
        fact(1, 2, "breach_voided", "accept_by"),
        fact(1, 2, "accepted", ""),
        fact(2, 1, "breached", "accept_by"),
        fact(2, 2, "accepted", ""),
        fact(3, 2, "accepted", ""),
        fact(4, 2, "breached", "contact_by"),
    ];
    let sla = figures(&[], &facts, &[], 48);
    let accept = of(&sla, "accept_on_time");
    assert_eq!(accept.all.met, [lead(1), lead(3)]);
    assert_eq!(accept.all.missed, [lead(2)]);
}

#[test]
fn disposition_completeness_and_reasons_have_their_own_bases() {
    let handoffs = [
        DutyRead { disposition_by: Some(at(10)), disposed_at: Some(at(10)), ..handoff(1) },
        DutyRead { disposition_by: Some(at(10)), disposed_at: None, ..handoff(2) },
        DutyRead { mql_at: Some(at(3)), complete: Some(true), ..handoff(3) },
        DutyRead { mql_at: Some(at(3)), complete: Some(false), ..handoff(4) },
        DutyRead { mql_at: Some(at(3)), complete: None, ..handoff(5) },
    ];
    let facts =
        [fact(1, 1, "rejected", "no_need"), FactRead { flagged: true, ..fact(2, 1, "rejected", "other") }];
    let sla = figures(&handoffs, &facts, &[], 48);
    assert_eq!(counts(&of(&sla, "disposition_on_time").all), (1, 1));
    assert_eq!(counts(&of(&sla, "completeness").all), (1, 2));
    assert_eq!(of(&sla, "reason_given").all.missed, [lead(2)]);
    assert_eq!(of(&sla, "patterns_answered_on_time").all.per_mille(), None, "nothing was due: n/a");
}

#[test]
fn a_decision_in_time_without_its_reason_is_no_disposition_with_a_reason() {
    let decided = |number, disposed_at, unreasoned| DutyRead {
        disposition_by: Some(at(10)),
        disposed_at,
        unreasoned,
        ..handoff(number)
    };
    let handoffs = [
        decided(1, Some(at(10)), false),
        decided(2, Some(at(9)), true),
        decided(3, Some(at(11)), false),
        decided(4, None, false),
        DutyRead { disposition_by: Some(at(60)), ..decided(5, None, false) },
    ];
    let sla = figures(&handoffs, &[], &[], 48);
    let reasoned = of(&sla, "disposition_with_reason");
    assert_eq!(reasoned.all.met, [lead(1)]);
    assert_eq!(reasoned.all.missed, [lead(2), lead(3), lead(4)], "5 is not due yet");
    assert_eq!(of(&sla, "disposition_on_time").all.met, [lead(1), lead(2)]);
    assert_eq!(counts(&reasoned.by_person["dev-patel"]), (1, 3));
}

#[test]
fn data_mended_late_is_missed_once_and_in_the_week_of_its_deadline() {
    let fixed = |number, hours, when: &str, told| FactRead {
        flagged: told,
        ..fact(number, hours, "data_fixed", when)
    };
    let facts = [
        fixed(1, 1, "in_time", false),
        // Its deadline passed at night, and it was mended before anybody was told of it.
        fixed(2, 2, "late", false),
        fact(3, 3, "breached", "data_fix"),
        fixed(3, 9, "late", true),
        // Told the week before.
        fixed(4, 4, "late", true),
        fact(5, 5, "breached", "review_by"),
        fixed(6, -5, "in_time", false),
    ];
    let sla = figures(&[], &facts, &[], 48);
    let figure = of(&sla, "data_fixed_on_time");
    assert_eq!(figure.all.met, [lead(1)]);
    assert_eq!(figure.all.missed, [lead(2), lead(3)]);
    assert_eq!(figure.all.per_mille(), Some(333));
    assert_eq!(figure.duty.side().code(), "marketing");
}

#[test]
fn contests_count_for_the_rejecters_side_and_for_marketings_by_when_each_step_came() {
    let step = |number, hours, kind: &str, moot, pool: &str, rejecter: Option<&str>| ContestRead {
        lead_id: lead(number),
        at: at(hours),
        kind: kind.to_owned(),
        moot,
        pool: Some(pool.to_owned()),
        source: Some("search".to_owned()),
        rejecter: rejecter.map(str::to_owned),
        contester: Some("noah-fischer".to_owned()),
    };
    let contests = vec![
        step(1, -20, "contested", false, "mid-market", Some("dev-patel")),
        step(1, 4, "upheld", false, "mid-market", Some("dev-patel")),
        step(2, 1, "contested", false, "mid-market", Some("dev-patel")),
        step(2, 6, "overturned", true, "mid-market", Some("dev-patel")),
        step(3, 2, "contested", false, "enterprise", None),
        step(3, 100, "lapsed", true, "enterprise", None),
        step(4, 3, "contested", false, "enterprise", Some("ana-ruiz")),
        step(4, 7 * 24, "upheld", false, "enterprise", Some("ana-ruiz")),
    ];
    let read = DutiesRead { contests, ..DutiesRead::default() };
    let sla = sla(week(), &read, POLICY.durations(), marketing(), Moment(at(7 * 24)));
    let counts =
        |group| Contested::ALL.map(|step| sla.contests.of(group).map_or(0, |counts| counts.of(step).len()));
    assert_eq!(counts(Group::All), [3, 1, 1, 1, 2], "the last verdict came the week after");
    assert_eq!(counts(Group::Pool("mid-market")), [1, 1, 1, 0, 1]);
    assert_eq!(counts(Group::Pool("enterprise")), [2, 0, 0, 1, 1]);
    assert_eq!(counts(Group::Source("search")), [3, 1, 1, 1, 2]);
    assert_eq!(counts(Group::Person("dev-patel")), [1, 1, 1, 0, 1]);
    assert_eq!(counts(Group::Person("noah-fischer")), [3, 1, 1, 1, 2], "who contests answers for it too");
    assert_eq!(sla.behind(Counted::Contest(Contested::Moot), Group::All), [lead(2), lead(3)]);
}

#[test]
fn every_number_names_the_leads_behind_it() {
    let facts = [fact(1, 1, "accepted", ""), fact(2, 2, "misrouted", ""), fact(3, 3, "rejected", "other")];
    let sla = figures(&[], &facts, &[], 48);
    for duty in Duty::ALL {
        for counted in [Counted::Met(duty), Counted::Missed(duty)] {
            let (figure, outcome) = counted.words();
            assert_eq!(Counted::parse(figure, outcome), Some(counted));
        }
    }
    let behind = |figure, outcome, group| sla.behind(Counted::parse(figure, outcome).unwrap(), group);
    assert_eq!(behind("accept_on_time", "met", Group::Person("dev-patel")), [lead(1)]);
    assert!(behind("accept_on_time", "missed", Group::All).is_empty());
    assert_eq!(behind("misroutes", "returned", Group::Pool("mid-market")), [lead(2)]);
    assert_eq!(behind("others", "rejected", Group::Pool("mid-market")), [lead(3)]);
    assert!(behind("accept_on_time", "met", Group::Pool("nobodys")).is_empty());
    assert_eq!(Counted::parse("acceptance", "perhaps"), None);
}

#[test]
fn others_over_the_policys_share_of_a_teams_month_raise_the_alarm() {
    let month = |others: u128, all: u128| -> Vec<FactRead> {
        let code = |number| if number < others { "other" } else { "no_need" };
        // The month began on Monday 2026-06-01, a week before the week that is asked for.
        (0..all).map(|number| fact(number, -100, "rejected", code(number))).collect()
    };
    let alarm = |others, all| figures(&[], &month(others, all), &[], 48).others[0].alarm;
    assert!(!alarm(1, 20), "5 % is not over 5 %");
    assert!(alarm(2, 39));
    let sla = figures(&[], &[fact(1, -24 * 9, "rejected", "other")], &[], 48);
    assert!(sla.others.is_empty(), "the month before does not count");
}

#[test]
fn misroutes_are_the_routers_by_the_pool_that_returned_them() {
    let sla = figures(&[], &[fact(1, 2, "misrouted", ""), fact(2, 200, "misrouted", "")], &[], 48);
    assert_eq!(sla.misroutes["mid-market"], [lead(1)]);
}

#[test]
fn five_of_a_code_and_campaign_within_seven_days_are_one_pattern_until_they_thin_out() {
    let day = |number: i64| fact(u128::try_from(number + 1).unwrap(), number * 24, "rejected", "no_need");
    let four: Vec<FactRead> = (0..4).map(day).collect();
    assert!(patterns(&four, POLICY.durations()).is_empty());
    let six: Vec<FactRead> = (0..6).map(day).collect();
    let found = patterns(&six, POLICY.durations());
    assert_eq!(found.len(), 1, "the sixth goes on with it");
    assert_eq!((found[0].begun_at, found[0].leads.len()), (Moment(at(4 * 24)), 6));
    let apart: Vec<FactRead> = (0..5).map(|number| day(number * 2)).collect();
    assert!(patterns(&apart, POLICY.durations()).is_empty(), "five in nine days are none");
    let mut mixed: Vec<FactRead> = (0..5).map(day).collect();
    mixed[4].campaign = Some("c-2".to_owned());
    assert!(patterns(&mixed, POLICY.durations()).is_empty(), "of two campaigns");
    let again: Vec<FactRead> = (0..5).chain(30..35).map(day).collect();
    assert_eq!(patterns(&again, POLICY.durations()).len(), 2, "a month later it is another one");
}

#[test]
fn a_pattern_is_owed_an_answer_in_two_business_days() {
    let facts: Vec<FactRead> = (0..5).map(|number| fact(number, 1, "rejected", "no_need")).collect();
    let found = patterns(&facts, POLICY.durations());
    let begun_at = found[0].begun_at;
    let answer = |hours: i64| AnswerRead {
        code: "no_need".to_owned(),
        campaign: "c-1".to_owned(),
        begun_at: begun_at.0,
        at: at(hours),
        member: "noah-fischer".to_owned(),
    };
    let duty =
        |answers: &[AnswerRead]| owed(found.clone(), answers, POLICY.durations(), marketing()).remove(0);
    let now = Moment(at(24));
    let closing = Moment::parse("2026-06-09T17:30:00Z").unwrap();
    assert_eq!(duty(&[]).answer_by, closing, "Monday's, of before nine, is due when Tuesday closes");
    assert_eq!(duty(&[]).is_on_time(now), None, "it may still come");
    assert_eq!(duty(&[]).is_on_time(begun_at.plus(3 * DAY)), Some(false));
    assert_eq!(duty(&[answer(20)]).is_on_time(now), Some(true));
    assert_eq!(duty(&[answer(60)]).is_on_time(now), Some(false));
    let sla = figures(&[], &facts, &[answer(20)], 100);
    assert_eq!(counts(&of(&sla, "patterns_answered_on_time").all), (1, 0));
    assert_eq!(sla.patterns.len(), 1);
    assert!(duties::facts_span(week(), POLICY.durations()).from < week().span().from.plus(-30 * DAY));
}

#[test]
fn the_digest_sums_each_campaign_and_its_reasons() {
    let sum = |campaign: Option<&str>, kind: &str, code: Option<&str>, count| SumRead {
        campaign: campaign.map(str::to_owned),
        name: None,
        kind: kind.to_owned(),
        code: code.map(str::to_owned),
        count,
    };
    let weeks = digest(&[
        sum(None, "mql", None, 2),
        sum(Some("c-1"), "mql", None, 9),
        sum(Some("c-1"), "rejected", Some("no_need"), 3),
        sum(Some("c-1"), "rejected", Some("junk"), 1),
        sum(Some("c-1"), "overturned", Some("no_need"), 1),
        sum(Some("c-1"), "reminded", Some("accept_by"), 7),
    ]);
    assert_eq!(weeks.len(), 2);
    assert_eq!((weeks[0].campaign.as_deref(), weeks[0].mql), (None, 2));
    assert_eq!((weeks[1].mql, weeks[1].rejected, weeks[1].overturned), (9, 4, 1));
    assert_eq!(weeks[1].reasons["no_need"], 3);
}
