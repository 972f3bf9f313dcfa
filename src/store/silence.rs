//! The tables `feed_silence`, feeds that broke off against their habit and hold clocks, and `source_pause`, sources whose
//! silence somebody expects. It never judges what a habit is.

use super::columns::{column, waves};
use super::error::StoreError;
use super::rows::SourcePauseRow;
use super::statement::Statement;
use super::work::{clock_feed, moment};
use crate::domain::silence::{LOOK_BACK_HOURS, WEEK_HOURS, WEEKS};
use crate::domain::time::{HOUR, MINUTE, Moment};
use sqlx::{FromRow, PgConnection};
use std::collections::BTreeMap;

/// What was committed so shortly before the count may not be in it: commits come a little after the moments that they carry.
const OVERLAP: i64 = 10 * MINUTE;

/// The hours of the feeds that hold clocks, of those that are not known to be silent already.
const HOURS: Statement = Statement::new(
    "feed_silence.hours",
    concat!(
        "SELECT name AS topic, array_agg(hour ORDER BY hour) AS hours, array_agg(count ORDER BY hour) AS counts,
             rolled_to FROM hourly_count, hourly_roll
         WHERE family = 'feed' AND hour >= rolled_to / 3600000000 - $1 AND hour <= rolled_to / 3600000000 AND ",
        clock_feed!("name"),
        " AND NOT EXISTS (SELECT FROM feed_silence WHERE topic = name AND ended_at IS NULL)
         GROUP BY name, rolled_to ORDER BY name"
    ),
);
/// Not where a record came since the hours were counted; nor again where somebody ended this very silence.
const NOTICE: Statement = Statement::new(
    "feed_silence.insert",
    concat!(
        "INSERT INTO feed_silence (topic, last_record_at, noticed_at, offsets)
         SELECT $1, last.at, moment.at, (SELECT sum(next_offset) FROM input_position WHERE topic = $1)
         FROM ",
        moment!(),
        " CROSS JOIN (SELECT max(at) AS at FROM ledger WHERE topic = $1 AND kind = 'batch' AND read > 0
             AND at >= $2 AND at < $3) AS last
         WHERE last.at IS NOT NULL AND NOT EXISTS
             (SELECT FROM ledger WHERE topic = $1 AND kind = 'batch' AND read > 0 AND at >= greatest($3, $4))
         ON CONFLICT DO NOTHING"
    ),
);
/// By the positions, which are few; the ledger of a long silence of one feed is long.
const HEARD: Statement = Statement::new(
    "feed_silence.heard",
    concat!(
        "UPDATE feed_silence AS silence SET ended_by = 'record', ended_at = moment.at FROM ",
        moment!(),
        " WHERE ended_at IS NULL AND offsets <>
             (SELECT sum(next_offset) FROM input_position AS feed WHERE feed.topic = silence.topic)"
    ),
);
const RELEASE: Statement = Statement::new(
    "feed_silence.release",
    concat!(
        "UPDATE feed_silence SET ended_by = $2, ended_at = moment.at FROM ",
        moment!(),
        " WHERE topic = $1 AND ended_at IS NULL"
    ),
);

/// The last word counts.
const PAUSE: Statement = Statement::new(
    "source_pause.upsert",
    "INSERT INTO source_pause (family, name, until, said_by, said_at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])
     ON CONFLICT (family, name) DO UPDATE SET until = excluded.until, said_by = excluded.said_by, said_at = excluded.said_at",
);

pub(super) const STATEMENTS: &[Statement] = &[HOURS, NOTICE, HEARD, RELEASE, PAUSE];

/// What was read of a feed, hour by hour (hours since 1970-01-01; absent is none).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedHours {
    pub topic: String,
    pub counts: BTreeMap<i64, u64>,
    /// Up to when it is counted.
    pub counted_to: Moment,
}

#[derive(FromRow)]
struct HoursRow {
    topic: String,
    hours: Vec<i32>,
    counts: Vec<i64>,
    rolled_to: i64,
}

/// The hours of the feeds that hold clocks and are not known to be silent; none before the first count.
///
/// # Errors
/// The statement fails.
pub async fn hours(conn: &mut PgConnection) -> Result<Vec<FeedHours>, StoreError> {
    let rows: Vec<HoursRow> = HOURS
        .rows()
        .bind(WEEKS * WEEK_HOURS + LOOK_BACK_HOURS)
        .fetch_all(conn)
        .await
        .map_err(|error| HOURS.failed(error))?;
    let feeds = rows.into_iter().map(|row| FeedHours {
        topic: row.topic,
        counted_to: Moment(row.rolled_to),
        counts: row
            .hours
            .iter()
            .zip(&row.counts)
            .map(|(hour, count)| (i64::from(*hour), u64::try_from(*count).unwrap_or(0)))
            .collect(),
    });
    Ok(feeds.collect())
}

/// Writes down that a feed is silent since its last record, which came in `last_hour`; false where one came since it was
/// counted, or where this silence was ended by somebody.
///
/// # Errors
/// The statement fails.
pub async fn notice(conn: &mut PgConnection, feed: &FeedHours, last_hour: i64) -> Result<bool, StoreError> {
    let done = NOTICE
        .query()
        .bind(&feed.topic)
        .bind(last_hour * HOUR)
        .bind((last_hour + 1) * HOUR)
        .bind(feed.counted_to.plus(-OVERLAP).0)
        .execute(conn)
        .await;
    Ok(done.map_err(|error| NOTICE.failed(error))?.rows_affected() > 0)
}

/// Keeps until when the silence of sources is expected.
///
/// # Errors
/// The statement fails.
pub async fn pause(conn: &mut PgConnection, rows: &[SourcePauseRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| (row.family.clone(), row.name.clone())) {
        PAUSE
            .query()
            .bind(column(&wave, |row| row.family.as_str()))
            .bind(column(&wave, |row| row.name.as_str()))
            .bind(column(&wave, |row| row.until.0))
            .bind(column(&wave, |row| row.by.0.as_str()))
            .bind(column(&wave, |row| row.at.0))
            .execute(&mut *conn)
            .await
            .map_err(|error| PAUSE.failed(error))?;
    }
    Ok(())
}

/// Ends the silence of feeds of which a record came; says how many.
///
/// # Errors
/// The statement fails.
pub async fn end_heard(conn: &mut PgConnection) -> Result<u64, StoreError> {
    let done = HEARD.query().execute(conn).await;
    Ok(done.map_err(|error| HEARD.failed(error))?.rows_affected())
}

/// Ends a feed's silence because somebody says so; false when it has none.
///
/// # Errors
/// The statement fails.
pub async fn release(conn: &mut PgConnection, topic: &str, by: &str) -> Result<bool, StoreError> {
    let done = RELEASE.query().bind(topic).bind(by).execute(conn).await;
    Ok(done.map_err(|error| RELEASE.failed(error))?.rows_affected() > 0)
}
