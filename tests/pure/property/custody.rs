//! What becomes of leads that nobody touches: somebody is told, or they move on. Nothing lies still for ever.

use baton::domain::event::Event;
use baton::domain::lead::StageKind;

#[test]
fn a_lead_that_everybody_forgets_still_moves_on() {
    for (name, story) in crate::lifecycle::stories() {
        let mut story = story;
        let mut escalated = false;
        for _ in 0..200 {
            let before = story.now;
            if story.pass_next().is_none() {
                break;
            }
            assert!(story.now >= before, "{name}: time ran back");
            escalated |= matches!(story.trail.last(), Some((_, Event::ClockEscalated { .. })));
        }
        let is_with_somebody = story.lead.stage.custody().is_some();
        assert!(
            !is_with_somebody
                || escalated
                || story.stage() == StageKind::Recycled
                || story.stage() == StageKind::Captured,
            "{name}: nobody was told in 200 rungs: {:?}",
            story.lead.stage
        );
    }
}
