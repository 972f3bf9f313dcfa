//! One lead from its form to revenue through the plan: records of the CRM, asks of people, the router and the sweeper.

use super::desk::{Desk, loop_batch};
use baton::contract::request::{Cause, Creates, Decoded, Request, Subject, Who};
use baton::domain::command::{Command, DueClock, Nature, View};
use baton::domain::custody::ClockKind;
use baton::domain::lead::{Stage, StageKind};
use baton::domain::team::{MemberId, PoolId};
use baton::domain::time::{DAY, HOUR};
use baton::store::rows::HandoffFactRow;
use baton::transaction::batch::{Batch, Entry, Outcome, Raw, Stream};
use baton::transaction::loaded::LoadedPool;
use baton::transaction::plan::Planned;
use serde_json::json;

const PRIYA: &str = "priya@northwind-robotics.example";

/// An entry that no record brought: somebody's ask, an offer, a clock.
pub fn ask(desk: &Desk, who: Who, command: Option<Command>, view: Option<View>) -> Entry {
    let request = Request {
        cause: Cause {
            source: "/test/ask".into(),
            id: format!("ask-{}", desk.now),
            event_type: "ask".into(),
            occurred_at: desk.now,
            time_flagged: false,
            actor: who.clone(),
            hmac: [3; 32],
            traceparent: None,
        },
        nature: if matches!(who, Who::Member(_)) { Nature::Ask } else { Nature::Fact },
        subject: Subject::Lead,
        people: Vec::new(),
        creates: Creates::NeverParked,
        command,
        named: None,
        note: None,
        touch: None,
        test: false,
        view,
        caused_by_us: false,
        others: Vec::new(),
        lead: Some(desk.lead(PRIYA).id),
    };
    Entry {
        record: None,
        raw: Raw::default(),
        duplicate: None,
        content: [0; 16],
        decoded: Ok(Decoded::Request(Box::new(request))),
        reference: None,
    }
}

pub fn route(desk: &mut Desk, pool: &str) -> Outcome {
    let pool = PoolId(pool.to_owned());
    desk.loaded.pool = Some(LoadedPool { pool: Some(pool.clone()), ..LoadedPool::default() });
    let entry = ask(desk, Who::Router, None, None);
    let batch = Batch { routing: Some(pool), ..loop_batch(Stream::Route(1), entry) };
    let planned = desk.take(batch);
    desk.loaded.pool = None;
    let outcome = planned.outcomes.into_iter().next().unwrap();
    let offered = outcome.code() == "applied";
    assert_eq!(
        offered,
        !planned.write.rotation.is_empty(),
        "an offer moves the pool's counters, nothing else does"
    );
    outcome
}

pub fn member(id: &str) -> Who {
    Who::Member(MemberId(id.to_owned()))
}

fn offeree(desk: &Desk) -> String {
    match &desk.lead(PRIYA).stage {
        Stage::Offered { rep, .. } => rep.0.clone(),
        other => panic!("not on offer: {other:?}"),
    }
}

