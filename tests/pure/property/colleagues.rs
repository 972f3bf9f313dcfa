//! Colleagues hear of each other (POLICY, engagement 12): both of a pair, and nobody of a whole company's day. It decides
//! nothing itself.

use crate::story::Story;
use crate::words;
use baton::domain::command::{Actor, Nature};
use baton::domain::fan_out::{FanOut, HEARD_A_DAY};
use baton::domain::ids::{AccountId, LeadId};
use baton::domain::lead::Lead;
use baton::domain::signal::SignalKind;
use uuid::Uuid;

const COMPANY: AccountId = AccountId(Uuid::from_u128(7));

/// So many people of one company, each of whom has filled a form on the same day.
fn people(count: u32) -> Vec<Story> {
    (0..count)
        .map(|number| {
            let mut story = Story::new();
            story.lead = Lead::unseen(LeadId::derived("/test", "colleagues", number));
            let (at, command) = words::command(&mut story, "signal form.content");
            let (nature, actor) = words::who("fact feed");
            story.act(&actor, nature, at, &command).unwrap();
            story
        })
        .collect()
}

/// What the sweeper tells the others, one person after the other.
fn told(mut people: Vec<Story>) -> Vec<Lead> {
    for active in 0..people.len() {
        let leads: Vec<Lead> = people.iter().map(|story| story.lead.clone()).collect();
        let (lead, at) = (leads[active].id, people[active].now);
        for (hears, at, command) in
            (FanOut::ColleagueActive { account: COMPANY, lead, at }).commands(&leads, at)
        {
            let story = people.iter_mut().find(|story| story.lead.id == hears).unwrap();
            // Told again, the same pair is nothing new.
            let _known = story.act(&Actor::Sweeper, Nature::Fact, at, &command);
        }
    }
    people.into_iter().map(|story| story.lead).collect()
}

fn heard(lead: &Lead) -> usize {
    lead.signals.signals().iter().filter(|signal| signal.kind == SignalKind::ColleagueActive).count()
}

#[test]
fn everybody_of_a_small_company_hears_of_everybody_else() {
    for lead in told(people(4)) {
        assert_eq!(heard(&lead), 3);
    }
}

#[test]
fn in_a_busy_company_everybody_hears_of_some() {
    for lead in told(people(40)) {
        assert_eq!(heard(&lead), HEARD_A_DAY);
    }
}
