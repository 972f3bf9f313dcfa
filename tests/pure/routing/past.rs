//! The past through other rules: absences of that time, daily bounds, bounds on open leads, and who has to wait.

use baton::contract::policy_text::{DEFAULT_POLICY, DEFAULT_TEAM, policy, team};
use baton::domain::availability::{Availability, Away, Source};
use baton::domain::ids::{HandoffId, LeadId};
use baton::domain::lead::{Lead, Terms};
use baton::domain::policy::{Grade, Policy, Priority};
use baton::domain::profile::{ProfilePatch, Stamp};
use baton::domain::routing::RouteStep;
use baton::domain::subject::SubjectEvent;
use baton::domain::team::{MemberId, PoolId};
use baton::domain::time::{DAY, HOUR, MINUTE, Moment};
use baton::replay::past::{Outcome, Play};
use baton::replay::then::TeamThen;
use baton::store::read::offers::PastOffer;
use baton::store::read::said::SaidThen;

/// A Wednesday at ten, UTC.
const FROM: Moment = Moment(1_767_780_000_000_000);

/// A lead of the mid-market, offered to Dev after so many minutes; open for a day.
fn offer(number: u32, minutes: i64) -> PastOffer {
    let at = FROM.plus(minutes * MINUTE);
    let id = LeadId::derived("tests", &number.to_string(), 0);
    let mut lead = Lead::unseen(id);
    let features = ProfilePatch { employees: Some(500), ..ProfilePatch::default() };
    lead.profile = lead.profile.patched(&features, Stamp::default());
    lead.cycle.terms = Some(Terms {
        handoff: HandoffId::derived(id, 1),
        mql_at: Some(at),
        priority: Priority::P2,
        grade: Grade::B,
        points: 70,
        contact_from: at,
        contact_by: at.plus(HOUR),
    });
    PastOffer {
        at,
        offer_no: 1,
        ended_at: Some(at.plus(DAY)),
        lead,
        rep: MemberId("dev-patel".to_owned()),
        pool: PoolId("mid-market".to_owned()),
        rule: "mid_market".to_owned(),
        step: Some(RouteStep::Rule),
        account: None,
        missed: number.is_multiple_of(2),
        source: None,
        account_owner: None,
        account_name: None,
        account_keys: Vec::new(),
    }
}

/// The mid-market of Dev and Emma alone, with these bounds.
fn text(bounds: &str) -> String {
    let four = "{ id = \"dev-patel\" }, { id = \"emma-larsen\" }, { id = \"felix-braun\" }, { id = \"grace-kim\" }]\n";
    DEFAULT_TEAM.replacen(
        four,
        &format!("{{ id = \"dev-patel\" }}, {{ id = \"emma-larsen\" }}]\n{bounds}\n"),
        1,
    )
}

fn shipped() -> Policy {
    policy(DEFAULT_POLICY).unwrap()
}

fn play(text: &str, said: Vec<SaidThen>, offers: Vec<PastOffer>, until: Moment) -> Outcome {
    let policy = shipped();
    let mut play = Play::new(&policy, TeamThen::new(team(text).unwrap(), said), FROM);
    for offer in offers {
        play.add(offer);
    }
    play.finish(until)
}

fn after(outcome: &Outcome, rep: &str) -> u32 {
    outcome.reps.get(&MemberId(rep.to_owned())).map_or(0, |it| it.after)
}

#[test]
fn a_vacation_of_that_time_is_played_and_not_one_that_was_said_later() {
    let away = |from: Moment, said_at: Moment| SaidThen {
        at: said_at,
        word: SubjectEvent::AvailabilitySaid(Availability {
            away: vec![Away { from, until: Some(from.plus(2 * HOUR)) }],
            ..Availability::present(MemberId("emma-larsen".to_owned()), Source::Person, said_at)
        }),
    };
    let offers = || (0..40).map(|number| offer(number, i64::from(number) * 6)).collect::<Vec<_>>();
    let end = FROM.plus(5 * HOUR);
    let without = play(&text(""), Vec::new(), offers(), end);
    assert_eq!((after(&without, "dev-patel"), after(&without, "emma-larsen")), (20, 20));
    let vacation = play(&text(""), vec![away(FROM, FROM)], offers(), end);
    assert_eq!(
        (after(&vacation, "dev-patel"), after(&vacation, "emma-larsen")),
        (30, 10),
        "no flood after it"
    );
    let later = play(&text(""), vec![away(FROM, end.plus(HOUR))], offers(), end);
    assert_eq!(later, without, "nobody knew of it then");
    assert_eq!(
        vacation,
        play(&text(""), vec![away(FROM, FROM)], offers(), end),
        "played twice, it is the same"
    );
}

#[test]
fn a_bound_on_a_day_makes_leads_wait_until_the_next_and_late_ones_are_expected_breaches() {
    let offers = (0..10).map(|number| offer(number, i64::from(number))).collect();
    let outcome = play(&text("daily_leads_max = 3"), Vec::new(), offers, FROM.plus(DAY));
    assert_eq!((outcome.played, outcome.waited, outcome.late, outcome.waiting), (10, 4, 4, 0));
    assert_eq!((after(&outcome, "dev-patel"), after(&outcome, "emma-larsen")), (5, 5));
    // Six minutes after ten the first had to wait; at midnight, UTC, the next day begins.
    assert_eq!(outcome.longest_wait, 14 * HOUR - 6 * MINUTE);
    let pool = &outcome.pools[&PoolId("mid-market".to_owned())];
    assert_eq!((pool.before, pool.after, pool.missed_before), (10, 10, 5));
    // Six at the rate of half, and four that waited too long.
    assert_eq!(pool.missed_after_permille, 6 * 500 + 4 * 1_000);
}

#[test]
fn a_bound_on_open_leads_counts_what_was_open_at_the_start_and_frees_as_leads_end() {
    let mut before = offer(100, -30);
    before.ended_at = Some(FROM.plus(2 * HOUR));
    let offers = vec![before, offer(1, 0), offer(2, 1)];
    let outcome = play(&text("open_leads_max = 1"), Vec::new(), offers, FROM.plus(4 * HOUR));
    assert_eq!((outcome.carried, outcome.played), (1, 2), "what came before is held, and not played");
    assert_eq!((after(&outcome, "emma-larsen"), after(&outcome, "dev-patel")), (1, 1));
    assert_eq!((outcome.waited, outcome.longest_wait), (1, 2 * HOUR - MINUTE), "until dev's first one ended");
    assert_eq!(outcome.reps[&MemberId("dev-patel".to_owned())].open_most, 1);
    let still = play(
        &text("open_leads_max = 1"),
        Vec::new(),
        (0..5).map(|it| offer(it, 0)).collect(),
        FROM.plus(HOUR),
    );
    assert_eq!((still.waited, still.waiting, still.late), (3, 3, 3));
}
