//! The lookout for what nobody may have to look for: leads without somebody who acts, sources that went quiet, a
//! feed whose silence holds clocks, a reason that is given too often. It tells metrics, the log and health's notes; it changes nothing and makes no instance less
//! ready.

use crate::domain::team::{PoolId, Team};
use crate::domain::time::Moment;
use crate::scoreboard::duties::{self, OtherShare};
use crate::scoreboard::week::Week;
use crate::store::read::watch::Holding;
use crate::store::{Reader, StoreError};
use crate::telemetry::health::Health;
use crate::telemetry::metrics;
use crate::transaction::loaded::Texts;
use crate::web::view::watch::{Orphans, orphans, series};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often orphans are counted: an alarm within half a minute costs two short counts.
const EVERY: Duration = Duration::from_secs(15);
/// Sources are looked at once in so many turns: their hours are counted every few minutes.
const SERIES_EVERY: u32 = 8;

/// One instance's lookout; two of them say the same.
pub(super) struct Lookout {
    pub reader: Reader,
    pub texts: watch::Receiver<Texts>,
    pub health: Health,
}

impl Lookout {
    /// Watches until cancelled; a database that does not answer is other parts' alarm.
    pub(super) async fn run(self, cancel: CancellationToken) {
        let mut turn = 0_u32;
        let mut silent = Vec::new();
        loop {
            if let Err(error) = self.look(turn, &mut silent).await {
                tracing::debug!(error = %error, "the lookout could not look");
            }
            turn = turn.wrapping_add(1);
            if cancel.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
                return;
            }
        }
    }

    async fn look(&self, turn: u32, silent: &mut Vec<String>) -> Result<(), StoreError> {
        let read = self.reader.watch().await?;
        let texts = self.texts.borrow().clone();
        let found = orphans(&read, &texts.team);
        metrics::orphans(u64::try_from(found.total()).unwrap_or(0));
        match orphans_note(found) {
            Some(note) => self.health.note("orphans", &note),
            None => self.health.clear_note("orphans"),
        }
        match self.reader.holding().await?.as_ref().and_then(held_note) {
            Some(note) => self.health.note("clocks", &note),
            None => self.health.clear_note("clocks"),
        }
        match hints_note(&texts.team) {
            Some(note) => self.health.note("team", &note),
            None => self.health.clear_note("team"),
        }
        if !turn.is_multiple_of(SERIES_EVERY) {
            return Ok(());
        }
        self.look_at_others(read.now, &texts).await?;
        let hours = self.reader.hours(read.now).await?;
        let now_silent: Vec<String> = series(&hours, read.now)
            .into_iter()
            .filter(|one| one.rhythm.silent)
            .map(|one| format!("{} {}", one.family, one.name))
            .collect();
        metrics::silent_sources(u64::try_from(now_silent.len()).unwrap_or(u64::MAX));
        if now_silent != *silent {
            *silent = now_silent;
            match silence_note(silent) {
                Some(note) => self.health.note("silence", &note),
                None => self.health.clear_note("silence"),
            }
        }
        Ok(())
    }

    /// Reasons that nobody can learn from: beyond the policy's share of a pool's month somebody has to ask why.
    async fn look_at_others(&self, now: Moment, texts: &Texts) -> Result<(), StoreError> {
        let month = Week::of(now).month_so_far();
        let facts = self.reader.handoff_facts(month.from, month.to).await?;
        let shares = duties::others(&facts, month, texts.policy.durations().other_alarm_percent);
        match others_note(&shares, &texts.team) {
            Some(note) => self.health.note("other", &note),
            None => self.health.clear_note("other"),
        }
        Ok(())
    }
}

fn others_note(shares: &[OtherShare], team: &Team) -> Option<String> {
    // One alone is over any share of a short list, and no habit.
    let over = shares.iter().filter(|share| share.alarm && share.others.len() > 1).map(|share| {
        let name =
            team.pool(&PoolId(share.pool.clone())).map_or(share.pool.as_str(), |pool| pool.name.as_str());
        format!("{name} {} of {}", share.others.len(), share.rejected)
    });
    let over: Vec<String> = over.collect();
    (!over.is_empty()).then(|| {
        format!(
            "the reason \"other\" is given too often this month: {}; `/api/v1/sla` lists the leads",
            over.join(", ")
        )
    })
}

/// A silent feed holds clocks until somebody acts, so this note stays for as long; whoever is behind is the sweeper's alarm.
fn held_note(held: &Holding) -> Option<String> {
    let (topic, partition) = (&held.topic, held.partition);
    held.silent_since.map(|since| {
        format!(
            "clocks wait for {topic}, silent since {since} against its habit: mend it, or `baton lane release-clocks {topic} {partition} --reason ..`"
        )
    })
}

/// What the CRM says of the team and nobody can use: the first, and how many more there are.
fn hints_note(team: &Team) -> Option<String> {
    let (first, more) = team.hints().split_first()?;
    let others = if more.is_empty() { String::new() } else { format!("; {} more", more.len()) };
    Some(format!("{first}{others}; `baton team show` lists all of it"))
}

fn orphans_note(found: Orphans) -> Option<String> {
    (found.total() > 0).then(|| {
        format!(
            "{} open leads without somebody who acts or a clock that runs (nobody acts: {}, clock stands: {}, neither: {})",
            found.total(),
            found.unattended,
            found.stuck,
            found.unheld
        )
    })
}

fn silence_note(silent: &[String]) -> Option<String> {
    (!silent.is_empty()).then(|| format!("nothing comes where it should: {}", silent.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::policy_text;
    use crate::domain::time::HOUR;

    #[test]
    fn notes_say_what_is_wrong_and_nothing_where_nothing_is() {
        assert_eq!(orphans_note(Orphans::default()), None);
        let note = orphans_note(Orphans { unattended: 2, stuck: 1, unheld: 0 }).unwrap();
        assert!(note.starts_with("3 open leads"));
        assert_eq!(silence_note(&[]), None);
        assert_eq!(
            silence_note(&["form demo-2".to_owned()]).as_deref(),
            Some("nothing comes where it should: form demo-2")
        );
        let held = Holding {
            topic: "crm.lead-events.v1".to_owned(),
            partition: 2,
            known_to: Moment(0),
            silent_since: None,
            now: Moment(HOUR),
        };
        assert_eq!(held_note(&held), None);
        let note = held_note(&Holding { silent_since: Some(Moment(0)), ..held }).unwrap();
        assert!(note.contains("silent since 1970-01-01T00:00:00Z"), "{note}");
        assert!(note.contains("baton lane release-clocks crm.lead-events.v1 2"), "{note}");
        let share = |others: usize, alarm| OtherShare {
            pool: "small".to_owned(),
            rejected: 30,
            others: vec![uuid::Uuid::nil(); others],
            alarm,
        };
        let team = policy_text::team(policy_text::DEFAULT_TEAM).unwrap();
        assert_eq!(others_note(&[share(1, false)], &team), None);
        assert!(others_note(&[share(2, true)], &team).unwrap().contains("Small business 2 of 30"));
    }
}
