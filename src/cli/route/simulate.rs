//! `baton route simulate`: past leads through other rules, page by page. It changes nothing.

use super::super::output::{FAILED, Failure, USAGE, WORLD, block_on, columns, progress, say, say_json};
use super::{Files, lint};
use crate::domain::policy::Policy;
use crate::domain::team::Team;
use crate::domain::time::MINUTE;
use crate::replay::past::{CARRIED_DAYS, Compared, Outcome, Play, since};
use crate::replay::then::TeamThen;
use crate::service;
use crate::settings::Settings;
use crate::store::Reader;
use crate::store::read::offers::OfferCursor;
use clap::Args;
use serde_json::{Value, json};

/// A year of a busy team is some hundred thousand offers; more would compare with another company.
const DAYS_MAX: u32 = 366;

/// Which days, which rules.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// How many days back, 1 to 366.
    #[arg(long, default_value_t = 30)]
    days: u32,
    #[command(flatten)]
    files: Files,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    if !(1..=DAYS_MAX).contains(&arguments.days) {
        return Err(Failure::new(USAGE, format!("--days is 1 to {DAYS_MAX}")));
    }
    let outcome = block_on(async {
        let (policy, team) = arguments.files.read(settings).await?;
        if lint(&policy, &team) {
            return Err(Failure::new(FAILED, "the policy's routes and the team do not fit"));
        }
        let keys = service::keys(settings).await.map_err(|error| Failure::of(WORLD, &error))?;
        // Leads know their company's domain by its HMAC only.
        let policy = policy.sealed(|domain| keys.company(domain));
        play(settings, &policy, team, arguments.days).await
    })?;
    if arguments.json {
        say_json(&shown(&outcome));
    } else {
        tell(&outcome, arguments.days);
    }
    Ok(())
}

async fn play(settings: &Settings, policy: &Policy, team: Team, days: u32) -> Result<Outcome, Failure> {
    let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
    let reader = Reader::open(settings.database.url.expose(), 1).await.map_err(|error| failed(&error))?;
    let now = reader.now().await.map_err(|error| failed(&error))?;
    let start = since(now, days);
    // Who held what at the start is told by what was offered before it.
    let read_from = since(start, CARRIED_DAYS);
    let said = reader.said_ever().await.map_err(|error| failed(&error))?;
    let bar = progress(reader.offers_since(read_from).await.map_err(|error| failed(&error))?);
    let mut play = Play::new(policy, TeamThen::new(team, said), start);
    let mut cursor = Some(OfferCursor::since(read_from));
    while let Some(after) = cursor {
        let page = reader.offers(after).await.map_err(|error| failed(&error))?;
        page.offers.into_iter().for_each(|offer| play.add(offer));
        bar.inc(page.read);
        cursor = page.next;
    }
    bar.finish_and_clear();
    Ok(play.finish(now))
}

fn compared(compared: &Compared) -> Value {
    json!({
        "before": compared.before, "after": compared.after, "missed_before": compared.missed_before,
        "missed_after_expected": tenths(compared.missed_after_permille), "open_most": compared.open_most,
    })
}

fn shown(outcome: &Outcome) -> Value {
    let reps: serde_json::Map<String, Value> =
        outcome.reps.iter().map(|(rep, it)| (rep.0.clone(), compared(it))).collect();
    let pools: serde_json::Map<String, Value> =
        outcome.pools.iter().map(|(pool, it)| (pool.0.clone(), compared(it))).collect();
    json!({
        "played": outcome.played, "skipped": outcome.skipped, "carried": outcome.carried, "moved": outcome.moved,
        "waited": outcome.waited, "waiting": outcome.waiting, "late": outcome.late,
        "longest_wait_minutes": outcome.longest_wait / MINUTE,
        "reps": reps, "pools": pools,
    })
}

/// `12.3`, of thousandths.
fn tenths(permille: u64) -> String {
    format!("{}.{}", permille / 1_000, permille % 1_000 / 100)
}

fn tell(outcome: &Outcome, days: u32) {
    say(format!(
        "{} leads of {days} days played ({} more were open at the start): {} would have gone to another rep",
        outcome.played, outcome.carried, outcome.moved
    ));
    say(format!(
        "{} would have waited with a steward, {} of them too long, the longest {} minutes; {} would wait still",
        outcome.waited,
        outcome.late,
        outcome.longest_wait / MINUTE,
        outcome.waiting
    ));
    if outcome.skipped > 0 {
        say(format!("{} were left out: sales had taken them without a handoff", outcome.skipped));
    }
    let head = ["", "leads", "now", "missed", "expected", "most open"].map(str::to_owned).to_vec();
    let row = |name: &str, it: &Compared| {
        vec![
            name.to_owned(),
            it.before.to_string(),
            it.after.to_string(),
            it.missed_before.to_string(),
            tenths(it.missed_after_permille),
            if it.open_most == 0 { String::new() } else { it.open_most.to_string() },
        ]
    };
    let pools = outcome.pools.iter().map(|(pool, it)| row(&pool.0, it));
    let reps = outcome.reps.iter().map(|(rep, it)| row(&rep.0, it));
    columns(&std::iter::once(head).chain(pools).chain(reps).collect::<Vec<_>>());
}
