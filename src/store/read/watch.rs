//! What is watched all the time: open leads that nobody answers for, clocks that stand still, the hours of each source. It
//! judges none of it.

use super::Reader;
use crate::domain::silence::{LOOK_BACK_HOURS, WEEK_HOURS, WEEKS};
use crate::domain::time::{HOUR, MINUTE, Moment};
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use crate::store::work;
pub use crate::store::work::Holding;
use sqlx::{FromRow, PgConnection};

/// A clock that could have fired so long ago stands still: the sweeper turns every second, and a backlog of 100,000 takes
/// a minute.
const STUCK: i64 = 10 * MINUTE;
/// Clocks that wait for so long are shown as paused: an idle feed says every second that it is caught up, and the shortest
/// duty is five minutes.
const PAUSED: i64 = MINUTE / 2;
/// Series that are read at most, the busiest first.
const SERIES_MAX: i64 = 200;

const HOLDERS: Statement = Statement::new(
    "watch.holders",
    "SELECT holder_id, count(*) FROM lead WHERE holder_id IS NOT NULL GROUP BY holder_id ORDER BY holder_id",
);
const UNHELD: Statement = Statement::new(
    "watch.unheld",
    "SELECT count(*) FROM lead WHERE stage IN (1, 2, 3, 4, 5, 6, 9) AND (holder_id IS NULL OR next_due_at IS NULL)",
);
const STUCK_CLOCKS: Statement =
    Statement::new("watch.stuck", "SELECT count(*) FROM lead WHERE next_due_at < $1");
const COUNTED_TO: Statement = Statement::new("watch.counted_to", "SELECT rolled_to FROM hourly_roll");
const SERIES: Statement = Statement::new(
    "watch.series",
    "SELECT family, name, array_agg(hour ORDER BY hour) AS hours, array_agg(count ORDER BY hour) AS counts,
         count(*) OVER () AS all_of_them,
         (SELECT until FROM source_pause AS it WHERE it.family = hourly_count.family AND it.name = hourly_count.name) AS paused_until,
         (SELECT said_by FROM source_pause AS it WHERE it.family = hourly_count.family AND it.name = hourly_count.name) AS paused_by
     FROM hourly_count WHERE hour >= $1 GROUP BY family, name ORDER BY sum(count) DESC, family, name LIMIT $2",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[HOLDERS, UNHELD, STUCK_CLOCKS, COUNTED_TO, SERIES];

/// Who holds open leads, and what no clock moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchRead {
    pub now: Moment,
    /// Up to when clocks fire: behind now while a feed is away.
    pub fires_until: Moment,
    /// Open leads by holder.
    pub holders: Vec<(String, i64)>,
    /// Open leads without holder or clock; the database refuses such rows.
    pub unheld: i64,
    /// Leads whose clock could have fired long ago and did not.
    pub stuck: i64,
}

/// The hours of every series, and up to when they are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoursRead {
    /// `None` before the first count.
    pub counted_to: Option<Moment>,
    pub series: Vec<SeriesRead>,
    /// Series that there are; the busiest are read.
    pub all: i64,
}

/// The hours of one topic, source, form or type; hours since 1970-01-01, those without any record are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct SeriesRead {
    /// `feed`, `source`, `form`, `type`.
    pub family: String,
    pub name: String,
    pub hours: Vec<i32>,
    pub counts: Vec<i64>,
    /// How many series there are in all.
    pub all_of_them: i64,
    /// Until when its silence is expected (microseconds), by the last word on it, and whose word that is.
    pub paused_until: Option<i64>,
    pub paused_by: Option<String>,
}

/// Leads whose clock could have fired long ago and did not.
pub(in crate::store) async fn stuck(conn: &mut PgConnection, fires_until: Moment) -> Result<i64, StoreError> {
    let before = fires_until.0.saturating_sub(STUCK);
    let (stuck,): (i64,) =
        STUCK_CLOCKS.rows().bind(before).fetch_one(conn).await.map_err(|error| STUCK_CLOCKS.failed(error))?;
    Ok(stuck)
}

impl Reader {
    /// What tells whether somebody answers for every open lead.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn watch(&self) -> Result<WatchRead, StoreError> {
        let mut conn = self.connection().await?;
        let conn = &mut *conn;
        let horizon = work::horizon(&mut *conn).await?;
        let fires_until = horizon.fires_until();
        let holders = HOLDERS.rows().fetch_all(&mut *conn).await.map_err(|error| HOLDERS.failed(error))?;
        let (unheld,): (i64,) =
            UNHELD.rows().fetch_one(&mut *conn).await.map_err(|error| UNHELD.failed(error))?;
        let stuck = stuck(&mut *conn, fires_until).await?;
        Ok(WatchRead { now: horizon.now, fires_until, holders, unheld, stuck })
    }

    /// The feed for which clocks wait noticeably, if one does.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn holding(&self) -> Result<Option<Holding>, StoreError> {
        let mut conn = self.connection().await?;
        work::holding(&mut conn, PAUSED).await
    }

    /// The hours of every topic, source, form and type since the weeks that a rhythm is learnt from, the busiest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn hours(&self, now: Moment) -> Result<HoursRead, StoreError> {
        let oldest = now.0.div_euclid(HOUR) - WEEKS * WEEK_HOURS - LOOK_BACK_HOURS;
        let mut conn = self.connection().await?;
        let (counted_to,): (Option<i64>,) =
            COUNTED_TO.rows().fetch_one(&mut *conn).await.map_err(|error| COUNTED_TO.failed(error))?;
        let series: Vec<SeriesRead> = SERIES
            .rows()
            .bind(i32::try_from(oldest).unwrap_or(i32::MIN))
            .bind(SERIES_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| SERIES.failed(error))?;
        let all = series.first().map_or(0, |row| row.all_of_them);
        Ok(HoursRead { counted_to: counted_to.map(Moment), series, all })
    }
}
