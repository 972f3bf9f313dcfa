//! Tells the past: ninety days of the company, step by step under a clock moved by hand, through the same code as ever.
//! It never writes a lead itself.

use super::handshake::Handshake;
use super::progress::Progress;
use super::stepped::Stepped;
use super::town::Town;
use super::traffic::Handoff;
use super::{DemoError, live};
use crate::clock;
use crate::domain::time::{DAY, HOUR, MINUTE, Moment};
use jiff::Timestamp;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A step in the hours in which people work, at other times, and while a lead of high priority waits for its rep: an
/// answer within minutes is only seen as such when the CRM reads within minutes.
const STEP_BY_DAY: i64 = HOUR;
const STEP_BY_NIGHT: i64 = 7 * HOUR;
const STEP_WHILE_URGENT: i64 = 3 * MINUTE;
/// So long after an urgent offer its answer is awaited in short steps: what that offer is owed.
const URGENT_FOR: i64 = 6 * MINUTE;
/// Ninety days are told in about so long; whoever started the demo waits for a minute at most. On a slow machine steps grow.
const NINETY_DAYS_TAKE: Duration = Duration::from_secs(35);
/// How much longer steps become at most: with longer ones most reps would miss their deadlines.
const STRETCH_MAX: i64 = 4;
/// From this priority down to 1 an offer is urgent.
const URGENT_PRIORITY: i64 = 1;
/// Hours of the day (UTC) in which the company's people do things.
const DAY_BEGINS: i64 = 8 * HOUR;
const DAY_ENDS: i64 = 18 * HOUR;
/// The compacted topic has its turn once in so many days. The tables' upkeep has none: it would drop days of the outbox
/// that stand between days which no partition was made for, and the check of its numbers would see gaps.
const STATES_EVERY: i64 = 10 * DAY;

/// Marketing looks at what came back so often, and argues about a contest for so long before the arbiter decides.
const CONTESTS_EVERY: i64 = 10 * HOUR;
const ARGUED_FOR: i64 = DAY;
/// The stewards look at what waits for a review so often, and answer within so much time of their hours: they owe it within
/// a business day.
const REVIEWS_EVERY: i64 = 2 * HOUR;
const REVIEWED_WITHIN: i64 = 8 * HOUR;

/// So long before its end the company already lives at the present's pace: somebody who comes now is handed to sales
/// minutes later, and a board that opens is to show it at once.
const WARM_UP: i64 = 12 * MINUTE;

/// What was told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub steps: u64,
    pub until: Moment,
    /// Reviews that stewards answered.
    pub reviews: u32,
}

/// Tells everything from `from` up to now (which moves on meanwhile), or to the step at which `cancel` came; `handshake`:
/// who argues about rejections and reviews meanwhile. `warm_up`: the present follows.
///
/// # Errors
/// The database or the broker failed.
pub async fn tell(
    town: &mut Town,
    stepped: &mut Stepped,
    handshake: &mut Handshake,
    from: Moment,
    days: &Progress,
    warm_up: bool,
    cancel: &CancellationToken,
) -> Result<Told, DemoError> {
    let mut pace = Pace { urgent_until: Moment::EVER, stretch: 1, warm: false };
    let begun = clock::instant();
    let mut told = Told { steps: 0, until: from, reviews: 0 };
    let (mut published, mut argued, mut reviewed) = (from, from, from);
    stepped.set_clock(from).await?;
    stepped.live_from(from).await?;
    loop {
        let wall = Moment(clock::wall_micros());
        pace.stretch = stretch(told.until.since(from), begun.elapsed());
        let warm = wall.plus(-WARM_UP);
        let mut at = pace.next(told.until, town.company.next_at()).min(wall);
        let begins = warm_up && !pace.warm && at >= warm;
        if begins {
            at = told.until.max(warm);
        }
        step(town, stepped, &mut pace, at).await?;
        if at.since(argued) >= CONTESTS_EVERY {
            argued = at;
            handshake.turn(ARGUED_FOR).await?;
        }
        if at.since(reviewed) >= REVIEWS_EVERY {
            reviewed = at;
            told.reviews += handshake.review(REVIEWED_WITHIN).await?;
        }
        if begins {
            live::quicken(town);
            pace.warm = true;
        }
        told = Told { steps: told.steps + 1, until: at, ..told };
        days.reached(at.since(from), town.company.counts().records);
        if at.since(published) >= STATES_EVERY {
            published = at;
            stepped.publish_all().await?;
        }
        if at >= wall || cancel.is_cancelled() {
            return Ok(told);
        }
    }
}

