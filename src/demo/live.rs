//! The company in the present: records as they happen, the CRM beside them, marketing, the arbiter and the stewards, until
//! somebody stops it. It never looks into the service but for how far it has read.

use super::DemoError;
use super::company::Rhythm;
use super::handshake::Handshake;
use super::stepped::behind;
use super::town::Town;
use super::traffic::Ends;
use crate::clock;
use crate::domain::time::{MINUTE, Moment};
use crate::store::connect::Connection;
use crate::store::position::{self, StoredPosition};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// People who come on a day, at any hour: about 25 a minute who cause fifty records, of whom some five are handed
/// to sales at once, so that a handoff is seen every ten to twenty seconds.
pub const LEADS_PER_DAY: u32 = 36_000;
/// How often the company is looked after.
const TICK: Duration = Duration::from_millis(250);
/// How often the positions are looked at, in ticks.
const LOOK_TICKS: u32 = 4;
/// How often marketing and the arbiter look at what came back, in ticks: twice a minute; and how long they argue.
const ARGUE_TICKS: u32 = 120;
const ARGUED_FOR: i64 = MINUTE;
/// The stewards look as often, and answer within so long: minutes here stand for hours of the history.
const REVIEWED_WITHIN: i64 = 10 * MINUTE;
/// Unread records of a partition above which the company waits: an in-process broker drops old ones silently.
const UNREAD_MAX: i64 = 2_000;
/// At the end the service gets so long to read what was sent.
const LAST_READ: Duration = Duration::from_millis(1_500);

/// From now on the company lives at the present's pace.
pub fn quicken(town: &mut Town) {
    town.company.change_pace(LEADS_PER_DAY, Rhythm::RoundTheClock);
}

/// Lets the company live until cancelled; says where the partitions end. It sends nothing before every partition was
/// claimed since `before`: what nobody reads yet would be left over by an early Ctrl-C.
///
/// # Errors
/// The broker or the database failed.
pub async fn live(
    town: &mut Town,
    conn: &mut Connection,
    handshake: &mut Handshake,
    before: &[StoredPosition],
    cancel: &CancellationToken,
) -> Result<Ends, DemoError> {
    let mut ends = Ends::new();
    let mut tick = tokio::time::interval(TICK);
    let (mut ticks, mut waits) = (0_u32, true);
    while !cancel.is_cancelled() {
        let now = Moment(clock::wall_micros()).timestamp();
        if !waits {
            let records = town.due(now);
            ends.extend(town.send(&records).await?);
        }
        tokio::task::block_in_place(|| town.listen(now))?;
        ticks = ticks.wrapping_add(1);
        if ticks.is_multiple_of(LOOK_TICKS) {
            let positions = position::list(conn).await.map_err(DemoError::Store)?;
            waits = !claimed(&positions, before) || unread(&positions, &ends) > UNREAD_MAX;
        }
        if !waits && ticks.is_multiple_of(ARGUE_TICKS) {
            handshake.turn(ARGUED_FOR).await?;
            handshake.review(REVIEWED_WITHIN).await?;
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => {}
            _ = tick.tick() => {}
        }
    }
    Ok(ends)
}

/// Whether every position has had a new owner since.
fn claimed(positions: &[StoredPosition], before: &[StoredPosition]) -> bool {
    before.iter().all(|old| {
        let same = |new: &&StoredPosition| new.topic == old.topic && new.partition == old.partition;
        positions.iter().find(same).is_some_and(|new| new.epoch > old.epoch)
    })
}

/// The longest unread tail of a partition.
fn unread(positions: &[StoredPosition], ends: &Ends) -> i64 {
    let tail = ends.iter().map(|((topic, partition), end)| {
        let stored = positions.iter().find(|stored| stored.topic == *topic && stored.partition == *partition);
        end - stored.map_or(0, |stored| stored.next_offset)
    });
    tail.max().unwrap_or(0)
}

/// Waits a moment until the service has read what was sent.
///
/// # Errors
/// The database failed.
pub async fn last_read(conn: &mut Connection, ends: &Ends) -> Result<(), DemoError> {
    let begun = clock::instant();
    while begun.elapsed() < LAST_READ {
        let positions = position::list(conn).await.map_err(DemoError::Store)?;
        if behind(&positions, ends).is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
