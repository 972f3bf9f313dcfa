//! Receipts: the explanation of a score, rule by rule and signal by signal. It never changes a score.

use super::engagement::EngagementRules;
use super::fit::FitField;
use super::{Score, Standing};
use crate::domain::policy::{Policy, Priority};
use crate::domain::signal::SignalId;
use std::collections::BTreeMap;

/// Which part of the calculation a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptPart {
    /// One rule, after its own cap.
    Rule,
    /// What a group's cap takes off: a negative number.
    GroupCap,
    /// What holding the total in its bounds takes off or adds.
    Total,
}

/// One line; the points of all lines sum to the score's points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptLine {
    pub part: ReceiptPart,
    /// Rule id, group id, or `total`.
    pub id: String,
    pub label: String,
    pub points: i32,
    /// Before the cap of this line.
    pub before_cap: i32,
    /// The signals that gave the points, newest first; those that a cap left out are not among them.
    pub signals: Vec<SignalId>,
    /// Why the points are not the sum of the signals, where they are not.
    pub note: Option<String>,
}

/// One field of fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FitLine {
    pub field: FitField,
    pub points: u8,
    pub maximum: u8,
    /// An unknown field gives a share of its maximum.
    pub known: bool,
}

/// What a lead lacks for the next threshold of the MQL definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Points {
        have: u16,
        need: u16,
    },
    HumanKinds {
        have: u32,
        need: u32,
    },
    RecentHuman {
        within_days: u32,
    },
    /// With this grade only a hand-raise qualifies.
    HandRaise {
        priority: Priority,
    },
}

/// Why a lead has its score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub score: Score,
    pub lines: Vec<ReceiptLine>,
    pub fit: Vec<FitLine>,
    /// The grade was held down: unknown fields, or free mail without company.
    pub thin: bool,
    /// The country is unserved, or the person a student.
    pub excluded: bool,
    /// Empty when the lead qualifies on engagement.
    pub missing: Vec<Missing>,
    /// Signals made by machines: counted, never scored.
    pub automated: u32,
}

/// Explains the score as of the standing's moment.
pub(in crate::domain) fn receipt(policy: &Policy, standing: &Standing<'_>) -> Receipt {
    let terms = policy.terms();
    let reading = terms.fit.read(standing.profile);
    let mut lines = rule_lines(&terms.engagement, standing);
    let cuts = group_lines(&terms.engagement, &lines);
    let groups: Vec<ReceiptLine> = cuts;
    let mut all: Vec<ReceiptLine> = lines.drain(..).map(|(_, line)| line).collect();
    all.extend(groups);
    let sum: i32 = all.iter().map(|line| line.points).sum();
    let points = terms.engagement.within_total(sum);
    if i32::from(points) != sum {
        all.push(ReceiptLine {
            part: ReceiptPart::Total,
            id: "total".to_owned(),
            label: format!("Total held between 0 and {}", terms.engagement.total_max()),
            points: i32::from(points) - sum,
            before_cap: sum,
            signals: Vec::new(),
            note: None,
        });
    }
    let score = Score { points, fit: reading.points, grade: reading.grade };
    Receipt {
        score,
        lines: all,
        fit: FitField::ALL
            .iter()
            .zip(reading.fields)
            .map(|(field, (points, known))| FitLine {
                field: *field,
                points,
                maximum: terms.fit.maximum(*field),
                known,
            })
            .collect(),
        thin: reading.thin,
        excluded: reading.excluded,
        missing: terms.mql.missing(standing, score),
        automated: standing.signals.automated(),
    }
}

/// One line for each rule with an award, with the rule's place.
fn rule_lines(rules: &EngagementRules, standing: &Standing<'_>) -> Vec<(usize, ReceiptLine)> {
    let mut lines: BTreeMap<usize, (ReceiptLine, u32, i32)> = BTreeMap::new();
    rules.walk(standing, |award| {
        let rule = &rules.rules()[award.rule];
        let (line, left_out, undecayed) = lines.entry(award.rule).or_insert_with(|| {
            let line = ReceiptLine {
                part: ReceiptPart::Rule,
                id: rule.id.clone(),
                label: rule.label.clone(),
                points: 0,
                before_cap: 0,
                signals: Vec::new(),
                note: None,
            };
            (line, 0, 0)
        });
        line.before_cap += award.points;
        *undecayed += rule.points;
        let points = rules.within_cap(award.rule, line.points + award.points);
        if points == line.points {
            *left_out += 1;
        } else {
            line.points = points;
            line.signals.extend(award.signals.iter().map(|it| it.id));
        }
    });
    lines
        .into_iter()
        .map(|(place, (mut line, left_out, undecayed))| {
            let rule = &rules.rules()[place];
            let mut notes = Vec::new();
            if line.before_cap != undecayed {
                notes.push(format!("{undecayed} when new, {} by age", line.before_cap));
            }
            if line.before_cap != line.points {
                notes.push(format!("held at the rule's cap of {}", rule.cap));
            }
            if left_out > 0 {
                notes.push(format!("{left_out} older left out"));
            }
            line.note = (!notes.is_empty()).then(|| notes.join("; "));
            (place, line)
        })
        .collect()
}

/// One line for each group whose cap takes something off.
fn group_lines(rules: &EngagementRules, lines: &[(usize, ReceiptLine)]) -> Vec<ReceiptLine> {
    let mut cuts = Vec::new();
    for (place, group) in rules.groups().iter().enumerate() {
        let sum: i32 = lines
            .iter()
            .filter(|(rule, _)| rules.rules()[*rule].group == Some(place))
            .map(|(_, line)| line.points)
            .sum();
        if sum > group.cap {
            cuts.push(ReceiptLine {
                part: ReceiptPart::GroupCap,
                id: group.id.clone(),
                label: format!("{} held at {}", group.label, group.cap),
                points: group.cap - sum,
                before_cap: sum,
                signals: Vec::new(),
                note: None,
            });
        }
    }
    cuts
}
