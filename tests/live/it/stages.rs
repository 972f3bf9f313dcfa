//! Somebody leaves who holds leads at every open stage, and later the clocks of all stages are due at once: the service is
//! killed in the middle of both, and every lead is handed over once, and no clock fires twice.

use crate::baddays::broker::produce_events;
use crate::harness::{Event, Installation, Serving, demo_request, form, until};
use baton::contract::policy_text::{self, DEFAULT_TEAM};
use baton::domain::event::Event as Decided;
use baton::store::codec;
use baton::store::connect::{Timeouts, connect};
use baton::store::text::TextKind;
use baton::transaction::operation;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;

/// Leads of each stage: of all together more than one step of a wide change takes.
const EACH: i64 = 40;
/// Captured, queued, offered, accepted, qualified, with a deal: as the table numbers them.
const STAGES: [i64; 6] = [1, 2, 3, 4, 5, 6];
const HELD: &str = "SELECT count(*) FROM lead WHERE holder_id = 'dev-patel'";
/// What tells that a lead was handed over: by replacing its holder, by the queue, or to the manager.
const HANDED_OVER: &str = "SELECT count(*) FROM audit WHERE actor = 'sweeper'
    AND event IN ('holder_replaced', 'offer_withdrawn', 'lead_reassigned')";
const ABORTED: i32 = 6;

/// Dev owns the segments and the queue as well, and gets all but a thousandth of mid-market's leads; Emma stands in.
fn team() -> String {
    let text = DEFAULT_TEAM.replace("= \"noah-fischer\"\nmid-market", "= \"dev-patel\"\nmid-market");
    let text = text.replace("mid-market = \"noah-fischer\"", "mid-market = \"dev-patel\"");
    let text = text.replace("small = \"noah-fischer\"", "small = \"dev-patel\"");
    let text = text.replace("{ id = \"dev-patel\" }", "{ id = \"dev-patel\", weight = 1000 }");
    let (before, pool) = text.split_once("[pool.mid-market]").unwrap();
    let pool = pool.replacen("steward = \"maya-cohen\"", "steward = \"dev-patel\"", 1);
    let member = "name = \"Dev Patel\"\n";
    let pool = pool.replacen(member, &format!("{member}deputy = \"emma-larsen\"\n"), 1);
    let text = format!("{before}[pool.mid-market]{pool}");
    policy_text::team(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    text
}

fn publish(installation: &Installation, text: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut conn = connect(&installation.owner_url, "tests", Timeouts::default()).await.unwrap();
        let hash = policy_text::hash(text);
        assert!(operation::publish_text(&mut conn, TextKind::Team, hash, text, "tests").await.unwrap());
    });
}

fn email(stage: i64, number: i64) -> String {
    format!("p{number}@stage{stage}-{number}.example")
}

/// What the CRM says that Dev did with everybody of a stage.
fn sold(event_type: &str, stage: i64, more: &Value) -> Vec<Event> {
    let user = json!({"system": "crm", "object": "user", "id": "u-dev-patel"});
    (0..EACH)
        .map(|number| {
            let email = email(stage, number);
            let mut data = json!({"person": {"email": email}, "actor": user});
            data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            if event_type.starts_with("crm.opportunity") {
                data = json!({"opportunity": {"system": "crm", "id": format!("o-{number}")}, "revision": 1,
                    "kind": "new_business", "opened_at": jiff::Timestamp::now().to_string(), "owner": user,
                    "contacts": [{"email": email, "primary": true}]});
            }
            Event::new(event_type, "/crm", &email, data)
        })
        .collect()
}

/// Leads of Dev at a stage.
fn stands(installation: &Installation, stage: i64) -> i64 {
    let rows = "SELECT stage::text FROM lead WHERE holder_id = 'dev-patel'";
    let at = installation.texts(rows).into_iter().filter(|it| *it == stage.to_string()).count();
    i64::try_from(at).unwrap()
}

