//! Rejection codes and reasons of loss: what differs in what they demand and what follows. It rejects nothing.

use super::notes::{How, Notes, Row, yes};
use crate::domain::policy::{Consequence, Demands, DisqualifiedFor, LossRule, RejectionRule};

pub(super) fn rejections(before: &[RejectionRule], after: &[RejectionRule], notes: &mut Notes) {
    // One rule for each code, in the order of the codes.
    for (before, after) in before.iter().zip(after) {
        let name = format!("Rejected as `{}`", before.code.code());
        notes.rows(&name, rule_rows(before), rule_rows(after));
        notes.rows(&name, demand_rows(&before.demands), demand_rows(&after.demands));
    }
}

fn rule_rows(rule: &RejectionRule) -> Vec<Row> {
    let RejectionRule { code: _, demands: _, consequence, counts, contestable, task } = rule;
    vec![
        ("", then(*consequence), ""),
        ("counts in acceptance", yes(*counts), ""),
        ("may be contested", yes(*contestable), ""),
        ("task", task.map(|task| task.code().to_owned()).unwrap_or_default(), ""),
    ]
}

fn then(consequence: Consequence) -> String {
    match consequence {
        Consequence::RecycleDays(days) => format!("back after {days} days"),
        Consequence::RecycleOnGivenDate => "back on the date that was given".to_owned(),
        Consequence::RecycleUntilContractEnd { default_days } => {
            format!("back at the end of the contract, else after {default_days} days")
        }
        Consequence::Disqualify(DisqualifiedFor::NoFit) => "disqualified as no fit".to_owned(),
        Consequence::Disqualify(DisqualifiedFor::Junk) => "disqualified as junk".to_owned(),
        Consequence::FixData { business_days } => format!("marketing mends the data in {business_days} bd"),
        Consequence::NamedOwner => "to the owner".to_owned(),
        Consequence::Reroute => "to another pool or person".to_owned(),
        Consequence::MergeOrSteward { business_days } => {
            format!("united, else the steward looks in {business_days} bd")
        }
        Consequence::OptOut { recycle_days } => format!("e-mail off, back after {recycle_days} days"),
        Consequence::ReturnToFirstRep { business_days } => {
            format!("back to the first rep for {business_days} bd")
        }
        Consequence::Steward { business_days } => format!("the steward looks in {business_days} bd"),
    }
}

fn demand_rows(demands: &Demands) -> Vec<Row> {
    let Demands {
        attempts,
        days,
        channels,
        retry_on,
        sub_reason,
        competitor,
        field,
        duplicate_of,
        scope,
        proposal,
        note_chars,
    } = demands;
    vec![
        ("demands attempts", attempts.to_string(), ""),
        ("demands attempts on so many days", days.to_string(), ""),
        ("demands attempts by so many channels", channels.to_string(), ""),
        ("demands a date to try again", yes(*retry_on), ""),
        ("demands one of the sub-reasons", sub_reason.join(", "), ""),
        ("demands the competitor", yes(*competitor), ""),
        ("demands the fields", yes(*field), ""),
        ("demands the duplicate", yes(*duplicate_of), ""),
        ("demands the scope", yes(*scope), ""),
        ("demands a proposal", yes(*proposal), ""),
        ("demands a note of", note_chars.to_string(), " characters"),
    ]
}

/// The rule of reasons that no rule names.
pub(super) fn unmapped(before: &LossRule, after: &LossRule, notes: &mut Notes) {
    notes.rows("Lost for an unknown reason", loss_rows(before), loss_rows(after));
}

pub(super) fn losses(before: &[LossRule], after: &[LossRule], notes: &mut Notes) {
    for rule in before {
        let name = format!("Lost for `{}`", rule.code);
        match after.iter().find(|other| other.code == rule.code) {
            Some(other) => notes.rows(&name, loss_rows(rule), loss_rows(other)),
            None => notes.note(name, How::Removed { said: format!("back after {} days", rule.days) }),
        }
    }
    for rule in after {
        if !before.iter().any(|other| other.code == rule.code) {
            let says = format!("back after {} days", rule.days);
            notes.note(format!("Lost for `{}`", rule.code), How::Added { says });
        }
    }
}

fn loss_rows(rule: &LossRule) -> Vec<Row> {
    let LossRule { code: _, days, unmapped: _, note } = rule;
    vec![("back after", days.to_string(), " days"), ("with a voice-of-sales note", yes(*note), "")]
}
