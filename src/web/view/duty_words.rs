//! Words and addresses of the figures that both sides owe. It counts nothing.

use super::escaped;
use crate::domain::team::{MemberId, PoolId, Team};
use crate::scoreboard::figure::UNKNOWN;
use crate::scoreboard::{Contested, Counted, Duty, Group, Week};
use crate::web::words::{member_name, plain, pool_name};

/// A duty's name on the page, and at the head of a column.
#[must_use]
pub fn duty_words(duty: Duty) -> (&'static str, &'static str) {
    match duty {
        Duty::Accept => ("Accepts offers in time", "Accept"),
        Duty::Contact => ("Calls in time", "Call"),
        Duty::Disposition => ("Decides in time", "Decide"),
        Duty::Reasoned => ("Decides in time and says why", "Decide, why"),
        Duty::Reason => ("Gives a reason with each return", "Reason"),
        Duty::Acceptance => ("Sends leads that are accepted", "Accepted"),
        Duty::Completeness => ("Sends all required fields", "Complete"),
        Duty::DataFix => ("Mends data in time", "Data fix"),
        Duty::Patterns => ("Answers patterns in time", "Patterns"),
    }
}

/// A contest's step on the page.
#[must_use]
pub fn contest_words(step: Contested) -> &'static str {
    match step {
        Contested::Raised => "Contested",
        Contested::Upheld => "Upheld",
        Contested::Overturned => "Overturned",
        Contested::Lapsed => "Lapsed",
        Contested::Moot => "Moot",
    }
}

/// What a number counts, in words and by its definition.
#[must_use]
pub fn counted_words(counted: Counted) -> (String, &'static str) {
    match counted {
        Counted::Met(duty) => (format!("{}: met", duty_words(duty).0), duty.definition()),
        Counted::Missed(duty) => (format!("{}: missed", duty_words(duty).0), duty.definition()),
        Counted::Contest(step) => (format!("Contests: {}", step.code()), step.definition()),
        Counted::Other => (
            "Returned as \u{201c}other\u{201d}".to_owned(),
            "rejections with the reason other, in the month so far",
        ),
        Counted::Misroute => {
            ("Went the wrong way".to_owned(), "leads that the team sent back to be routed anew, in the week")
        }
    }
}

/// A group's name on the page.
#[must_use]
pub fn group_name(group: Group<'_>, team: &Team) -> String {
    match group {
        Group::All => "everything".to_owned(),
        Group::Pool(UNKNOWN) => "No team".to_owned(),
        Group::Pool(pool) => pool_name(team, &PoolId(pool.to_owned())),
        Group::Source(UNKNOWN) => "No campaign".to_owned(),
        Group::Source(source) => plain(source),
        Group::Person(person) => member_name(team, &MemberId(person.to_owned())),
    }
}

/// The address of the leads behind a number.
#[must_use]
pub fn address(week: Week, counted: Counted, group: Group<'_>) -> String {
    let (figure, outcome) = counted.words();
    let of = match group {
        Group::All => String::new(),
        Group::Pool(pool) => format!("&pool={}", escaped(pool)),
        Group::Source(source) => format!("&source={}", escaped(source)),
        Group::Person(person) => format!("&person={}", escaped(person)),
    };
    format!("/duties/leads?week={week}&figure={figure}&outcome={outcome}{of}")
}
