//! "Why this rep": the rule that fired, those that did not, who else was looked at, and what runs since. It routes nobody.

use crate::domain::custody::ClockKind;
use crate::domain::event::Event;
use crate::domain::routing::{MatchBy, RouteReceipt, RouteStep, Tie};
use crate::domain::team::Team;
use crate::web::words::{member_name, moment_words, pool_name};

/// What the receipt of a route says, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteLines {
    /// What found the rep.
    pub found_by: String,
    /// Rules that did not take the lead, each with the field on which it differed.
    pub passed_over: Vec<(String, String)>,
    /// How many more; empty where there are none.
    pub passed_over_more: String,
    /// The company, and how it was matched; empty where none was.
    pub account: String,
    /// Where the rules sent it, when another pool took it since.
    pub first_pool: String,
    /// How many candidates are not listed.
    pub candidates_more: String,
    /// What the offer started: answer due, first contact due.
    pub sla: Vec<(&'static str, String)>,
}

/// The lines of an offer; empty ones for offers of before receipts were kept.
#[must_use]
pub fn route_lines(offer: &Event, team: &Team) -> RouteLines {
    let Event::LeadOffered { rep, pool, custody, receipt, .. } = offer else { return RouteLines::default() };
    let due = |label, kind| custody.clock(kind).map(|clock| (label, moment_words(clock.due_by)));
    let sla = [due("Answer due", ClockKind::AcceptBy), due("First contact due", ClockKind::ContactBy)];
    let mut lines = RouteLines { sla: sla.into_iter().flatten().collect(), ..RouteLines::default() };
    let Some(receipt) = receipt else { return lines };
    lines.found_by = found_by(receipt.step, &member_name(team, rep), &pool_name(team, pool));
    lines.passed_over =
        receipt.passed_over.iter().map(|it| (it.rule.clone(), it.field.code().to_owned())).collect();
    lines.passed_over_more = more(receipt.passed_over_more);
    lines.account = account(receipt);
    lines.first_pool = receipt.first_pool.as_ref().map_or_else(String::new, |pool| pool_name(team, pool));
    lines.candidates_more = more(receipt.candidates_more);
    lines
}

fn more(count: u32) -> String {
    if count == 0 { String::new() } else { format!("and {count} more") }
}

fn found_by(step: RouteStep, rep: &str, pool: &str) -> String {
    match step {
        RouteStep::Wanted => format!("Somebody named {rep}."),
        RouteStep::OpenOpportunity => format!("{rep} owns an open deal of the person or the company."),
        RouteStep::OpenCycle => format!("{rep} works another person of the company."),
        RouteStep::AccountOwner => format!("{rep} owns the account."),
        RouteStep::NamedAccount => "The policy names this company.".to_owned(),
        RouteStep::Rule => format!("The first route that fits gives it to {pool}."),
        RouteStep::NoRule => format!("No route fits; it stood in the queue of {pool}."),
    }
}

fn account(receipt: &RouteReceipt) -> String {
    let Some(matched) = receipt.account else { return String::new() };
    let by = match matched.by {
        MatchBy::Crm => "by the CRM's record",
        MatchBy::Domain => "by its domain",
        MatchBy::Name => "by its name",
    };
    let tie = match matched.tie {
        None => String::new(),
        Some(Tie::Customer) => format!(": of {} the customer", matched.rivals + 1),
        Some(Tie::HasOwner) => format!(": of {} the one with an owner", matched.rivals + 1),
        Some(Tie::LowestId) => format!(": of {} that nothing tells apart the first", matched.rivals + 1),
    };
    format!("Company matched {by}{tie}.")
}
