//! What of the engagement rules can never happen: rules that give nothing, caps and totals that no sum reaches, groups that
//! overlap. It never scores.

use super::Warnings;
use crate::domain::scoring::{EngagementRule, EngagementRules};
use crate::domain::signal::SignalKind;
use std::collections::BTreeMap;

pub(super) fn check(rules: &EngagementRules, warnings: &Warnings<'_>) {
    if rules.decay().iter().all(|band| band.percent == 0) {
        let message = "decay leaves nothing at any age: no rule ever gives points".to_owned();
        warnings.warn("engagement.decay", message);
    } else {
        for (place, rule) in rules.rules().iter().enumerate() {
            of_rule(rules, rule, place, warnings);
        }
        groups(rules, warnings);
        total(rules, warnings);
    }
    overlaps(rules, warnings);
}

fn of_rule(rules: &EngagementRules, rule: &EngagementRule, place: usize, warnings: &Warnings<'_>) {
    let warn = |key: &str, message: String| warnings.warn(&format!("engagement.rule.{place}.{key}"), message);
    let id = &rule.id;
    if rule.kinds.is_empty() {
        warn("signals", format!("the rule `{id}` can never fire: it names no signal"));
        return;
    }
    if rule.points == 0 && !rule.hand_raise {
        warn("points", format!("the rule `{id}` gives nothing: its points are 0"));
        return;
    }
    if rule.points == 0 && rule.priority.is_some() {
        let message =
            format!("the priority of the rule `{id}` never counts: it lifts where the rule gives points");
        warn("priority", message);
    }
    if rule.points <= 0 {
        return;
    }
    let (award, most) = (rules.award_max(rule), rules.uncapped_max(rule));
    if award == 0 {
        warn(
            "points",
            format!("the rule `{id}` gives nothing: decay leaves none of its {} points", rule.points),
        );
    } else if rule.cap < award {
        let message = format!("the rule `{id}` never gives its {award} points: it is capped at {}", rule.cap);
        warn("cap", message);
    } else if most < rule.cap {
        let message = format!(
            "no sum can reach the cap {} of the rule `{id}`: its signals give at most {most}",
            rule.cap
        );
        warn("cap", message);
    }
}

fn groups(rules: &EngagementRules, warnings: &Warnings<'_>) {
    for (place, group) in rules.groups().iter().enumerate() {
        let id = &group.id;
        let most = rules.group_max(place);
        if !rules.rules().iter().any(|rule| rule.group == Some(place)) {
            warnings.warn(
                &format!("engagement.group.{place}"),
                format!("the group `{id}` is never used: no rule is in it"),
            );
        } else if most < group.cap {
            let message = format!(
                "no sum can reach the cap {} of the group `{id}`: its rules give at most {most}",
                group.cap
            );
            warnings.warn(&format!("engagement.group.{place}.cap"), message);
        }
    }
}

fn total(rules: &EngagementRules, warnings: &Warnings<'_>) {
    let (most, total) = (rules.sum_max(), i32::from(rules.total_max()));
    if most < total {
        let message = format!("no sum can reach the total of {total}: all rules give at most {most}");
        warnings.warn("engagement.total_max", message);
    }
}

/// Groups that count the same signal: neither cap holds it down.
fn overlaps(rules: &EngagementRules, warnings: &Warnings<'_>) {
    // The first rule of each group that counts a kind.
    let mut counted: BTreeMap<SignalKind, Vec<usize>> = BTreeMap::new();
    for (place, rule) in rules.rules().iter().enumerate() {
        let Some(group) = rule.group else { continue };
        for kind in &rule.kinds {
            let before = counted.entry(*kind).or_default();
            let other = before.iter().find(|other| rules.rules()[**other].group != Some(group));
            if let Some(other) = other.map(|other| &rules.rules()[*other]) {
                let name = |group: Option<usize>| group.map_or("", |group| rules.groups()[group].id.as_str());
                let message = format!(
                    "the groups `{}` and `{}` overlap: `{}` counts in the rule `{}` of the one and in `{}` of the other",
                    name(other.group),
                    name(rule.group),
                    kind.code(),
                    other.id,
                    rule.id
                );
                warnings.warn(&format!("engagement.rule.{place}.group"), message);
                break;
            }
            before.push(place);
        }
    }
}
