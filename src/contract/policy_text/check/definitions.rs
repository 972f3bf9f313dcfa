//! What of the definitions nobody can meet: thresholds above every sum, grades that nobody gets, facts that nothing brings. It
//! judges no lead.

use super::Warnings;
use crate::domain::policy::{EngagementGround, Grade, Policy, human_kinds_max};
use crate::domain::scoring::{FitField, FitRules};
use std::collections::BTreeSet;

pub(super) fn check(policy: &Policy, carried: &BTreeSet<&str>, warnings: &Warnings<'_>) {
    let terms = policy.terms();
    let most = terms.engagement.sum_max().min(i32::from(terms.engagement.total_max()));
    let given = grades(&terms.fit, warnings);
    for (place, ground) in terms.mql.grounds.iter().enumerate() {
        of_ground(ground, place, most, &given, warnings);
    }
    let strong = terms.durations.strong_points;
    if i64::from(strong) > i64::from(most) {
        let message = format!(
            "no sum can reach {strong} points: the rules give at most {most}, and no lead that rests comes back by itself"
        );
        warnings.warn("durations.strong_points", message);
    }
    for (place, rule) in terms.engagement.rules().iter().enumerate() {
        let Some(priority) = rule.priority else { continue };
        if !terms.mql.grounds.iter().any(|ground| priority < ground.priority) {
            let message = format!(
                "the priority of the rule `{}` never counts: every ground of MQL is as urgent already",
                rule.id
            );
            warnings.warn(&format!("engagement.rule.{place}.priority"), message);
        }
    }
    for fact in terms.sql.facts().into_iter().filter(|fact| !carried.contains(fact)) {
        let message =
            format!("no lead becomes an SQL by records: the fact `{fact}` is carried by no type in");
        warnings.warn("sql", message);
    }
    fit(&terms.fit, warnings);
}

fn of_ground(
    ground: &EngagementGround,
    place: usize,
    most: i32,
    given: &BTreeSet<Grade>,
    warnings: &Warnings<'_>,
) {
    let warn = |key: &str, message: String| warnings.warn(&format!("mql.ground.{place}.{key}"), message);
    let name = ground.ground.code();
    if i32::from(ground.points) > most {
        let message = format!(
            "no sum can reach the {} points of `{name}`: the rules give at most {most}",
            ground.points
        );
        warn("points", message);
    }
    if !ground.grades.iter().any(|grade| given.contains(grade)) {
        warn("grades", format!("the ground `{name}` can never fire: nobody gets its grades"));
    }
    let kinds = human_kinds_max();
    if ground.human_kinds > kinds {
        let message = format!("no lead has {} kinds of human signal: there are {kinds}", ground.human_kinds);
        warn("human_kinds", message);
    }
}

/// The grades that a profile can get; says of each that none can.
fn grades(fit: &FitRules, warnings: &Warnings<'_>) -> BTreeSet<Grade> {
    let most = fit.points_max();
    let bounds = [
        (Grade::A, "a_from", fit.a_from, 100),
        (Grade::B, "b_from", fit.b_from, fit.a_from),
        (Grade::C, "c_from", fit.c_from, fit.b_from),
    ];
    let thin_always = fit.unknown_fields_for_c == 0;
    let mut given = BTreeSet::from([Grade::D]);
    for (grade, key, from, next) in bounds {
        let path = format!("fit.{key}");
        let code = grade.code();
        let held_down = thin_always && grade < Grade::C;
        if from > most {
            warnings.warn(
                &path,
                format!("no sum can reach {from} for grade {code}: a profile has at most {most} points"),
            );
        } else if grade == Grade::B && from == next {
            warnings
                .warn(&path, format!("nobody gets grade B: it begins where grade A does, at {from} points"));
        } else if !held_down {
            // Of C at least those who are held down to it for what is not known of them.
            given.insert(grade);
        }
    }
    if thin_always {
        let message =
            "nobody gets a grade better than C: none of the fields need be unknown for it".to_owned();
        warnings.warn("fit.unknown_fields_for_c", message);
    }
    given
}

fn fit(fit: &FitRules, warnings: &Warnings<'_>) {
    let fields = FitField::ALL.len();
    if usize::from(fit.unknown_fields_for_c) > fields {
        let message = format!("no lead lacks {} fields: there are {fields}", fit.unknown_fields_for_c);
        warnings.warn("fit.unknown_fields_for_c", message);
    }
    let lists = [("target", &fit.target_industries), ("adjacent", &fit.adjacent_industries)];
    for (key, words) in lists {
        for (place, word) in words.iter().enumerate().filter(|(_, word)| word.to_lowercase() != **word) {
            let message = format!("`{word}` never matches: industries are compared in lower case");
            warnings.warn(&format!("fit.industry.{key}.{place}"), message);
        }
    }
}
