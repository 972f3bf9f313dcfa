//! `baton lane`: every partition as it is read, lanes that the breaker stopped, clocks that wait for a feed. It moves no
//! position.

use super::output::{FAILED, Failure, block_on, moment, say, say_json};
use crate::domain::time::MINUTE;
use crate::service;
use crate::settings::Settings;
use crate::store::connect::{self, Connection};
use crate::store::lane::{self, LaneRow};
use clap::{Args, Subcommand};
use serde_json::json;

/// `lane list | resume | release-clocks`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Every lane: who reads it, where it stands, up to when its facts are known, why it stands still.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Lets a lane go on that the breaker stopped; whoever owns it notices within a second or two.
    Resume(Resume),
    /// Lets clocks run although a feed is behind, until it catches up or for so long at most, or silent against its habit.
    ReleaseClocks(ReleaseClocks),
}

#[derive(Debug, Args)]
pub(super) struct Resume {
    topic: String,
    partition: i32,
    /// Who does it, for the ledger; the database's user unless given.
    #[arg(long)]
    by: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ReleaseClocks {
    topic: String,
    partition: i32,
    /// Why deadlines may pass before the facts are in; kept in the ledger.
    #[arg(long)]
    reason: String,
    /// Minutes after which the clocks wait again, unless the feed has caught up before.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=1_440))]
    minutes: i64,
    /// Who does it, for the ledger; the database's user unless given.
    #[arg(long)]
    by: Option<String>,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::List { json } => list(settings, *json),
        Arguments::Resume(resume) => block_on(resumed(settings, resume)),
        Arguments::ReleaseClocks(release) => block_on(released(settings, release)),
    }
}

/// A connection for one act of an operator.
pub(super) async fn connection(settings: &Settings, name: &str) -> Result<Connection, Failure> {
    connect::connect(settings.database.url.expose(), name, service::timeouts(settings))
        .await
        .map_err(|error| Failure::store(settings, &error))
}

fn list(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let lanes = block_on(async {
        let mut conn = connection(settings, "baton lane").await?;
        lane::list(&mut conn).await.map_err(|error| Failure::store(settings, &error))
    })?;
    if as_json {
        say_json(&json!(lanes.iter().map(shown).collect::<Vec<_>>()));
        return Ok(());
    }
    for lane in &lanes {
        for line in lines(lane) {
            say(line);
        }
    }
    if lanes.is_empty() {
        say("no lane has been read yet: `baton serve` begins");
    }
    Ok(())
}

fn shown(lane: &LaneRow) -> serde_json::Value {
    json!({
        "topic": lane.topic, "partition": lane.partition, "next_offset": lane.next_offset, "epoch": lane.epoch,
        "owner": lane.owner, "caught_up_to": lane.caught_up_to.map(moment),
        "stopped_at": lane.stopped_at.map(moment), "stopped_reason": lane.stopped_reason,
        "clocks_released_until": lane.released_until.map(moment), "clocks_released_by": lane.released_by,
        "silent_since": lane.silent_since.map(moment),
    })
}

fn lines(lane: &LaneRow) -> Vec<String> {
    let place = format!("{}/{}", lane.topic, lane.partition);
    let known = lane.caught_up_to.map_or_else(|| "never".to_owned(), moment);
    let mut lines =
        vec![format!("{place:<30} next {:>10}  caught up to {known:<27}  {}", lane.next_offset, lane.owner)];
    if let (Some(at), Some(reason)) = (lane.stopped_at, &lane.stopped_reason) {
        lines.push(format!(
            "  STOPPED since {}: {reason}: look at `baton quarantine list`, then `baton lane resume {} {}`",
            moment(at),
            lane.topic,
            lane.partition
        ));
    }
    if let Some(since) = lane.silent_since {
        lines.push(format!(
            "  SILENT since {} against its habit, clocks wait: mend the feed, or `baton lane release-clocks {} {} --reason ..`",
            moment(since),
            lane.topic,
            lane.partition
        ));
    }
    if let (Some(until), Some(by)) = (lane.released_until, &lane.released_by) {
        lines.push(format!("  clocks released by {by}, until it has caught up or {}", moment(until)));
    }
    lines
}

async fn resumed(settings: &Settings, resume: &Resume) -> Result<(), Failure> {
    let (topic, partition) = (resume.topic.as_str(), resume.partition);
    let mut conn = connection(settings, "baton lane resume").await?;
    let done = lane::resume(&mut conn, topic, partition, resume.by.as_deref())
        .await
        .map_err(|error| Failure::store(settings, &error))?;
    let Some(done) = done else {
        return Err(Failure::new(
            FAILED,
            format!("{topic}/{partition} does not stand still: `baton lane list` shows every lane"),
        ));
    };
    say(format!(
        "{topic}/{partition} goes on; it was stopped at {}: {}; recorded as resumed by {}",
        moment(done.stopped_at),
        done.reason,
        done.resumed_by
    ));
    Ok(())
}

async fn released(settings: &Settings, release: &ReleaseClocks) -> Result<(), Failure> {
    let (topic, partition) = (release.topic.as_str(), release.partition);
    let mut conn = connection(settings, "baton lane release-clocks").await?;
    let micros = release.minutes * MINUTE;
    let done =
        lane::release_clocks(&mut conn, topic, partition, micros, release.by.as_deref(), &release.reason)
            .await
            .map_err(|error| Failure::store(settings, &error))?;
    let Some(done) = done else {
        return Err(Failure::new(
            FAILED,
            format!("{topic}/{partition} has no position: `baton lane list` shows every lane"),
        ));
    };
    say(format!(
        "clocks no longer wait for {topic}/{partition}, until it has caught up or {}; recorded as released by {}",
        moment(done.until),
        done.released_by
    ));
    if done.silence_ended {
        say(format!(
            "{topic} was silent against its habit: clocks wait for that no more before it says something again"
        ));
    }
    Ok(())
}