#[test]
fn a_form_becomes_revenue_and_every_step_is_published_once() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    let pool = match &desk.lead(PRIYA).stage {
        Stage::Queued { pool, .. } => pool.0.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(route(&mut desk, &pool), Outcome::Applied("offer_lead"));
    assert_eq!(route(&mut desk, &pool), Outcome::Filtered("stale"), "only one offer stands");
    let rep = format!("u-{}", offeree(&desk));
    let accepted = desk.crm("crm.lead.accepted.v1", "a-1", PRIYA, &rep, json!({}));
    let called = desk.crm(
        "crm.lead.contacted.v1",
        "c-1",
        PRIYA,
        &rep,
        json!({ "attempt_id": "call-1",
        "channel": "phone", "direction": "outbound", "outcome": "conversation", "automated": false }),
    );
    let next = (desk.now.plus(5 * baton::domain::time::DAY)).to_string();
    let qualified = desk.crm(
        "crm.lead.qualified.v1",
        "q-1",
        PRIYA,
        &rep,
        json!({ "next_step_on": &next[..10],
        "facts": { "need": "yes", "authority": "decides", "budget": "plausible", "timeline_months": 4 } }),
    );
    let deal = |revision: i64, at: &str| {
        json!({
            "revision": revision, "kind": "new_business", "opened_at": at, "opportunity": { "system": "crm", "id": "006" },
            "amount": "84000.00", "currency": "EUR", "close_date": "2026-07-01", "closed_on": "2026-06-30",
            "owner": { "system": "crm", "object": "user", "id": rep }, "contacts": [{ "email": PRIYA, "primary": true }],
        })
    };
    let at = desk.minutes_ago(1);
    let mut open = deal(1, &at);
    open.as_object_mut().unwrap().remove("closed_on");
    let opened = desk.event("crm.opportunity.opened.v1", "o-1", open);
    let won = desk.event("crm.opportunity.won.v1", "o-2", deal(2, &at));
    let (opened, won) = (desk.entry("crm.lead-events.v1", &opened), desk.entry("crm.lead-events.v1", &won));
    let planned = desk.run(vec![accepted, called, qualified, opened, won]);
    assert!(planned.outcomes.iter().all(|outcome| outcome.code() == "applied"), "{:?}", planned.outcomes);
    assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::Won);
    for event_type in [
        "lead.marketing_qualified.v1",
        "lead.routed.v1",
        "lead.accepted.v1",
        "lead.sales_qualified.v1",
        "lead.opportunity_opened.v1",
        "lead.won.v1",
        "feedback.accepted.v1",
        "feedback.qualified.v1",
        "feedback.opportunity_opened.v1",
        "feedback.won.v1",
    ] {
        let times = desk.types().iter().filter(|it| **it == event_type).count();
        assert_eq!(times, 1, "{event_type} in {:?}", desk.types());
    }
    let mut ids: Vec<_> = desk.published.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), desk.published.len(), "ids of records are never used twice");
}

#[test]
fn an_ask_on_an_older_view_is_refused_and_changes_nothing() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
    let rep = offeree(&desk);
    let (seen, handoff) = (desk.lead(PRIYA).custody_version, desk.lead(PRIYA).handoff());
    let decline = ask(&desk, member(&rep), Some(Command::DeclineLead), None);
    let planned = desk.take(loop_batch(Stream::Web(1), decline));
    assert_eq!(planned.outcomes, vec![Outcome::Applied("decline_lead")]);
    let view = View { handoff, custody_version: Some(seen) };
    let claim = ask(&desk, member("maya-cohen"), Some(Command::ClaimLead), Some(view));
    let planned = desk.take(loop_batch(Stream::Web(1), claim));
    assert_eq!(planned.outcomes, vec![Outcome::Refused("stale_view".into())]);
    assert!(planned.write.leads.is_empty());
    let view = View { handoff, custody_version: Some(desk.lead(PRIYA).custody_version) };
    let claim = ask(&desk, member("maya-cohen"), Some(Command::ClaimLead), Some(view));
    let planned = desk.take(loop_batch(Stream::Web(1), claim));
    assert_eq!(planned.outcomes, vec![Outcome::Applied("claim_lead")]);
}

#[test]
fn an_ask_of_a_stranger_is_refused_and_one_that_a_rule_forbids_stands_in_the_audit() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    let claim = ask(&desk, member("nobody-knows"), Some(Command::ClaimLead), None);
    let planned = desk.take(loop_batch(Stream::Web(1), claim));
    assert_eq!(planned.outcomes, vec![Outcome::Refused("unknown_actor".into())]);
    let decline = ask(&desk, member("dev-patel"), Some(Command::DeclineLead), None);
    let planned = desk.take(loop_batch(Stream::Web(1), decline));
    assert_eq!(planned.outcomes, vec![Outcome::Refused("not_offered".into())]);
    assert_eq!(planned.write.audit.len(), 1, "a refusal is an outcome, and stands in the lead's audit");
    assert_eq!(planned.write.audit[0].event, "ask_refused");
}

#[test]
fn a_clock_that_was_read_before_the_lead_moved_is_stale() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
    let lead = desk.lead(PRIYA);
    let clock = lead.stage.custody().unwrap().clock(ClockKind::AcceptBy).unwrap();
    let due = DueClock {
        kind: ClockKind::AcceptBy,
        rung_at: clock.rung_at,
        cycle: lead.cycle.number,
        custody_version: lead.custody_version,
    };
    desk.now = clock.rung_at;
    let passing = ask(&desk, Who::Sweeper, Some(Command::PassDeadline(due)), None);
    let planned = desk.take(loop_batch(Stream::Sweep(1), passing.clone()));
    assert_eq!(planned.outcomes, vec![Outcome::Applied("pass_deadline")]);
    let planned = desk.take(loop_batch(Stream::Sweep(1), passing));
    assert_eq!(planned.outcomes, vec![Outcome::Filtered("stale")], "a rung passes once");
}

