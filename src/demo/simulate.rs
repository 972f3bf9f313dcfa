//! `baton simulate`: the company against a Kafka that is there, at a chosen rate, for a chosen time. It never looks into
//! the database.

use super::DemoError;
use super::company::{Company, Counts, OutRecord, Rhythm, Settings as CompanySettings};
use super::progress::{Progress, Unit};
use super::town::Town;
use crate::clock;
use crate::domain::time::{DAY, MINUTE, Moment, SECOND};
use crate::settings::Settings;
use std::collections::VecDeque;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the company is looked after.
const TICK: Duration = Duration::from_millis(100);
/// Records that somebody who shows up causes within their first hours, in which a simulation at a rate mostly lives.
const RECORDS_PER_PERSON: u32 = 3;
/// A calendar is told in steps of this length.
const CALENDAR_STEP: i64 = 10 * MINUTE;
/// A calendar without a rate is told as fast as this (records a second), so that reps can still react.
pub const CALENDAR_RATE: u32 = 200;

/// How long.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// In the present, for so long.
    For(Duration),
    /// So many days of a calendar from `start` on, told as fast as the rate allows, each record under its own time.
    Days { start: Moment, days: u32 },
}

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Records a second, at most.
    pub rate: Option<u32>,
    /// New people a day; from the rate when absent.
    pub leads_per_day: Option<u32>,
    pub length: Length,
}

/// Simulates until the end or until cancelled; says what was sent.
///
/// # Errors
/// The broker cannot be used.
pub async fn run(settings: &Settings, plan: &Plan, cancel: &CancellationToken) -> Result<Counts, DemoError> {
    let begun = Moment(clock::wall_micros());
    let (start, end, unit) = match plan.length {
        Length::For(length) => {
            let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
            (begun, begun.plus(micros), Unit::Minute)
        }
        Length::Days { start, days } => (start, start.plus(i64::from(days) * DAY), Unit::Day),
    };
    let mut town = Town::open(settings, company(plan, start))?;
    let total = match unit {
        Unit::Day => end.since(start) / DAY,
        Unit::Minute => end.since(start) / MINUTE,
    };
    let progress = Progress::new(total.unsigned_abs().max(1), unit);
    let mut waiting: VecDeque<OutRecord> = VecDeque::new();
    let (mut at, mut allowance) = (start, Allowance::new(plan));
    let mut tick = tokio::time::interval(TICK);
    while !cancel.is_cancelled() && (at < end || !waiting.is_empty()) {
        let wall = Moment(clock::wall_micros());
        // Nothing new while something waits for its turn: so what waits has a bound.
        if waiting.is_empty() {
            at = match plan.length {
                Length::For(_) => wall.min(end),
                Length::Days { .. } => at.plus(CALENDAR_STEP).min(end),
            };
            waiting.extend(town.due(at.timestamp()));
        }
        let part: Vec<OutRecord> = waiting.drain(..allowance.take(wall, waiting.len())).collect();
        town.send(&part).await?;
        tokio::task::block_in_place(|| town.listen(at.timestamp()))?;
        progress.reached(at.since(start), town.company.counts().records);
        let calendar = matches!(plan.length, Length::Days { .. });
        if !(calendar && waiting.is_empty()) {
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                _ = tick.tick() => {}
            }
        }
    }
    // What is counted is what was sent.
    town.send(waiting.make_contiguous()).await?;
    progress.finish();
    Ok(town.company.counts().clone())
}

fn company(plan: &Plan, start: Moment) -> Company {
    let usual = CompanySettings::new(plan.seed, start.timestamp());
    let by_rate = plan.rate.map(|rate| {
        let records = i64::from(rate) * (DAY / SECOND);
        u32::try_from(records / i64::from(RECORDS_PER_PERSON)).unwrap_or(u32::MAX)
    });
    let in_present = matches!(plan.length, Length::For(_));
    let (leads_per_day, rhythm) = match (plan.leads_per_day, by_rate) {
        (Some(leads), _) => (leads, Rhythm::Office),
        (None, Some(leads)) if in_present => (leads, Rhythm::RoundTheClock),
        (None, Some(_) | None) => (usual.leads_per_day, Rhythm::Office),
    };
    Company::new(CompanySettings { leads_per_day, rhythm, ..usual })
}

/// How many records may go out by now.
struct Allowance {
    per_second: Option<u32>,
    /// Records that may go, in millionths.
    saved: i64,
    at: Moment,
}

impl Allowance {
    fn new(plan: &Plan) -> Self {
        let calendar = matches!(plan.length, Length::Days { .. });
        let per_second = plan.rate.or(calendar.then_some(CALENDAR_RATE));
        Self { per_second, saved: 0, at: Moment(clock::wall_micros()) }
    }

    /// Takes up to `wanted`; at most a second's worth is ever saved.
    fn take(&mut self, now: Moment, wanted: usize) -> usize {
        let Some(per_second) = self.per_second else { return wanted };
        let per_second = i64::from(per_second);
        let passed = now.since(self.at).clamp(0, SECOND);
        self.at = now;
        self.saved = (self.saved + passed * per_second).min(per_second * SECOND);
        let taken = usize::try_from(self.saved / SECOND).unwrap_or(0).min(wanted);
        self.saved -= i64::try_from(taken).unwrap_or(0) * SECOND;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_goes_out_than_the_rate_allows() {
        let start = Moment(1_000 * SECOND);
        let mut allowance = Allowance { per_second: Some(2), saved: 0, at: start };
        assert_eq!(allowance.take(start, 50), 0);
        assert_eq!(allowance.take(start.plus(SECOND / 2), 50), 1);
        assert_eq!(allowance.take(start.plus(SECOND), 50), 1);
        // A pause saves one second's worth, not all of it.
        assert_eq!(allowance.take(start.plus(60 * SECOND), 50), 2);
    }
}
