//! People of a company that buys already (LIFECYCLE N8). It decides nothing itself.

use crate::lifecycle::stories;
use crate::speaking;
use crate::words;
use baton::domain::command::OpenDeal;
use baton::domain::event::Event;
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

#[test]
fn a_lead_with_a_deal_open_already_goes_to_the_deals_owner_then_the_accounts_and_to_nobody_who_is_gone() {
    let wanted = |line: &str, deal: Option<&str>, gone: &str| {
        let mut story = stories()["A"].clone();
        story.tick();
        speaking::switch_off(&mut story, gone);
        let deal = deal.map(|owner| OpenDeal { id: words::deal("d9"), owner: Some(words::member(owner)) });
        story.open_deal.clone_from(&deal);
        story.account_owner = Some(words::member("hugo"));
        let (at, command) = words::command(&mut story, line);
        let (nature, actor) = words::who("ask dev");
        let decided = story.act(&actor, nature, at, &command).unwrap();
        let attached = Event::OpportunityAttached(words::deal("d9"));
        assert_eq!(decided.contains(&attached), deal.is_some(), "{line}");
        let (_, held) = story.lead.queue().unwrap();
        (story.lead.cycle.wanted, held)
    };
    let by_name = |name: &str| (Some(words::member(name)), false);
    let line = "reject existing_opportunity";
    assert_eq!(wanted(line, Some("ana"), "kira"), by_name("ana"));
    assert_eq!(wanted(line, Some("ana"), "ana"), by_name("hugo"), "the deal's owner is switched off");
    assert_eq!(wanted(line, Some("dev"), "kira"), by_name("hugo"), "the deal is whose who returns it");
    assert_eq!(wanted(line, None, "kira"), by_name("hugo"));
    assert_eq!(wanted(line, None, "hugo"), (None, true), "nobody is left: the steward decides");
    let proposed = "reject existing_opportunity to=emma";
    assert_eq!(wanted(proposed, Some("ana"), "kira"), by_name("emma"), "sales has named somebody");
    assert_eq!(wanted(proposed, Some("ana"), "emma"), by_name("ana"));
}
