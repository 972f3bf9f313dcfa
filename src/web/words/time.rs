//! Moments and spans as people read them. It never reads a clock: every function is told what now is.

use crate::domain::time::{DAY, HOUR, MINUTE, Moment, SECOND};
use crate::store::read::watch::Holding;
use crate::web::view::Countdown;

/// From here on days alone are shown.
const DAYS_ALONE_FROM: i64 = 7 * DAY;
/// A deadline nearer than this is marked.
const SOON: i64 = 5 * MINUTE;

/// A length of time with its two largest units, never negative.
#[must_use]
pub fn span(micros: i64) -> String {
    let micros = micros.max(0);
    if micros < MINUTE {
        format!("{} s", micros / SECOND)
    } else if micros < HOUR {
        format!("{} min", micros / MINUTE)
    } else if micros < DAY {
        format!("{} h {} min", micros / HOUR, micros % HOUR / MINUTE)
    } else if micros < DAYS_ALONE_FROM {
        format!("{} d {} h", micros / DAY, micros % DAY / HOUR)
    } else {
        format!("{} d", micros / DAY)
    }
}

/// How long ago something was; "just now" within a few seconds.
#[must_use]
pub fn ago(now: Moment, at: Moment) -> String {
    let passed = now.since(at);
    if passed < 5 * SECOND { "just now".to_owned() } else { format!("{} ago", span(passed)) }
}

/// A deadline and how far off it is.
#[must_use]
pub fn countdown(now: Moment, due: Moment) -> Countdown {
    let left = due.since(now);
    let (words, class) = if left < 0 {
        (format!("{} late", span(-left)), "late")
    } else {
        (format!("in {}", span(left)), if left < SOON { "soon" } else { "" })
    };
    Countdown { at: due.to_string(), title: moment_words(due), words, class }
}

/// Why clocks stand still, and what that means for whoever owes something.
#[must_use]
pub fn paused_words(held: &Holding) -> String {
    let (feed, ago) = (&held.topic, span(held.now.since(held.known_to)));
    let why = match held.silent_since {
        Some(since) => format!(
            "{feed} has said nothing for {ago}, since {}, though it usually does at these hours. Until it speaks",
            moment_words(since)
        ),
        None => format!("Baton has read {feed} up to {ago} ago. Until the rest is in"),
    };
    format!(
        "{why}, nobody is reminded, nothing counts as missed and no lead is taken away for what was due since then: the \
         feed may still say that it was done."
    )
}

/// Day, month and time in UTC.
#[must_use]
pub fn moment_words(at: Moment) -> String {
    at.timestamp().strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// Day, month and year of days since 1970-01-01.
#[must_use]
pub fn date(days: i32) -> String {
    Moment(i64::from(days) * DAY).timestamp().strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_wait_say_for_which_feed_and_whether_it_is_behind_or_silent() {
        let (topic, now) = ("crm.lead-events.v1".to_owned(), Moment(1_000 * DAY));
        let behind = Holding { topic, partition: 0, known_to: now.plus(-2 * HOUR), silent_since: None, now };
        assert!(paused_words(&behind).starts_with("Baton has read crm.lead-events.v1 up to 2 h 0 min ago."));
        let silent = paused_words(&Holding { silent_since: Some(behind.known_to), ..behind });
        assert!(
            silent.starts_with(
                "crm.lead-events.v1 has said nothing for 2 h 0 min, since 26 Sep 1972, 22:00 UTC"
            ),
            "{silent}"
        );
    }

    #[test]
    fn a_missed_deadline_reads_late_and_a_near_one_is_marked() {
        let now = Moment(1_000 * DAY);
        assert_eq!(countdown(now, now.plus(-2 * HOUR)).words, "2 h 0 min late");
        assert_eq!(countdown(now, now.plus(-2 * HOUR)).class, "late");
        assert_eq!(countdown(now, now.plus(4 * MINUTE)).class, "soon");
        assert_eq!(countdown(now, now.plus(40 * MINUTE)).words, "in 40 min");
        assert_eq!(countdown(now, now.plus(40 * MINUTE)).class, "");
    }

    #[test]
    fn what_lies_ahead_of_the_clock_is_just_now() {
        assert_eq!(ago(Moment(0), Moment(10 * SECOND)), "just now");
        assert_eq!(ago(Moment(9 * DAY), Moment(0)), "9 d ago");
    }
}
