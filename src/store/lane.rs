//! The tables `lane_stop` and `clock_release`: lanes that the breaker stopped, and feeds whose clocks an operator let go.
//! It never starts or stops a reader; whoever owns the lane looks here.

use super::columns::{column, sorted};
use super::connect;
use super::error::StoreError;
use super::position::{self, Note};
use super::silence;
use super::statement::Statement;
use sqlx::{FromRow, PgConnection};

const STOP: Statement = Statement::new(
    "lane_stop.insert",
    "INSERT INTO lane_stop (topic, partition, stopped_at, reason)
     SELECT topic, partition,
         coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), $4
     FROM input_position WHERE topic = $1 AND partition = $2 AND epoch = $3
     ON CONFLICT DO NOTHING",
);
const STOPS: Statement = Statement::new(
    "lane_stop.open",
    "SELECT stop.topic, stop.partition, stop.reason FROM lane_stop AS stop
     JOIN unnest($1::text[], $2::integer[]) AS mine (topic, partition)
         ON stop.topic = mine.topic AND stop.partition = mine.partition
     WHERE stop.resumed_at IS NULL",
);
const RESUME: Statement = Statement::new(
    "lane_stop.resume",
    "UPDATE lane_stop SET resumed_by = coalesce($3, session_user::text),
         resumed_at = coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
     WHERE topic = $1 AND partition = $2 AND resumed_at IS NULL RETURNING stopped_at, reason, resumed_by",
);
const LIST: Statement = Statement::new(
    "lane_stop.lanes",
    "SELECT position.topic, position.partition, position.next_offset, position.epoch, position.owner,
         position.caught_up_to, stop.stopped_at, stop.reason AS stopped_reason,
         release.until AS released_until, release.released_by, silence.last_record_at AS silent_since
     FROM input_position AS position
     LEFT JOIN lane_stop AS stop ON stop.topic = position.topic AND stop.partition = position.partition
         AND stop.resumed_at IS NULL
     LEFT JOIN clock_release AS release ON release.topic = position.topic AND release.partition = position.partition
         AND release.ended_at IS NULL
     LEFT JOIN feed_silence AS silence ON silence.topic = position.topic AND silence.ended_at IS NULL
     ORDER BY position.topic, position.partition",
);
/// A second release of one feed prolongs the first: there is one that counts.
const RELEASE: Statement = Statement::new(
    "clock_release.insert",
    "INSERT INTO clock_release (topic, partition, released_at, until, released_by, reason)
     SELECT $1, $2, at, at + $3, coalesce($4, session_user::text), $5
     FROM (SELECT coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS at)
         AS moment
     ON CONFLICT (topic, partition) WHERE ended_at IS NULL
         DO UPDATE SET until = excluded.until, released_by = excluded.released_by, reason = excluded.reason
     RETURNING until, released_by",
);
const END_RELEASES: Statement = Statement::new(
    "clock_release.end",
    "UPDATE clock_release AS release SET ended_at = moment.at
     FROM (SELECT coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS at)
         AS moment, input_position AS position
     WHERE release.ended_at IS NULL AND position.topic = release.topic AND position.partition = release.partition
         AND (release.until <= moment.at OR position.caught_up_to >= release.released_at)",
);

pub(super) const STATEMENTS: &[Statement] = &[STOP, STOPS, RESUME, LIST, RELEASE, END_RELEASES];

/// A lane as `lane list` shows it. Times in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LaneRow {
    pub topic: String,
    pub partition: i32,
    pub next_offset: i64,
    pub epoch: i64,
    pub owner: String,
    pub caught_up_to: Option<i64>,
    pub stopped_at: Option<i64>,
    pub stopped_reason: Option<String>,
    /// Its clocks run on although it is behind, at most until then.
    pub released_until: Option<i64>,
    pub released_by: Option<String>,
    /// When the last record of its feed came, where the feed is silent against its habit and holds clocks.
    pub silent_since: Option<i64>,
}

/// A stop that is over.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Resumed {
    pub stopped_at: i64,
    pub reason: String,
    pub resumed_by: String,
}

/// Clocks that were let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    pub until: i64,
    pub released_by: String,
    /// The feed was silent against its habit, which holds clocks no more before another record came.
    pub silence_ended: bool,
}

