//! "Why this score": rule by rule, and it sums. It never changes a score.

use super::Countdown;
use crate::domain::lead::Lead;
use crate::domain::policy::Policy;
use crate::domain::profile::Profile;
use crate::domain::scoring::{FitField, Receipt, ReceiptPart, Standing};
use crate::domain::signal::{SignalId, SignalKind};
use crate::domain::time::Moment;
use crate::web::words::{
    ago, fit_words, function_words, grade_words, missing_words, moment_words, seniority_words, signal_words,
};
use std::collections::BTreeMap;

/// What the lead is when it is scored as of a moment.
#[must_use]
pub fn standing(lead: &Lead, as_of: Moment) -> Standing<'_> {
    Standing {
        profile: &lead.profile,
        signals: &lead.signals,
        cycle_started_at: lead.cycle.started_at,
        as_of,
        guards: lead.guards,
        customer: lead.customer,
        other_open_handoff: false,
    }
}

/// One line of the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreLine {
    pub id: String,
    pub label: String,
    pub points: i32,
    /// Points with their sign.
    pub signed: String,
    pub note: String,
    /// The signals behind it: what and when.
    pub signals: Vec<(String, String)>,
    pub minus: bool,
}

/// One field of fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitRow {
    pub label: &'static str,
    pub value: String,
    pub points: u8,
    pub maximum: u8,
    pub percent: i64,
    pub known: bool,
}

/// Why a lead has its score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptView {
    pub points: u16,
    pub grade: &'static str,
    pub grade_words: &'static str,
    pub fit: u8,
    pub lines: Vec<ScoreLine>,
    pub fit_rows: Vec<FitRow>,
    pub notes: Vec<&'static str>,
    /// What is missing to the next threshold; empty when it qualifies.
    pub missing: Vec<String>,
    pub automated: u32,
    /// What the running cycle was handed over with, which stays whatever the score does.
    pub frozen: String,
    pub as_of: String,
    pub policy: String,
}

/// The receipt of a lead as of a moment.
#[must_use]
pub fn receipt_view(lead: &Lead, policy: &Policy, now: Moment) -> ReceiptView {
    let receipt = policy.receipt(&standing(lead, now));
    let signals: BTreeMap<SignalId, (SignalKind, Moment)> =
        lead.signals.signals().iter().map(|signal| (signal.id, (signal.kind, signal.at))).collect();
    ReceiptView {
        points: receipt.score.points,
        grade: receipt.score.grade.code(),
        grade_words: grade_words(receipt.score.grade),
        fit: receipt.score.fit,
        lines: score_lines(&receipt, &signals, now),
        fit_rows: fit_rows(&receipt, &lead.profile),
        notes: notes(&receipt),
        missing: receipt.missing.iter().copied().map(missing_words).collect(),
        automated: receipt.automated,
        frozen: frozen(lead),
        as_of: moment_words(now),
        policy: short_hash(&policy.hash),
    }
}

fn score_lines(
    receipt: &Receipt,
    signals: &BTreeMap<SignalId, (SignalKind, Moment)>,
    now: Moment,
) -> Vec<ScoreLine> {
    receipt
        .lines
        .iter()
        .map(|line| ScoreLine {
            id: line.id.clone(),
            label: match line.part {
                ReceiptPart::Rule | ReceiptPart::Total => line.label.clone(),
                ReceiptPart::GroupCap => format!("Cap: {}", line.label),
            },
            points: line.points,
            signed: signed(line.points),
            note: line.note.clone().unwrap_or_default(),
            signals: line
                .signals
                .iter()
                .filter_map(|id| signals.get(id))
                .map(|(kind, at)| (signal_words(*kind).to_owned(), ago(now, *at)))
                .collect(),
            minus: line.points < 0,
        })
        .collect()
}

fn fit_rows(receipt: &Receipt, profile: &Profile) -> Vec<FitRow> {
    receipt
        .fit
        .iter()
        .map(|line| FitRow {
            label: fit_words(line.field),
            value: fit_value(line.field, profile).unwrap_or_else(|| "not known".to_owned()),
            points: line.points,
            maximum: line.maximum,
            percent: super::percent(i64::from(line.points), i64::from(line.maximum)),
            known: line.known,
        })
        .collect()
}

fn fit_value(field: FitField, profile: &Profile) -> Option<String> {
    match field {
        FitField::Employees => {
            Profile::value(profile.employees.as_ref()).map(|count| format!("{count} employees"))
        }
        FitField::Industry => Profile::value(profile.industry.as_ref()).cloned(),
        FitField::Country => Profile::value(profile.country.as_ref()).cloned(),
        FitField::Seniority => {
            Profile::value(profile.seniority.as_ref()).map(|it| seniority_words(*it).to_owned())
        }
        FitField::Function => {
            Profile::value(profile.function.as_ref()).map(|it| function_words(*it).to_owned())
        }
    }
}

fn notes(receipt: &Receipt) -> Vec<&'static str> {
    [
        receipt
            .thin
            .then_some("Held at C at most: too little is known, or a free mail address without a company."),
        receipt
            .excluded
            .then_some("Grade D whatever the points: a student, or a country that is not served."),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn frozen(lead: &Lead) -> String {
    lead.cycle.terms.as_ref().map_or_else(String::new, |terms| {
        format!(
            "Handed over with grade {} and {} points, which stand for passage {}.",
            terms.grade.code(),
            terms.points,
            lead.cycle.number
        )
    })
}

/// Points with their sign, minus as a real minus.
#[must_use]
pub fn signed(points: i32) -> String {
    if points < 0 { format!("\u{2212}{}", points.unsigned_abs()) } else { format!("+{points}") }
}

/// The first bytes of a hash, as people compare them.
#[must_use]
pub fn short_hash(hash: &[u8]) -> String {
    hash.iter().take(5).fold(String::with_capacity(10), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing into a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A deadline of nobody in particular, for lists.
#[must_use]
pub fn due(now: Moment, deadline: Option<i64>) -> Option<Countdown> {
    deadline.map(|at| crate::web::words::countdown(now, Moment(at)))
}