/// Dev holds as many leads at each stage.
fn worked(installation: &Installation) {
    let serving = installation.serve(&[]);
    publish(installation, &team());
    let readers = (0..EACH).map(|number| form("content", &email(1, number), "student")).collect();
    let raised =
        STAGES.iter().skip(1).flat_map(|stage| (0..EACH).map(|number| demo_request(&email(*stage, number))));
    produce_events(installation, "marketing.form-fills.v1", 0, readers);
    produce_events(installation, "marketing.form-fills.v1", 1, raised.collect());
    until("all demo requests are offered to Dev", || stands(installation, 3) == 5 * EACH);
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72)).to_string()[..10].to_owned();
    let facts = json!({"facts": {"need": "yes", "authority": "decides", "budget": "plausible", "timeline_months": 3},
        "next_step_on": soon});
    let other = json!({"reason": "other", "note": "asked for somebody else, twice"});
    produce_events(installation, "sales.feedback.v1", 0, sold("sales.lead.rejected.v1", 2, &other));
    let crm = [
        sold("crm.lead.accepted.v1", 4, &json!({})),
        sold("crm.lead.qualified.v1", 5, &facts),
        sold("crm.opportunity.opened.v1", 6, &json!({})),
    ];
    produce_events(installation, "crm.lead-events.v1", 0, crm.concat());
    until("Dev holds leads at every stage", || {
        STAGES.iter().all(|stage| stands(installation, *stage) == EACH)
    });
    drop(serving);
}

/// Kills instances at statements of their transactions until one lives to see `done`; says how many died.
fn killed(installation: &Installation, done: impl Fn() -> bool) -> u32 {
    let mut kills = 0;
    for statement in ["5", "16"] {
        let mut serving = installation.serve(&[("BATON__LIMITS__FAIL_AFTER_STATEMENT", statement)]);
        until("the instance is killed, or all is done", || {
            let ended = serving.child.try_wait().unwrap();
            if let Some(status) = ended {
                assert_eq!(status.signal(), Some(ABORTED), "{}", serving.log());
                kills += 1;
            }
            ended.is_some() || done()
        });
    }
    kills
}

#[test]
fn a_leaver_and_a_backlog_at_every_open_stage_survive_kills_in_the_middle() {
    let installation = Installation::new();
    worked(&installation);
    installation.run(&["team", "deactivate", "dev-patel", "--by", "tests"]);
    let kills = killed(&installation, || installation.number(HELD) == 0);
    assert!(kills > 0, "the failpoint killed nothing");
    let mut serving = installation.serve(&[]);
    let open = "SELECT count(*) FROM fan_out WHERE kind = 6 AND done_at IS NULL";
    until("all is handed over and offered again", || {
        let queued = "SELECT count(*) FROM lead WHERE stage = 2 AND NOT held";
        installation.number(HELD) == 0 && installation.number(open) == 0 && installation.number(queued) == 0
    });
    handed_over(&installation);
    serving.stop();
    installation.check();
    backlog(&installation);
    installation.check();
}

/// Each lead once, to whom the stage says, and nobody is blamed.
fn handed_over(installation: &Installation) {
    let all = EACH * i64::try_from(STAGES.len()).unwrap();
    assert_eq!(installation.number(HANDED_OVER), all, "each lead once");
    let leads = "SELECT count(DISTINCT subject_id) FROM audit WHERE actor = 'sweeper'
        AND event IN ('holder_replaced', 'offer_withdrawn', 'lead_reassigned')";
    assert_eq!(installation.number(leads), all);
    let blamed = "SELECT count(*) FROM audit WHERE event IN ('clock_breached', 'offer_missed')";
    assert_eq!(installation.number(blamed), 0, "a leaver is no breach");
    let stood = installation.texts(
        "SELECT stage || ' ' || holder_kind || ' ' || count(*) FROM lead
         WHERE holder_id <> 'dev-patel' AND next_due_at IS NOT NULL GROUP BY stage, holder_kind ORDER BY 1",
    );
    let of = |stage: i64, kind: &str, count: i64| format!("{stage} {kind} {count}");
    // Captured and queued: the deputy. Offered and accepted: offered to others. Qualified, and with a deal: the manager.
    assert_eq!(
        stood,
        [
            of(1, "segment_owner", EACH),
            of(2, "steward", EACH),
            of(3, "rep", 2 * EACH),
            of(5, "steward", EACH),
            of(6, "steward", EACH)
        ]
    );
    let heirs =
        "SELECT count(*) FROM lead WHERE stage = 3 AND holder_id = 'emma-larsen' AND id IN (SELECT subject_id
        FROM audit WHERE event = 'lead_accepted')";
    assert_eq!(installation.number(heirs), EACH, "what Dev had accepted goes to the deputy");
    let managed = "SELECT count(*) FROM lead WHERE stage IN (5, 6) AND holder_id = 'paul-dupont'";
    assert_eq!(installation.number(managed), 2 * EACH);
}

