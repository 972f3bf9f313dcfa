//! Clocks never outrun facts: a feed that stands still holds them, and an operator may let them go until it has caught up.

use super::broker::{poison, produce_events};
use super::{CRM, FORMS, serve_and_own, until_unready};
use crate::harness::{Installation, ask, demo_request, token, until};

const SWEPT: &str = "SELECT count(*) FROM audit WHERE stream LIKE 'sweep/%'";

#[test]
fn a_feed_that_stands_still_holds_clocks_until_they_are_released_and_then_again() {
    let installation = Installation::new();
    let serving = serve_and_own(&installation, &[("BATON__SWEEPER__TICK_MILLISECONDS", "50")]);
    produce_events(&installation, FORMS, 1, vec![demo_request("waits@acme.example")]);
    until("the lead is offered", || {
        installation.number("SELECT count(*) FROM audit WHERE event = 'lead_offered'") == 1
    });
    poison(&installation, CRM, 0, 120);
    until_unready(&serving, "baton lane resume crm.lead-events.v1 0");
    // Ten days later the rep has not accepted, as far as anybody knows.
    installation
        .execute(
            &installation.owner_url,
            "INSERT INTO clock (now) VALUES ((extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 864000000000)",
        )
        .unwrap();
    until("every other feed is known up to now", || {
        installation.number(
            "SELECT count(*) FROM input_position, clock WHERE caught_up_to < now - 2000000
                 AND (topic LIKE 'crm.%' OR topic IN ('sales.feedback.v1', 'privacy.requests.v1'))",
        ) == 1
    });
    until("the alarm is given", || serving.log().contains("baton lane release-clocks"));
    assert_eq!(installation.number(SWEPT), 0, "no clock was passed before the facts are in");
    let lead = format!("leads/{}", installation.texts("SELECT id::text FROM lead")[0]);
    let (_, shown) = ask(&serving, &token(&installation, "maya-cohen"), &lead, None);
    assert_eq!(shown["clocks_held"]["feed"], CRM, "{shown}");

    let said =
        installation.run(&["lane", "release-clocks", CRM, "0", "--reason", "the CRM is away", "--by", "ana"]);
    assert!(said.contains("until it has caught up"), "{said}");
    until("the missed deadline is passed", || installation.number(SWEPT) > 0);
    assert!(installation.run(&["lane", "list"]).contains("clocks released by ana"));
    assert_eq!(
        installation.texts("SELECT kind || ' ' || actor || ' ' || note FROM ledger WHERE kind <> 'batch'"),
        ["clocks ana the CRM is away"]
    );

    installation.run(&["lane", "resume", CRM, "0"]);
    // The clock stands still; what is known ends a moment before now.
    installation.execute(&installation.owner_url, "UPDATE clock SET now = now + 60000000").unwrap();
    until("the release ends by itself once the feed has caught up", || {
        installation.number("SELECT count(*) FROM clock_release WHERE ended_at IS NOT NULL") == 1
    });
    let unknown = installation.output(&["lane", "release-clocks", "no.such.v1", "0", "--reason", "x"]);
    assert!(!unknown.status.success());
    installation.check();
}
