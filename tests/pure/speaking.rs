//! What a line of a file says of the team: somebody elsewhere, a pool on another shift, somebody who left.

use crate::story::{Story, TEAM};
use crate::words::{Line, member};
use baton::contract::policy_text::{self, DEFAULT_TEAM};
use baton::domain::availability::{Availability, Source};
use std::sync::Arc;

/// Somebody is switched off, and nobody else.
pub fn switch_off(story: &mut Story, name: &str) {
    let said = Availability::present(member(name), Source::Manager, story.now);
    story.team = Arc::new(TEAM.in_force(1, vec![Availability { active: false, ..said }]));
}

/// `dev zone=America/New_York`: somebody works there now. `small Pacific/Auckland`: the pool is the next region, and there.
pub fn speak_of_team(story: &mut Story, shift: bool, text: &str) {
    let line = Line::new(text);
    if !shift {
        let zone = line.named.get("zone").map(|zone| (*zone).to_owned());
        let word = Availability::present(member(line.words[0]), Source::Manager, story.now);
        story.team = Arc::new(TEAM.in_force(1, vec![Availability { time_zone: zone, ..word }]));
        return;
    }
    let (name, zone) = (line.words[0], line.words[1]);
    let pools = DEFAULT_TEAM
        .replacen("name = \"Mid-market\"\n", &format!("name = \"Mid-market\"\nnext_pool = \"{name}\"\n"), 1)
        .replacen(&format!("[pool.{name}]\n"), &format!("[pool.{name}]\ntime_zone = \"{zone}\"\n"), 1);
    story.team = Arc::new(policy_text::team(&pools).unwrap());
}
