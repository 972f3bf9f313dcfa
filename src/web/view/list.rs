//! The list of leads. It reads nothing itself.

use super::{Countdown, grade_of, person_name};
use crate::domain::ids::LeadId;
use crate::domain::lead::StageKind;
use crate::domain::team::{MemberId, Team};
use crate::domain::time::Moment;
use crate::store::read::lead_list::LeadLine;
use crate::web::words::{ago, countdown, grade_words, member_name, stage_words};
use uuid::Uuid;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListLine {
    pub href: String,
    pub name: String,
    pub company: String,
    pub job_title: String,
    pub grade: &'static str,
    pub grade_words: &'static str,
    pub points: i32,
    pub stage: &'static str,
    pub priority: String,
    pub holder: String,
    pub changed: String,
    pub due: Option<Countdown>,
}

/// The lines of one page.
#[must_use]
pub fn lines(rows: &[LeadLine], team: &Team, now: Moment) -> Vec<ListLine> {
    rows.iter()
        .map(|row| {
            let grade = grade_of(&row.grade);
            ListLine {
                href: format!("/leads/{}", row.id),
                name: person_name(
                    row.first_name.as_deref(),
                    row.last_name.as_deref(),
                    row.company.as_deref(),
                ),
                company: row.company.clone().unwrap_or_default(),
                job_title: row.job_title.clone().unwrap_or_default(),
                grade: grade.code(),
                grade_words: grade_words(grade),
                points: row.points,
                stage: stage_of(row.stage).map_or("Unknown", |kind| stage_words(kind).0),
                priority: row.priority.map_or_else(String::new, |number| format!("P{number}")),
                holder: row.holder_id.as_ref().map_or_else(
                    || "nobody, closed".to_owned(),
                    |id| member_name(team, &MemberId(id.clone())),
                ),
                changed: ago(now, Moment(row.decided_at)),
                due: row.deadline.map(|at| countdown(now, Moment(at))),
            }
        })
        .collect()
}

/// The stage that a row's number names.
#[must_use]
pub fn stage_of(number: i16) -> Option<StageKind> {
    StageKind::ALL.iter().copied().find(|kind| kind.number() == number)
}

/// Where the next page begins: the last row of this one.
#[must_use]
pub fn cursor(row: &LeadLine) -> String {
    format!("{}_{}", row.decided_at, row.id.simple())
}

/// Reads what [`cursor`] wrote; `None` for any other text.
#[must_use]
pub fn parse_cursor(text: &str) -> Option<(Moment, LeadId)> {
    let (at, id) = text.split_once('_')?;
    Some((Moment(at.parse().ok()?), LeadId(Uuid::try_parse(id).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stored_number_names_its_stage_and_no_other_does() {
        for kind in StageKind::ALL {
            assert_eq!(stage_of(kind.number()), Some(*kind));
        }
        assert_eq!(stage_of(99), None);
    }

    #[test]
    fn a_cursor_that_nobody_wrote_is_no_cursor() {
        let id = Uuid::from_u128(7);
        assert_eq!(parse_cursor(&format!("12_{}", id.simple())), Some((Moment(12), LeadId(id))));
        assert_eq!(parse_cursor("12"), None);
        assert_eq!(parse_cursor("x_00000000000000000000000000000007"), None);
        assert_eq!(parse_cursor("12_7"), None);
    }
}
