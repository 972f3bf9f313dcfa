//! `baton simulate`: a simulated company against a Kafka that is there. It only parses, starts and prints counts.

use super::output::{FAILED, Failure, USAGE, say, say_json};
use super::{demo, serve};
use crate::clock;
use crate::demo::company::Counts;
use crate::demo::simulate::{self, Length, Plan};
use crate::domain::time::{DAY, Moment};
use crate::settings::Settings;
use crate::telemetry;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const FINISH: Duration = Duration::from_millis(500);
/// Without a length it ends after a day, so that nothing forgotten fills a broker's disk.
const USUAL_LENGTH: Duration = Duration::from_secs(86_400);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The same seed makes the same people.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Records a second at most, such as 2 or 50/s; in the present people then come round the clock, so many that about
    /// so many records arise.
    #[arg(long, value_parser = rate)]
    rate: Option<u32>,
    /// New people on an average day, in office hours (default 12).
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    leads_per_day: Option<u32>,
    /// So many days of a calendar, told as fast as the rate allows (default 200/s), each record under its own time.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_650), conflicts_with = "for")]
    days: Option<u32>,
    /// So long in the present, such as 90s, 10m or 2h (default 24h).
    #[arg(long, value_name = "DURATION", value_parser = length)]
    r#for: Option<Duration>,
    /// First instant of the calendar of --days, such as 2026-01-05T00:00:00Z (default: so many days ago).
    #[arg(long, requires = "days", value_parser = moment)]
    start: Option<Moment>,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(mut settings: Settings, arguments: &Arguments) -> Result<(), Failure> {
    demo::quiet(&mut settings);
    let length = match arguments.days {
        Some(days) => {
            let ago = Moment(clock::wall_micros()).plus(-i64::from(days) * DAY);
            Length::Days { start: arguments.start.unwrap_or(ago), days }
        }
        None => Length::For(arguments.r#for.unwrap_or(USUAL_LENGTH)),
    };
    let plan =
        Plan { seed: arguments.seed, rate: arguments.rate, leads_per_day: arguments.leads_per_day, length };
    let telemetry =
        telemetry::start(&serve::options(&settings)).map_err(|error| Failure::of(USAGE, &error))?;
    let runtime = serve::runtime()?;
    let counts = runtime.block_on(async {
        let cancel = CancellationToken::new();
        let signals = serve::signal(cancel.clone());
        tokio::pin!(signals);
        let simulated = simulate::run(&settings, &plan, &cancel);
        tokio::pin!(simulated);
        loop {
            tokio::select! {
                biased;
                counts = &mut simulated => return counts.map_err(|error| demo::failure(&settings, &error)),
                caught = &mut signals, if !cancel.is_cancelled() => caught.map_err(|error| Failure::of(FAILED, &error))?,
            }
        }
    });
    runtime.shutdown_timeout(FINISH);
    telemetry.finish(FINISH);
    show(&counts?, arguments.json);
    Ok(())
}

fn show(counts: &Counts, as_json: bool) {
    if as_json {
        say_json(&json!({
            "records": counts.records, "unique_ids": counts.unique_ids, "people": counts.people,
            "observed": counts.observed, "by_topic": counts.by_topic, "by_oddity": counts.by_oddity,
        }));
        return;
    }
    say(format!(
        "sent {} records ({} ids) of {} people; the CRM read {}",
        counts.records, counts.unique_ids, counts.people, counts.observed
    ));
    let lines = |what: &BTreeMap<&'static str, u64>| {
        for (name, count) in what {
            say(format!("  {name:<28} {count:>8}"));
        }
    };
    lines(&counts.by_topic);
    say("oddities:");
    lines(&counts.by_oddity);
}

/// `2`, `2/s`.
fn rate(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).parse().ok();
    number
        .filter(|rate| (1..=10_000).contains(rate))
        .ok_or_else(|| "write records a second from 1 to 10000, such as 2 or 50/s".to_owned())
}

/// `90s`, `10m`, `2h`.
fn length(text: &str) -> Result<Duration, String> {
    let wrong = || "write a whole number and s, m or h, such as 10m".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some(_) | None => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    // A year is bound enough.
    number
        .checked_mul(unit)
        .filter(|seconds| (1..=31_536_000).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(wrong)
}

fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text).map_err(|error| format!("write an instant such as 2026-01-05T00:00:00Z: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_lengths_are_read_and_nonsense_is_refused() {
        assert_eq!(rate("2"), Ok(2));
        assert_eq!(rate("50/s"), Ok(50));
        assert_eq!(length("10m"), Ok(Duration::from_secs(600)));
        for wrong in ["", "0", "-1", "2/m", "99999"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "s", "0s", "1.5h", "9999999999h", "5\u{e9}"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
