//! What router and sweeper read, without locks: queued leads, leads whose clock came due, the watermark that holds clocks.

use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::LeadId;
use crate::domain::team::PoolId;
use crate::domain::time::Moment;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// MQLs in the queue (stage 2), and qualified leads that wait for a closer (stage 5 with a pool).
const QUEUED: Statement = Statement::new(
    "lead.queued",
    "SELECT id FROM lead WHERE pool = $1 AND stage IN (2, 5) AND NOT held AND NOT parked AND id <> ALL($3::uuid[])
     ORDER BY priority, mql_at, id LIMIT $2",
);
const POOLS: Statement = Statement::new(
    "lead.queued_pools",
    "SELECT DISTINCT pool FROM lead WHERE stage IN (2, 5) AND pool IS NOT NULL AND NOT held AND NOT parked ORDER BY pool",
);
/// Of the topics in a column those that could still tell that a duty was met.
macro_rules! clock_feed {
    ($column:literal) => {
        concat!(
            "(",
            $column,
            " LIKE 'crm.%' OR ",
            $column,
            " IN ('sales.feedback.v1', 'privacy.requests.v1'))"
        )
    };
}
/// The feeds that hold a clock until they are read. A feed that an operator released does not, until it has caught up past
/// the release or the release's time is over.
macro_rules! holds_clocks {
    () => {
        concat!(
            clock_feed!("feed.topic"),
            " AND NOT EXISTS (SELECT FROM clock_release AS release WHERE release.topic = feed.topic
             AND release.partition = feed.partition AND release.ended_at IS NULL AND release.until > moment.at
             AND coalesce(feed.caught_up_to, -9223372036854775808) < release.released_at)"
        )
    };
}
/// Positions with the silence of their feed, if it has one: of a feed that broke off against its habit nothing is known
/// since its last record, however often its reader finds no more.
macro_rules! feeds {
    () => {
        "input_position AS feed
             LEFT JOIN feed_silence AS silence ON silence.topic = feed.topic AND silence.ended_at IS NULL"
    };
}
/// The moment as the database has it, and the simulated company's where there is one.
macro_rules! moment {
    () => {
        "(SELECT coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS at) AS moment"
    };
}
pub(in crate::store) use {clock_feed, feeds, moment};

/// Clocks never outrun facts: a clock fires at the earlier of now and the least that is known of the feeds that hold it.
const HORIZON: Statement = Statement::new(
    "lead.horizon",
    concat!(
        "SELECT moment.at,
             (SELECT min(least(coalesce(caught_up_to, -9223372036854775808), last_record_at)) FROM ",
        feeds!(),
        " WHERE ",
        holds_clocks!(),
        "), (SELECT count(*) FROM clock_release WHERE ended_at IS NULL),
             (SELECT count(*) FROM feed_silence WHERE ended_at IS NULL) FROM ",
        moment!()
    ),
);
/// The feed that holds clocks back most, where it is behind by more than so much.
const HOLDING: Statement = Statement::new(
    "lead.holding",
    concat!(
        "SELECT feed.topic, feed.partition, least(caught_up_to, last_record_at), last_record_at, moment.at FROM ",
        moment!(),
        " CROSS JOIN ",
        feeds!(),
        " WHERE least(caught_up_to, last_record_at) < moment.at - $1 AND ",
        holds_clocks!(),
        " ORDER BY 3, feed.topic, feed.partition LIMIT 1"
    ),
);
/// What last spoke of a lead in public, as far as it was traced: an offer goes on in that trace.
const TRACES: Statement = Statement::new(
    "lead.traces",
    "SELECT id, (SELECT traceparent FROM outbox WHERE outbox.lead_id = mine.id AND topic = 1
         ORDER BY topic_sequence DESC LIMIT 1) FROM unnest($1::uuid[]) AS mine (id)",
);
/// Ids are hashes, so that leads are spread evenly over ranges of them. The order is the index's own (migration 0028).
const DUE: Statement = Statement::new(
    "lead.due",
    "SELECT id, custody_version, cycle, next_due_at FROM lead WHERE next_due_at <= $1 AND id BETWEEN $3 AND $4
     ORDER BY next_due_at, id LIMIT $2",
);

pub(super) const STATEMENTS: &[Statement] = &[QUEUED, POOLS, HORIZON, HOLDING, TRACES, DUE];

/// A lead whose earliest clock came due, as it stood when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueLead {
    pub lead: LeadId,
    pub custody_version: u64,
    pub cycle: u32,
    pub due_at: Moment,
}

/// Up to when clocks may fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    pub now: Moment,
    /// The least `caught_up_to` of the feeds that hold clocks; `None` when there are none.
    pub watermark: Option<Moment>,
    /// Releases of clocks that have not ended.
    pub releases: i64,
    /// Feeds that are silent against their habit.
    pub silences: i64,
}

impl Horizon {
    /// The moment up to which clocks fire.
    #[must_use]
    pub fn fires_until(&self) -> Moment {
        self.watermark.map_or(self.now, |watermark| watermark.min(self.now))
    }
}