#[test]
fn every_rejection_code_of_the_contract_is_fed_back_to_marketing() {
    let codes = [
        "unreachable",
        "bad_timing",
        "no_need",
        "no_budget",
        "no_authority",
        "no_fit",
        "competitor_chosen",
        "bad_data",
        "existing_customer",
        "existing_opportunity",
        "wrong_territory",
        "wrong_segment",
        "duplicate",
        "junk",
        "opt_out",
        "other",
        "a_word_of_their_own",
    ];
    for code in codes {
        let mut desk = Desk::new();
        let form = desk.form("form-1", PRIYA, "VP Engineering");
        let _planned = desk.run(vec![form]);
        assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
        let rep = format!("u-{}", offeree(&desk));
        let rejected = desk.crm("sales.lead.rejected.v1", "r-1", PRIYA, &rep, json!({ "reason": code }));
        let planned = desk.run(vec![rejected]);
        assert_eq!(planned.outcomes, vec![Outcome::Applied("reject_lead")], "{code}");
        assert!(desk.types().contains(&"feedback.rejected.v1"), "{code}: {:?}", desk.types());
        assert_ne!(desk.lead(PRIYA).stage.kind(), StageKind::Offered, "{code} has a consequence");
    }
}

/// The sweeper passes the rung of a clock that comes next, at its moment.
fn pass(desk: &mut Desk, kind: ClockKind) -> Planned {
    let lead = desk.lead(PRIYA);
    let clock = lead.custody().unwrap().clock(kind).unwrap();
    let due = DueClock {
        kind,
        rung_at: clock.rung_at,
        cycle: lead.cycle.number,
        custody_version: lead.custody_version,
    };
    desk.now = clock.rung_at;
    let passing = ask(desk, Who::Sweeper, Some(Command::PassDeadline(due)), None);
    desk.take(loop_batch(Stream::Sweep(1), passing))
}

/// What a plan told the figures: kind, code, flag and who.
fn told(planned: &Planned) -> Vec<(&'static str, String, bool, String)> {
    let row = |fact: &HandoffFactRow| {
        (
            fact.kind,
            fact.code.clone().unwrap_or_default(),
            fact.flagged,
            fact.member.clone().unwrap_or_default(),
        )
    };
    planned.write.handoff_facts.iter().map(row).collect()
}

#[test]
fn mended_data_is_told_in_time_or_late_and_once_the_missed_deadline_was_told_no_second_time() {
    let mended_after = |rungs: u32, wait: i64| {
        let mut desk = Desk::new();
        let form = desk.form("form-1", PRIYA, "VP Engineering");
        let _planned = desk.run(vec![form]);
        assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
        let rep = format!("u-{}", offeree(&desk));
        let more = json!({ "reason": "bad_data", "fields": ["person.country"] });
        let rejected = desk.crm("sales.lead.rejected.v1", "r-1", PRIYA, &rep, more);
        let _planned = desk.run(vec![rejected]);
        let mut facts = Vec::new();
        for _ in 0..rungs {
            facts.extend(told(&pass(&mut desk, ClockKind::ReviewBy)));
        }
        desk.now = desk.now.plus(wait);
        let again = desk.form("form-2", PRIYA, "Chief Engineer");
        facts.extend(told(&desk.run(vec![again])));
        assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::Queued);
        facts.retain(|(kind, ..)| matches!(*kind, "breached" | "data_fixed"));
        facts
    };
    let fact = |kind, code: &str, flagged| (kind, code.to_owned(), flagged, "noah-fischer".to_owned());
    assert_eq!(mended_after(0, HOUR), [fact("data_fixed", "in_time", false)]);
    assert_eq!(mended_after(0, 9 * DAY), [fact("data_fixed", "late", false)], "before anybody was told");
    let late = [fact("breached", "data_fix", false), fact("data_fixed", "late", true)];
    assert_eq!(mended_after(2, HOUR), [fact("data_fixed", "in_time", false)], "reminded twice");
    assert_eq!(mended_after(3, HOUR), late);
}
