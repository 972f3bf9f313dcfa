//! The engagement rules, their groups and decay: what differs. It scores nothing.

use super::notes::{How, Notes, Row, yes};
use crate::domain::scoring::{Counting, DecayBand, EngagementRule, EngagementRules};

pub(super) fn engagement(before: &EngagementRules, after: &EngagementRules, notes: &mut Notes) {
    notes.value("Most points in all", &before.total_max(), &after.total_max(), " points");
    let days = (before.negative_days_max(), after.negative_days_max());
    notes.value("Negative points end after", &days.0, &days.1, " days");
    let decay = (bands(before.decay()), bands(after.decay()));
    notes.value("Points by age", &decay.0, &decay.1, "");
    groups(before, after, notes);
    rules(before, after, notes);
}

/// `to 7 days 100 %, to 30 days 70 %`
fn bands(decay: &[DecayBand]) -> String {
    let words = decay.iter().map(|band| format!("to {} days {} %", band.days_max, band.percent));
    words.collect::<Vec<_>>().join(", ")
}

fn groups(before: &EngagementRules, after: &EngagementRules, notes: &mut Notes) {
    for group in before.groups() {
        match after.groups().iter().find(|other| other.id == group.id) {
            Some(other) => {
                notes.value(format!("{}, cap of the group", group.label), &group.cap, &other.cap, " points");
                notes.value(format!("Group `{}`, its words", group.id), &group.label, &other.label, "");
            }
            None => notes
                .note(format!("Group {}", group.label), How::Removed { said: format!("cap {}", group.cap) }),
        }
    }
    for group in after.groups() {
        if !before.groups().iter().any(|other| other.id == group.id) {
            notes.note(format!("Group {}", group.label), How::Added { says: format!("cap {}", group.cap) });
        }
    }
}

fn rules(before: &EngagementRules, after: &EngagementRules, notes: &mut Notes) {
    let by_id = |rules: &EngagementRules, id: &str| rules.rules().iter().any(|rule| rule.id == id);
    let mut added: Vec<&EngagementRule> =
        after.rules().iter().filter(|rule| !by_id(before, &rule.id)).collect();
    for rule in before.rules() {
        if let Some(other) = after.rules().iter().find(|other| other.id == rule.id) {
            notes.value(&rule.label, &rule.points, &other.points, " points");
            notes.rows(&rule.label, rule_rows(before, rule), rule_rows(after, other));
            notes.members(&format!("{}, signals", rule.label), &kinds(rule), &kinds(other));
            notes.value(format!("Rule `{}`, its words", rule.id), &rule.label, &other.label, "");
            continue;
        }
        let renamed = added.iter().position(|other| is_same(before, rule, after, other));
        match renamed.map(|place| added.remove(place)) {
            Some(other) => {
                let (before, after) = (rule.id.clone(), other.id.clone());
                notes.note(&rule.label, How::Renamed { before, after });
                notes.value(format!("Rule `{}`, its words", other.id), &rule.label, &other.label, "");
            }
            None => notes.note(&rule.label, How::Removed { said: in_words(rule) }),
        }
    }
    for rule in added {
        notes.note(&rule.label, How::Added { says: in_words(rule) });
    }
}

/// Whether both say the same apart from their names.
fn is_same(
    before: &EngagementRules,
    rule: &EngagementRule,
    after: &EngagementRules,
    other: &EngagementRule,
) -> bool {
    rule.points == other.points
        && kinds(rule) == kinds(other)
        && rule_rows(before, rule) == rule_rows(after, other)
}

fn rule_rows(rules: &EngagementRules, rule: &EngagementRule) -> Vec<Row> {
    let EngagementRule { id: _, label: _, kinds: _, points: _, cap, group, counting, hand_raise, priority } =
        rule;
    let group = group.map(|place| rules.groups()[place].id.clone());
    vec![
        ("cap in a cycle", cap.to_string(), " points"),
        ("group", group.unwrap_or_default(), ""),
        ("counted", counted(*counting), ""),
        ("asks for sales", yes(*hand_raise), ""),
        ("priority", priority.map(|it| format!("P{}", it.number())).unwrap_or_default(), ""),
    ]
}

fn counted(counting: Counting) -> String {
    match counting {
        Counting::EverySignal => "every signal".to_owned(),
        Counting::OncePerMessage => "once a message".to_owned(),
        Counting::Together { count, within_days: None } => format!("{count} together"),
        Counting::Together { count, within_days: Some(days) } => format!("{count} within {days} days"),
    }
}

fn kinds(rule: &EngagementRule) -> Vec<String> {
    let mut kinds: Vec<String> = rule.kinds.iter().map(|kind| kind.code().to_owned()).collect();
    kinds.sort_unstable();
    kinds
}

fn in_words(rule: &EngagementRule) -> String {
    format!("{} points, cap {}: {}", rule.points, rule.cap, kinds(rule).join(", "))
}
