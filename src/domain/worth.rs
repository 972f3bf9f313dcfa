//! What waiting costs: the money of a lead that is at risk, per minute, so that lists can put first what loses most.
//! Whole numbers only; it never decides who gets a lead.

use super::policy::{Grade, Priority, Targets};
use super::time::{MINUTE, Moment};

/// Hundredths in one unit of money.
const CENTS: u64 = 100;
/// Where the policy names no revenue or no accepted leads: 2,000.00, what the default policy's targets give.
const FALLBACK_CENTS: u64 = 2_000 * CENTS;
/// Times that the value of a late lead is halved at most: after twenty it is nothing.
const HALVINGS_MAX: i64 = 20;

/// Percent of an average accepted lead that a grade is worth: each grade about half of the one above it, as the fit
/// points of the default policy fall.
fn grade_percent(grade: Grade) -> u64 {
    match grade {
        Grade::A => 180,
        Grade::B => 100,
        Grade::C => 50,
        Grade::D => 20,
    }
}

/// Percent for how it came: a person who asks for sales buys more often than one who reads.
fn priority_percent(priority: Priority) -> u64 {
    match priority {
        Priority::P1 => 200,
        Priority::P2 => 130,
        Priority::P3 => 100,
        Priority::P4 => 60,
    }
}

/// What a lead is expected to bring, in hundredths of the reporting currency: the revenue that both teams aim at for each
/// accepted lead, by grade and priority.
#[must_use]
pub fn expected_cents(targets: &Targets, grade: Grade, priority: Priority) -> u64 {
    let average = match targets
        .revenue
        .checked_mul(CENTS)
        .and_then(|cents| cents.checked_div(u64::from(targets.sal)))
    {
        Some(cents) if cents > 0 => cents,
        Some(_) | None => FALLBACK_CENTS,
    };
    average.saturating_mul(grade_percent(grade)) / 100 * priority_percent(priority) / 100
}

/// Hundredths a minute that are at risk now, of a value whose duty runs from `started_at` to `due_by`.
///
/// Before the deadline the whole value is spread over the minutes that are left, so it grows as they run out. After it the
/// value halves with each length of the duty that goes by, and all of what is left is at risk each minute: what has just
/// become late stands first, what was forgotten long ago sinks.
#[must_use]
pub fn at_risk_cents_a_minute(value_cents: u64, started_at: Moment, due_by: Moment, now: Moment) -> u64 {
    let left = due_by.since(now);
    if left > 0 {
        let minutes = u64::try_from(left / MINUTE).unwrap_or(0).max(1);
        return value_cents / minutes;
    }
    let allowed = due_by.since(started_at).max(MINUTE);
    let halvings = (left.saturating_neg() / allowed).min(HALVINGS_MAX);
    value_cents >> halvings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    fn targets(sal: u32, revenue: u64) -> Targets {
        Targets {
            sal,
            sql: 60,
            pipeline: 1_500_000,
            revenue,
            acquisition_cost: 8_000,
            p1_in_time_percent: 90,
            reporting_currency: "USD".to_owned(),
            review_business_day: 4,
        }
    }

    #[test]
    fn a_better_grade_and_a_higher_priority_are_worth_more() {
        let targets = targets(200, 400_000);
        let worth = |grade, priority| expected_cents(&targets, grade, priority);
        assert_eq!(worth(Grade::B, Priority::P3), 200_000, "an average lead brings 2,000.00");
        for pair in Grade::ALL.windows(2) {
            assert!(worth(pair[0], Priority::P2) > worth(pair[1], Priority::P2));
        }
        for pair in Priority::ALL.windows(2) {
            assert!(worth(Grade::B, pair[0]) > worth(Grade::B, pair[1]));
        }
    }

    #[test]
    fn a_policy_without_targets_still_sorts() {
        assert_eq!(expected_cents(&targets(0, 400_000), Grade::B, Priority::P3), FALLBACK_CENTS);
        assert_eq!(expected_cents(&targets(200, 0), Grade::B, Priority::P3), FALLBACK_CENTS);
    }

    #[test]
    fn the_risk_grows_towards_the_deadline_and_fades_after_it() {
        let start = Moment(0);
        let due = start.plus(HOUR);
        let risk = |minutes: i64| at_risk_cents_a_minute(60_000, start, due, start.plus(minutes * MINUTE));
        assert_eq!(risk(0), 1_000);
        assert!(risk(30) > risk(0));
        assert_eq!(risk(59), 60_000);
        assert_eq!(risk(60), 60_000, "just late: all of it");
        assert_eq!(risk(120), 30_000, "an hour late: half");
        assert_eq!(risk(10_000_000), 0, "forgotten: nothing is left to lose");
    }
}