/// Five weeks later, on a Tuesday at ten, every clock of a person is due, on several rungs each.
fn backlog(installation: &Installation) {
    let set = "INSERT INTO clock (now) SELECT (extract(epoch FROM date_trunc('week', now() AT TIME ZONE 'UTC'
        + interval '35 days') + interval '34 hours') * 1000000)::bigint";
    let swept = "SELECT count(*) FROM audit WHERE stream LIKE 'sweep/%' AND event LIKE 'clock_%'";
    let before = installation.number(swept);
    let paced = [("BATON__SWEEPER__LEADS", "20"), ("BATON__SWEEPER__LEADS_PER_SECOND", "150")];
    let mut serving: Serving = installation.serve(&paced);
    installation.execute(&installation.owner_url, set).unwrap();
    until("some of the backlog is worked off", || installation.number(swept) >= before + 60);
    serving.kill();
    let due = "SELECT count(*) FROM lead, clock WHERE next_due_at <= clock.now";
    let left = installation.number(due);
    assert!(left > 0, "a backlog is worked off at a pace, and all of it is done");
    installation.execute(&installation.owner_url, "DELETE FROM clock").unwrap();
    let mut serving = installation.serve(&[]);
    installation.execute(&installation.owner_url, set).unwrap();
    until("all of it is worked off", || {
        let queued = "SELECT count(*) FROM lead WHERE stage = 2 AND NOT held";
        installation.number(due) == 0 && installation.number(queued) == 0
    });
    serving.stop();
    installation.execute(&installation.owner_url, "DELETE FROM clock").unwrap();
    none_twice(installation);
    let missed = "SELECT count(DISTINCT subject_id) FROM audit WHERE event = 'offer_missed'";
    assert_eq!(installation.number(missed), 2 * EACH, "whoever did not answer loses the lead, once or more");
}

/// Every reminder, breach and missed offer of a duty stands once in the audit.
fn none_twice(installation: &Installation) {
    let rows = installation.texts(
        "SELECT subject_id || ' ' || encode(payload, 'hex') FROM audit WHERE stream LIKE 'sweep/%'
         AND event IN ('clock_reminded', 'clock_breached', 'offer_missed')",
    );
    let mut seen = BTreeSet::new();
    let count = rows.len();
    for row in rows {
        let (lead, payload) = row.split_once(' ').unwrap();
        let bytes: Vec<u8> = (0..payload.len() / 2)
            .map(|place| u8::from_str_radix(&payload[2 * place..2 * place + 2], 16).unwrap())
            .collect();
        let event = codec::read_event(&bytes).unwrap();
        let duty = if let Decided::ClockReminded { kind, rung, custody } = &event {
            let since = custody.clock(*kind).map(|clock| clock.started_at);
            format!("{kind:?} {rung:?} {since:?}")
        } else if let Decided::ClockBreached { kind, due_by, .. } = &event {
            format!("{kind:?} {due_by}")
        } else if let Decided::OfferMissed { rep, accept_by, .. } = &event {
            format!("{rep} {accept_by:?}")
        } else {
            panic!("not asked for: {event:?}")
        };
        assert!(seen.insert((lead.to_owned(), duty.clone())), "{lead}: {duty} twice");
    }
    assert!(count > 200, "only {count} clocks fired");
}
