//! People of a company that buys already (LIFECYCLE N8). It decides nothing itself.

use crate::lifecycle::stories;
use crate::words;
use baton::domain::lead::{Motion, Stage, StageKind};

#[test]
fn a_hand_raise_of_a_customer_waits_for_the_account_owner_as_expansion() {
    let mut story = stories()["W"].clone();
    story.tick();
    story.account_owner = Some(words::member("ana"));
    let (at, command) = words::command(&mut story, "signal form.demo");
    let (nature, actor) = words::who("fact feed");
    story.act(&actor, nature, at, &command).unwrap();
    assert_eq!(story.stage(), StageKind::Queued);
    assert_eq!(story.lead.cycle.motion, Motion::Expansion);
    assert_eq!(story.lead.cycle.wanted, Some(words::member("ana")));
    assert!(matches!(story.lead.stage, Stage::Queued { held: false, .. }), "the router may offer it");
}
