//! Contests and the closer's leg under another team than the shipped one: who decides when the arbiter is a party, and
//! pools that hand qualified leads on.

use crate::lifecycle;
use crate::story::{POLICY, Story};
use crate::words::member;
use baton::contract::policy_text;
use baton::domain::command::{Actor, Command, Inputs, Nature};
use baton::domain::contest::Ruling;
use baton::domain::decide::{Refusal, decide};
use baton::domain::event::Event;
use baton::domain::evolve::evolve;
use baton::domain::lead::Lead;
use baton::domain::policy::SqlFacts;
use baton::domain::team::{PoolId, Team};

fn team(changes: &[(&str, &str)]) -> Team {
    let text = changes.iter().fold(policy_text::DEFAULT_TEAM.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the shipped team says {from}");
        text.replacen(from, to, 1)
    });
    policy_text::team(&text).unwrap()
}

fn told(
    story: &Story,
    lead: &Lead,
    team: &Team,
    who: &str,
    command: &Command,
) -> Result<Vec<Event>, Refusal> {
    let actor = Actor::Member(member(who));
    let inputs = Inputs {
        now: story.now,
        occurred_at: story.now,
        nature: Nature::Ask,
        actor: &actor,
        policy: &POLICY,
        team,
        live_from: story.live_from,
        account_owner: None,
        open_deal: None,
    };
    decide(lead, command, &inputs)
}

fn after(story: &Story, events: &[Event]) -> Lead {
    let before = Lead { decided_at: story.now, ..story.lead.clone() };
    events.iter().fold(before, |lead, event| evolve(lead, event).unwrap())
}

#[test]
fn an_arbiter_who_contests_is_replaced_by_the_deputy_and_does_not_decide() {
    let story = &lifecycle::stories()["R"];
    let team = team(&[("arbiter = \"rosa-lind\"", "arbiter = \"quinn-adams\"")]);
    let handoff = story.lead.returned[0].handoff;
    let events = told(story, &story.lead, &team, "quinn", &Command::ContestRejection { handoff }).unwrap();
    let contested = after(story, &events);
    let contest = contested.returned[0].open_contest().unwrap();
    assert_eq!(contest.arbiter, member("noah"), "quinn's deputy");
    let settle = Command::SettleContest { handoff, ruling: Ruling::Uphold };
    assert_eq!(told(story, &contested, &team, "quinn", &settle), Err(Refusal::NotArbiter));
    assert!(told(story, &contested, &team, "noah", &settle).is_ok());
    assert!(told(story, &contested, &team, "rosa", &settle).is_ok(), "any other arbiter may decide too");
}

#[test]
fn a_pool_with_closers_hands_its_qualified_leads_on_and_the_closers_themselves_do_not() {
    let story = &lifecycle::stories()["A"];
    let team = team(&[("name = \"Mid-market\"", "name = \"Mid-market\"\ncloser_pool = \"enterprise\"")]);
    let step = i32::try_from(story.now.0.div_euclid(baton::domain::time::DAY)).unwrap() + 3;
    let facts = SqlFacts { next_step_on: Some(step), conversation: true, ..good() };
    let qualify = Command::QualifyLead { facts, next_owner: None };
    let events = told(story, &story.lead, &team, "dev", &qualify).unwrap();
    let waiting = after(story, &events);
    assert_eq!(
        waiting.queue(),
        Some((&PoolId("enterprise".to_owned()), false)),
        "the router offers it there"
    );
    let leg = waiting.leg.unwrap();
    assert_eq!((leg.first, leg.wanted), (member("dev"), None));
    let alone = told(story, &story.lead, &crate::story::TEAM, "dev", &qualify).unwrap();
    assert!(after(story, &alone).leg.is_none(), "without closers the rep closes it");
}

fn good() -> SqlFacts {
    use baton::domain::policy::{Authority, Budget, Need};
    SqlFacts {
        need: Need::Yes,
        authority: Authority::Decides,
        budget: Budget::Plausible,
        timeline_months: Some(3),
        ..SqlFacts::default()
    }
}

#[test]
fn closers_that_are_the_pool_itself_or_nobody_are_faults_of_the_team_text() {
    let faults = |line: &str| {
        let text = policy_text::DEFAULT_TEAM.replacen(
            "name = \"Mid-market\"",
            &format!("name = \"Mid-market\"\ncloser_pool = \"{line}\""),
            1,
        );
        policy_text::team(&text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert!(faults("mid-market").contains("its own closers"), "{}", faults("mid-market"));
    assert!(faults("closerss").contains("pool"), "{}", faults("closerss"));
}
