//! "Why this rep": the rule that fired, those that did not, who else was looked at, and what runs since. It routes nobody.

use crate::domain::custody::{ClockKind, Custody};
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::routing::{Candidate, MatchBy, RouteReceipt, RouteStep, Tie};
use crate::domain::team::{MemberId, PoolId, Team};
use crate::web::words::{member_name, moment_words, pool_name, why_not_words};

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

/// Why this rep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteView {
    pub sentence: String,
    /// Name, why not, and whether this one was chosen.
    pub candidates: Vec<(String, &'static str, bool)>,
    /// What the receipt says beside them.
    pub lines: RouteLines,
}

/// What an offer says of itself, to the first rep or to a closer.
pub struct Offered<'e> {
    pub rep: &'e MemberId,
    pub pool: &'e PoolId,
    pub rule: &'e str,
    pub candidates: &'e [Candidate],
    /// Of the passage; closers' offers are not numbered.
    pub offer_no: Option<u32>,
    pub custody: &'e Custody,
    /// `None` for offers of before receipts were kept.
    pub receipt: Option<&'e RouteReceipt>,
}

impl<'e> Offered<'e> {
    /// Reads an event; `None` for one that offers nothing.
    #[must_use]
    pub fn of(event: &'e Event) -> Option<Self> {
        if let Event::LeadOffered { rep, pool, rule, candidates, offer_no, custody, receipt } = event {
            let (offer_no, receipt) = (Some(*offer_no), receipt.as_deref());
            return Some(Self { rep, pool, rule, candidates, offer_no, custody, receipt });
        }
        let Event::CloserOffered { rep, pool, rule, candidates, custody, receipt } = event else {
            return None;
        };
        Some(Self { rep, pool, rule, candidates, offer_no: None, custody, receipt: receipt.as_deref() })
    }
}

/// Why this rep, from the latest offer; `None` before the first.
#[must_use]
pub fn route_of(lead: &Lead, offer: Option<&Event>, team: &Team) -> Option<RouteView> {
    let offered = Offered::of(offer?)?;
    let mut view = route_view(offer?, team)?;
    if lead.holder().is_none_or(|holder| holder.member() != offered.rep) {
        view.sentence.push_str(" It has moved on since.");
    }
    Some(view)
}

/// The receipt of an offer, or of a search in vain; `None` for other events.
#[must_use]
pub fn route_view(event: &Event, team: &Team) -> Option<RouteView> {
    if let Event::NobodyFree(tried) = event {
        let candidates_more = more(tried.more);
        return Some(RouteView {
            sentence: format!(
                "Nobody could take it; it waits in the queue of {}.",
                pool_name(team, &tried.pool)
            ),
            candidates: candidate_lines(&tried.candidates, team),
            lines: RouteLines { candidates_more, ..RouteLines::default() },
        });
    }
    let offer = Offered::of(event)?;
    let name = member_name(team, offer.rep);
    let number = offer
        .offer_no
        .map_or_else(|| " As the closer.".to_owned(), |number| format!(" Offer {number} of this passage."));
    let sentence = if offer.receipt.is_none_or(|it| it.by_turn) {
        let pool = pool_name(team, offer.pool);
        format!("Route \u{201c}{}\u{201d} gave it to {pool}, whose turn chose {name}.{number}", offer.rule)
    } else {
        format!("It went straight to {name}.{number}")
    };
    let candidates = candidate_lines(offer.candidates, team);
    Some(RouteView { sentence, candidates, lines: route_lines(&offer, team) })
}

fn candidate_lines(candidates: &[Candidate], team: &Team) -> Vec<(String, &'static str, bool)> {
    let line = |it: &Candidate| (member_name(team, &it.rep), why_not_words(it.why_not), it.why_not.is_none());
    candidates.iter().map(line).collect()
}

/// The lines of an offer; empty ones for offers of before receipts were kept.
fn route_lines(offer: &Offered<'_>, team: &Team) -> RouteLines {
    let due = |label, kind| offer.custody.clock(kind).map(|clock| (label, moment_words(clock.due_by)));
    let sla = [due("Answer due", ClockKind::AcceptBy), due("First contact due", ClockKind::ContactBy)];
    let mut lines = RouteLines { sla: sla.into_iter().flatten().collect(), ..RouteLines::default() };
    let Some(receipt) = offer.receipt else { return lines };
    lines.found_by = found_by(receipt.step, &member_name(team, offer.rep), &pool_name(team, offer.pool));
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
        RouteStep::Closer => format!("Qualified, and {pool} closes."),
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