/// Every lane that has a position, without a lock.
///
/// # Errors
/// The statement fails.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<LaneRow>, StoreError> {
    LIST.rows().fetch_all(conn).await.map_err(|error| LIST.failed(error))
}

/// Records that a lane stopped, while its epoch is still the caller's; false when it is not, or the stop stands already.
///
/// # Errors
/// The statement fails.
pub async fn stop(
    conn: &mut PgConnection,
    topic: &str,
    partition: i32,
    epoch: i64,
    reason: &str,
) -> Result<bool, StoreError> {
    let done = STOP.query().bind(topic).bind(partition).bind(epoch).bind(reason).execute(conn).await;
    Ok(done.map_err(|error| STOP.failed(error))?.rows_affected() > 0)
}

/// Which of the partitions are stopped, and why.
///
/// # Errors
/// The statement fails.
pub async fn stops(
    conn: &mut PgConnection,
    partitions: &[(String, i32)],
) -> Result<Vec<(String, i32, String)>, StoreError> {
    let rows = sorted(partitions, Clone::clone);
    STOPS
        .rows()
        .bind(column(&rows, |row| row.0.as_str()))
        .bind(column(&rows, |row| row.1))
        .fetch_all(conn)
        .await
        .map_err(|error| STOPS.failed(error))
}

/// Ends a lane's stop, with a line in the ledger that says who did it; `None` when it does not stand still.
/// `by` of `None` is the database's user.
///
/// # Errors
/// A statement fails; nothing is changed then.
pub async fn resume(
    conn: &mut PgConnection,
    topic: &str,
    partition: i32,
    by: Option<&str>,
) -> Result<Option<Resumed>, StoreError> {
    connect::begin(conn).await?;
    let done = resumed(conn, topic, partition, by).await;
    position::ended(conn, done).await
}

async fn resumed(
    conn: &mut PgConnection,
    topic: &str,
    partition: i32,
    by: Option<&str>,
) -> Result<Option<Resumed>, StoreError> {
    let Some(stands) = position::lock(conn, topic, partition).await? else { return Ok(None) };
    let row: Option<Resumed> = RESUME
        .rows()
        .bind(topic)
        .bind(partition)
        .bind(by)
        .fetch_optional(&mut *conn)
        .await
        .map_err(|error| RESUME.failed(error))?;
    if let Some(row) = &row {
        let note = Note { kind: "lane", to: stands.next_offset, actor: &row.resumed_by, note: &row.reason };
        position::note(conn, &stands, &note).await?;
    }
    Ok(row)
}

/// Lets the clocks run although a partition is behind, for so many microseconds at most, with a line in the ledger, and
/// ends its feed's silence; `None` when the partition has no position. `by` of `None` is the database's user.
///
/// # Errors
/// A statement fails; nothing is changed then.
pub async fn release_clocks(
    conn: &mut PgConnection,
    topic: &str,
    partition: i32,
    micros: i64,
    by: Option<&str>,
    reason: &str,
) -> Result<Option<Released>, StoreError> {
    connect::begin(conn).await?;
    let done = released(conn, topic, partition, micros, by, reason).await;
    position::ended(conn, done).await
}

async fn released(
    conn: &mut PgConnection,
    topic: &str,
    partition: i32,
    micros: i64,
    by: Option<&str>,
    reason: &str,
) -> Result<Option<Released>, StoreError> {
    let Some(stands) = position::lock(conn, topic, partition).await? else { return Ok(None) };
    let (until, released_by): (i64, String) = RELEASE
        .rows()
        .bind(topic)
        .bind(partition)
        .bind(micros)
        .bind(by)
        .bind(reason)
        .fetch_one(&mut *conn)
        .await
        .map_err(|error| RELEASE.failed(error))?;
    let silence_ended = silence::release(conn, topic, &released_by).await?;
    let note = Note { kind: "clocks", to: stands.next_offset, actor: &released_by, note: reason };
    position::note(conn, &stands, &note).await?;
    Ok(Some(Released { until, released_by, silence_ended }))
}

/// Ends releases whose partition has caught up or whose time is over, for good; says how many.
///
/// # Errors
/// The statement fails.
pub async fn end_releases(conn: &mut PgConnection) -> Result<u64, StoreError> {
    let done = END_RELEASES.query().execute(conn).await;
    Ok(done.map_err(|error| END_RELEASES.failed(error))?.rows_affected())
}
