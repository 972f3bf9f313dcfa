//! What makes a lead MQL or SQL, and the fit table: what differs. It judges no lead.

use super::notes::{How, Notes, Row};
use crate::domain::policy::{EngagementGround, Grade, MqlDefinition, SqlDefinition};
use crate::domain::scoring::{FitRules, SizeBand};

pub(super) fn mql(before: &MqlDefinition, after: &MqlDefinition, notes: &mut Notes) {
    notes.rows("", mql_rows(before), mql_rows(after));
    for (place, ground) in before.grounds.iter().enumerate() {
        match nth(&after.grounds, ground, occurrence(&before.grounds, place)) {
            Some(other) => {
                // The threshold bears its grades, which may be what changed.
                let name = format!("MQL threshold, {}", grades_in_words(&ground.grades));
                notes.value(name, &ground.points, &other.points, " points");
                notes.rows(&format!("MQL by {}", name_of(ground)), ground_rows(ground), ground_rows(other));
            }
            None => {
                notes.note(format!("MQL by {}", name_of(ground)), How::Removed { said: in_words(ground) });
            }
        }
    }
    for (place, ground) in after.grounds.iter().enumerate() {
        if nth(&before.grounds, ground, occurrence(&after.grounds, place)).is_none() {
            notes.note(format!("MQL by {}", name_of(ground)), How::Added { says: in_words(ground) });
        }
    }
}

fn mql_rows(definition: &MqlDefinition) -> Vec<Row> {
    let MqlDefinition { bot_score_min, hand_raise_grades, hand_raise_priority, low_priority, grounds: _ } =
        definition;
    vec![
        ("Bot score from which a form is a robot's", bot_score_min.to_string(), ""),
        ("Grades whose hand-raise goes to sales first", grades(hand_raise_grades), ""),
        ("Priority of their hand-raise", format!("P{}", hand_raise_priority.number()), ""),
        ("Priority of other and late hand-raises", format!("P{}", low_priority.number()), ""),
    ]
}

/// How many grounds of the same name stand before this one.
fn occurrence(grounds: &[EngagementGround], place: usize) -> usize {
    let ground = grounds[place].ground;
    grounds.iter().take(place).filter(|other| other.ground == ground).count()
}

fn nth<'a>(
    grounds: &'a [EngagementGround],
    like: &EngagementGround,
    number: usize,
) -> Option<&'a EngagementGround> {
    grounds.iter().filter(|other| other.ground == like.ground).nth(number)
}

fn ground_rows(ground: &EngagementGround) -> Vec<Row> {
    let EngagementGround { ground: _, grades: of, points: _, human_kinds, human_within_days, priority } =
        ground;
    vec![
        ("grades", grades(of), ""),
        ("kinds of human signal", human_kinds.to_string(), ""),
        ("one of them within", human_within_days.map(|days| days.to_string()).unwrap_or_default(), " days"),
        ("priority", format!("P{}", priority.number()), ""),
    ]
}

fn name_of(ground: &EngagementGround) -> String {
    ground.ground.code().replace('_', " ")
}

fn in_words(ground: &EngagementGround) -> String {
    format!("{}, {} points, P{}", grades_in_words(&ground.grades), ground.points, ground.priority.number())
}

/// `A, B`
fn grades(grades: &[Grade]) -> String {
    grades.iter().map(|grade| grade.code()).collect::<Vec<_>>().join(", ")
}

/// `grades A and B`
fn grades_in_words(grades: &[Grade]) -> String {
    let codes: Vec<&str> = grades.iter().map(|grade| grade.code()).collect();
    match codes.as_slice() {
        [] => "no grade".to_owned(),
        [one] => format!("grade {one}"),
        [rest @ .., last] => format!("grades {} and {last}", rest.join(", ")),
    }
}

pub(super) fn sql(before: &SqlDefinition, after: &SqlDefinition, notes: &mut Notes) {
    let rows = |definition: &SqlDefinition| -> Vec<Row> {
        let SqlDefinition { good_facts_min, timeline_months_max, next_step_days_max } = definition;
        vec![
            ("SQL, good ones of authority, budget and timeline", good_facts_min.to_string(), ""),
            ("SQL, longest timeline", timeline_months_max.to_string(), " months"),
            ("SQL, next step within", next_step_days_max.to_string(), " days"),
        ]
    };
    notes.rows("", rows(before), rows(after));
}

pub(super) fn fit(before: &FitRules, after: &FitRules, notes: &mut Notes) {
    notes.rows("", fit_rows(before), fit_rows(after));
    notes.members("Target industries", &before.target_industries, &after.target_industries);
    notes.members("Adjacent industries", &before.adjacent_industries, &after.adjacent_industries);
    notes.members("Countries of tier 1", &before.tier_one_countries, &after.tier_one_countries);
    notes.members("Countries not served", &before.unserved_countries, &after.unserved_countries);
}

fn fit_rows(fit: &FitRules) -> Vec<Row> {
    let FitRules {
        sizes,
        // Lists, whose members are compared.
        target_industries: _,
        adjacent_industries: _,
        target_industry_points,
        adjacent_industry_points,
        tier_one_countries: _,
        unserved_countries: _,
        tier_one_points,
        tier_two_points,
        chief_points,
        vice_president_points,
        director_points,
        manager_points,
        individual_points,
        buying_points,
        adjacent_points,
        unknown_percent,
        unknown_fields_for_c,
        a_from,
        b_from,
        c_from,
    } = fit;
    vec![
        ("Grade A from", a_from.to_string(), " points of fit"),
        ("Grade B from", b_from.to_string(), " points of fit"),
        ("Grade C from", c_from.to_string(), " points of fit"),
        ("An unknown field gives of its most", unknown_percent.to_string(), " percent"),
        ("At most grade C from", unknown_fields_for_c.to_string(), " unknown fields"),
        ("Employees", size_bands(sizes), ""),
        ("Target industry", target_industry_points.to_string(), " points"),
        ("Adjacent industry", adjacent_industry_points.to_string(), " points"),
        ("Country of tier 1", tier_one_points.to_string(), " points"),
        ("Country of tier 2", tier_two_points.to_string(), " points"),
        ("Chief", chief_points.to_string(), " points"),
        ("Vice president", vice_president_points.to_string(), " points"),
        ("Director", director_points.to_string(), " points"),
        ("Manager", manager_points.to_string(), " points"),
        ("Individual", individual_points.to_string(), " points"),
        ("Buying function", buying_points.to_string(), " points"),
        ("Adjacent function", adjacent_points.to_string(), " points"),
    ]
}

/// `from 0: 0, from 10: 8`
fn size_bands(bands: &[SizeBand]) -> String {
    let words = bands.iter().map(|band| format!("from {}: {}", band.employees_from, band.points));
    words.collect::<Vec<_>>().join(", ")
}
