//! `decide`: which events follow from a command, or why none do. It never does IO and never changes a lead.

mod closer;
mod contest;
mod crm;
mod deadline;
mod deal;
mod draft;
mod former;
mod hand_raise;
mod leaver;
mod merge;
mod offer;
mod passage;
mod privacy;
mod qualify;
mod refusal;
mod reject;
mod reopen;
mod signal;
mod wide;
mod work;

pub use draft::UNROUTED;
pub use refusal::Refusal;

use super::command::{Command, Inputs, Nature};
use super::event::Event;
use super::lead::{Lead, StageKind};
use draft::Draft;

/// What follows from the command; never an empty list: nothing to do is [`Refusal::NothingChanges`].
///
/// An ask may be refused. A fact is applied, with implied steps where some were skipped; where the lifecycle does
/// not allow it, the caller keeps the refusal on the disagreement list.
///
/// # Errors
/// Why nothing follows.
pub fn decide(lead: &Lead, command: &Command, inputs: &Inputs<'_>) -> Result<Vec<Event>, Refusal> {
    let mut draft = Draft::new(lead, inputs);
    // Whoever names a merged lead means its survivor; nothing is decided here any more.
    if lead.stage.kind() == StageKind::Merged {
        return Err(Refusal::NotFound);
    }
    if is_of_an_older_cycle(lead, command, inputs) {
        return Err(Refusal::Filtered("older_cycle"));
    }
    match command {
        Command::RecordSignal { signal, report } => signal::record(&mut draft, signal, report)?,
        Command::ReportProfile { report } => signal::report_profile(&mut draft, report)?,
        Command::OptOutEmail { signal } => signal::opt_out(&mut draft, signal)?,
        Command::LinkCrmRecord { by_person, owner, report } => {
            crm::link(&mut draft, *by_person, owner.as_ref(), report)?;
        }
        Command::OfferLead(offer) => offer::offer(&mut draft, offer)?,
        Command::PassPool { to } => offer::pass_pool(&mut draft, to)?,
        Command::NoteNobodyFree(tried) => offer::nobody_free(&mut draft, tried)?,
        Command::ClaimLead => offer::claim(&mut draft)?,
        Command::AcceptLead => offer::accept(&mut draft)?,
        Command::DeclineLead => offer::decline(&mut draft)?,
        Command::ReassignLead { to } => offer::reassign(&mut draft, to)?,
        Command::RecordAttempt(attempt) => work::attempt(&mut draft, attempt)?,
        Command::TakeNote => work::note(&mut draft)?,
        Command::SettleDisagreement { version } => work::settle(&mut draft, *version)?,
        Command::RejectLead(rejection) => reject::reject(&mut draft, rejection)?,
        Command::QualifyLead { facts, next_owner } => {
            qualify::qualify(&mut draft, facts, next_owner.as_ref())?;
        }
        Command::ReportDeal(report) => deal::report(&mut draft, report)?,
        Command::PassDeadline(due) => deadline::pass(&mut draft, due)?,
        Command::SuppressLead { reason } => privacy::suppress(&mut draft, *reason)?,
        Command::EraseLead => privacy::erase(&mut draft)?,
        Command::GiveConsent { consent } => privacy::consent(&mut draft, *consent)?,
        Command::ReopenLead { consent } => reopen::reopen(&mut draft, *consent)?,
        Command::ConvertCrmRecord { owner, report } => {
            crm::convert(&mut draft, owner.as_ref(), report)?;
        }
        Command::UnlinkCrmRecord => crm::unlink(&mut draft)?,
        Command::NoteCustomer { owner } => wide::customer(&mut draft, owner.as_ref())?,
        Command::ScoreAgain => wide::score_again(&mut draft)?,
        Command::NoteHolderLeft { member } => leaver::holder_left(&mut draft, member)?,
        Command::NoteContactLeft { opportunity } => wide::contact_left(&mut draft, *opportunity)?,
        Command::CreditCampaign { campaign, origin } => wide::credit(&mut draft, campaign, *origin)?,
        Command::AbsorbLead { other } => merge::absorb(&mut draft, other)?,
        Command::MergeLead { into } => merge::merge(&mut draft, *into)?,
        Command::SplitLead { to, since } => merge::split(&mut draft, *to, *since)?,
        Command::BeginSplit { from, signals, report } => {
            merge::begin(&mut draft, *from, signals, report)?;
        }
        Command::ContestRejection { handoff } => contest::contest(&mut draft, *handoff)?,
        Command::SettleContest { handoff, ruling } => contest::settle(&mut draft, *handoff, *ruling)?,
    }
    leaver::relieve_arbiter(&mut draft)?;
    draft.finish()
}

/// A late fact about a passage that is over never moves the present one (LIFECYCLE idea 16).
fn is_of_an_older_cycle(lead: &Lead, command: &Command, inputs: &Inputs<'_>) -> bool {
    let handles = match command {
        Command::ClaimLead
        | Command::AcceptLead
        | Command::DeclineLead
        | Command::RecordAttempt(_)
        | Command::RejectLead(_)
        | Command::QualifyLead { .. }
        | Command::ConvertCrmRecord { .. }
        | Command::ReassignLead { .. } => true,
        Command::RecordSignal { .. }
        | Command::ReportProfile { .. }
        | Command::LinkCrmRecord { .. }
        | Command::OfferLead(_)
        | Command::PassPool { .. }
        | Command::NoteNobodyFree(_)
        | Command::ReportDeal(_)
        | Command::PassDeadline(_)
        | Command::OptOutEmail { .. }
        | Command::TakeNote
        | Command::SettleDisagreement { .. }
        | Command::SuppressLead { .. }
        | Command::EraseLead
        | Command::ReopenLead { .. }
        | Command::GiveConsent { .. }
        | Command::UnlinkCrmRecord
        | Command::NoteCustomer { .. }
        | Command::ScoreAgain
        | Command::NoteContactLeft { .. }
        | Command::NoteHolderLeft { .. }
        | Command::CreditCampaign { .. }
        | Command::AbsorbLead { .. }
        | Command::MergeLead { .. }
        | Command::SplitLead { .. }
        | Command::BeginSplit { .. }
        | Command::ContestRejection { .. }
        | Command::SettleContest { .. } => false,
    };
    handles
        && inputs.nature == Nature::Fact
        && lead.cycle.number > 1
        && inputs.occurred_at < lead.cycle.started_at
        && lead.stage.kind() != StageKind::Unseen
}