/// Leads that wait for the router in a pool's queue, by priority, then age, without those who were just tried in vain.
///
/// # Errors
/// The statement fails.
pub async fn queued(
    conn: &mut PgConnection,
    pool: &PoolId,
    limit: i64,
    without: &[LeadId],
) -> Result<Vec<LeadId>, StoreError> {
    let without: Vec<Uuid> = without.iter().map(|lead| lead.0).collect();
    let rows: Vec<(Uuid,)> = QUEUED
        .head()
        .bind(&pool.0)
        .bind(limit)
        .bind(without)
        .fetch_all(conn)
        .await
        .map_err(|error| QUEUED.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| LeadId(id)).collect())
}

/// Pools in whose queue a lead waits for the router.
///
/// # Errors
/// The statement fails.
pub async fn queued_pools(conn: &mut PgConnection) -> Result<Vec<PoolId>, StoreError> {
    let rows: Vec<(String,)> = POOLS.rows().fetch_all(conn).await.map_err(|error| POOLS.failed(error))?;
    Ok(rows.into_iter().map(|(pool,)| PoolId(pool)).collect())
}

/// Now, and how far the feeds that hold clocks are known.
///
/// # Errors
/// The statement fails.
pub async fn horizon(conn: &mut PgConnection) -> Result<Horizon, StoreError> {
    let (now, watermark, releases, silences): (i64, Option<i64>, i64, i64) =
        HORIZON.rows().fetch_one(conn).await.map_err(|error| HORIZON.failed(error))?;
    Ok(Horizon { now: Moment(now), watermark: watermark.map(Moment), releases, silences })
}

/// A feed that holds clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    pub topic: String,
    pub partition: i32,
    /// Up to when everything of it is known: no later clock fires.
    pub known_to: Moment,
    /// When its last record came, where it is silent against its habit; `None` where its reader is behind.
    pub silent_since: Option<Moment>,
    pub now: Moment,
}

/// The feed that holds clocks back most, where it is behind by more than `behind` microseconds.
///
/// # Errors
/// The statement fails.
pub async fn holding(conn: &mut PgConnection, behind: i64) -> Result<Option<Holding>, StoreError> {
    let row: Option<(String, i32, i64, Option<i64>, i64)> =
        HOLDING.rows().bind(behind).fetch_optional(conn).await.map_err(|error| HOLDING.failed(error))?;
    Ok(row.map(|(topic, partition, known_to, last_record, now)| Holding {
        topic,
        partition,
        known_to: Moment(known_to),
        silent_since: last_record.filter(|at| *at <= known_to).map(Moment),
        now: Moment(now),
    }))
}

/// The `traceparent` of the newest public record of each lead; leads without one are absent.
///
/// # Errors
/// The statement fails.
pub async fn traces(
    conn: &mut PgConnection,
    leads: &[LeadId],
) -> Result<BTreeMap<LeadId, String>, StoreError> {
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.0).collect();
    let rows: Vec<(Uuid, Option<String>)> =
        TRACES.rows().bind(ids).fetch_all(conn).await.map_err(|error| TRACES.failed(error))?;
    Ok(rows.into_iter().filter_map(|(id, trace)| Some((LeadId(id), trace?))).collect())
}

/// One share of all leads, spread evenly over so many: which, from 0, and of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub this: u8,
    pub of: u8,
}

impl Share {
    /// All leads.
    pub const ALL: Self = Self { this: 0, of: 1 };

    /// The first and the last id of the share.
    #[must_use]
    pub fn ids(self) -> (Uuid, Uuid) {
        let width = u128::MAX / u128::from(self.of.max(1));
        let first = width * u128::from(self.this) + u128::from(self.this);
        let is_last = self.this + 1 >= self.of;
        let last = if is_last { u128::MAX } else { first + width };
        (Uuid::from_u128(first), Uuid::from_u128(last))
    }
}

/// Leads of a share whose earliest clock stands at or before `until`, the longest overdue first.
///
/// # Errors
/// The statement fails.
pub async fn due(
    conn: &mut PgConnection,
    until: Moment,
    share: Share,
    limit: i64,
) -> Result<Vec<DueLead>, StoreError> {
    let (first, last) = share.ids();
    let rows: Vec<(Uuid, i64, i32, i64)> = DUE
        .head()
        .bind(until.0)
        .bind(limit)
        .bind(first)
        .bind(last)
        .fetch_all(conn)
        .await
        .map_err(|error| DUE.failed(error))?;
    Ok(rows
        .into_iter()
        .map(|(id, custody_version, cycle, due_at)| DueLead {
            lead: LeadId(id),
            custody_version: custody_version.unsigned_abs(),
            cycle: cycle.unsigned_abs(),
            due_at: Moment(due_at),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::Share;
    use uuid::Uuid;

    #[test]
    fn shares_hold_every_id_once() {
        for of in 1..=5 {
            let ids: Vec<(Uuid, Uuid)> = (0..of).map(|this| Share { this, of }.ids()).collect();
            assert_eq!((ids[0].0, ids[ids.len() - 1].1), (Uuid::nil(), Uuid::max()), "{of} shares");
            for pair in ids.windows(2) {
                assert_eq!(pair[0].1.as_u128() + 1, pair[1].0.as_u128(), "{of} shares");
            }
        }
    }
}