async fn step(town: &mut Town, stepped: &mut Stepped, pace: &mut Pace, at: Moment) -> Result<(), DemoError> {
    let now = at.timestamp();
    // First the clock, then the records: what lies more than minutes ahead of the clock would be put back to it.
    stepped.set_clock(at).await?;
    let records = town.due(now);
    let ends = town.send(&records).await?;
    stepped.read(&ends).await?;
    if stepped.turn().await? {
        let handoffs = tokio::task::block_in_place(|| town.catch_up(now))?;
        pace.note(&handoffs, at);
    }
    Ok(())
}

/// How long the next step may be.
struct Pace {
    urgent_until: Moment,
    /// Steps are so many times as long as they would be.
    stretch: i64,
    /// The last minutes are told at the present's pace, in short steps.
    warm: bool,
}

/// How many times slower than it should the telling is, between 1 and [`STRETCH_MAX`]: `told` microseconds took so long.
fn stretch(told: i64, took: Duration) -> i64 {
    let took = i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
    let share = i64::try_from(NINETY_DAYS_TAKE.as_micros()).unwrap_or(i64::MAX) / 90;
    let due = (told / DAY).max(1) * share;
    ((took + due - 1) / due).clamp(1, STRETCH_MAX)
}

impl Pace {
    /// The next moment to look at: not before the company does something, and not in steps too small to afford.
    fn next(&self, now: Moment, company: Option<Timestamp>) -> Moment {
        let of_day = now.0.rem_euclid(DAY);
        let urgent = now < self.urgent_until && self.stretch == 1;
        let step = if urgent || self.warm {
            STEP_WHILE_URGENT
        } else if (DAY_BEGINS..DAY_ENDS).contains(&of_day) {
            (STEP_BY_DAY * self.stretch).min(DAY_ENDS - of_day)
        } else {
            // The morning begins on time.
            STEP_BY_NIGHT.min((DAY_BEGINS - of_day).rem_euclid(DAY).max(MINUTE))
        };
        let earliest = now.plus(step);
        let due = company.map_or(earliest, |due| Moment(due.as_microsecond()));
        // Clocks come due in quiet times as well: so a step has an end even when the company sleeps.
        due.max(earliest).min(now.plus(STEP_BY_NIGHT))
    }

    fn note(&mut self, handoffs: &[Handoff], at: Moment) {
        let urgent = handoffs.iter().any(|(kind, data)| {
            let offered = kind.ends_with("lead.routed.v1") || kind.ends_with("lead.reassigned.v1");
            offered
                && data
                    .get("priority")
                    .and_then(serde_json::Value::as_i64)
                    .is_some_and(|it| it <= URGENT_PRIORITY)
        });
        if urgent {
            self.urgent_until = at.plus(URGENT_FOR);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    #[test]
    fn a_step_is_short_while_an_urgent_offer_waits_and_long_at_night() {
        let mut pace = Pace { urgent_until: Moment::EVER, stretch: 1, warm: false };
        let noon = at("2026-03-03T12:00:00Z");
        assert_eq!(pace.next(noon, Some(noon.timestamp())), noon.plus(STEP_BY_DAY));
        let offer = serde_json::json!({ "priority": 1 });
        pace.note(&[("io.baton.lead.routed.v1".to_owned(), offer)], noon);
        assert_eq!(pace.next(noon, None), noon.plus(STEP_WHILE_URGENT));
        let evening = at("2026-03-03T19:00:00Z");
        assert_eq!(pace.next(evening, None), evening.plus(STEP_BY_NIGHT));
        assert_eq!(stretch(9 * DAY, NINETY_DAYS_TAKE / 11), 1);
        assert_eq!(stretch(9 * DAY, NINETY_DAYS_TAKE / 6), 2);
        assert_eq!(stretch(0, NINETY_DAYS_TAKE), STRETCH_MAX);
        let dawn = at("2026-03-04T07:00:00Z");
        assert_eq!(pace.next(dawn, None), at("2026-03-04T08:00:00Z"));
    }

    #[test]
    fn a_quiet_company_is_not_looked_at_in_vain_but_clocks_are() {
        let pace = Pace { urgent_until: Moment::EVER, stretch: 1, warm: false };
        let noon = at("2026-03-03T12:00:00Z");
        assert_eq!(pace.next(noon, Some(noon.plus(2 * HOUR).timestamp())), noon.plus(2 * HOUR));
        assert_eq!(pace.next(noon, Some(noon.plus(9 * HOUR).timestamp())), noon.plus(STEP_BY_NIGHT));
    }
}
