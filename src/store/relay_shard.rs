//! The table `relay_shard`: who publishes which shard of the outbox, with an epoch that marking re-checks.

use super::error::StoreError;
use super::statement::Statement;
use sqlx::PgConnection;

const TAKE: Statement = Statement::new(
    "relay_shard.take",
    "UPDATE relay_shard AS held SET owner = $1,
         lease_epoch = held.lease_epoch + (held.owner <> $1)::integer,
         lease_until = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2
     FROM (SELECT shard FROM relay_shard
         WHERE owner = $1 OR lease_until < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
         ORDER BY (owner = $1) DESC, shard LIMIT $3 FOR UPDATE SKIP LOCKED) AS free
     WHERE held.shard = free.shard RETURNING held.shard, held.lease_epoch",
);
const RELEASE: Statement =
    Statement::new("relay_shard.release", "UPDATE relay_shard SET lease_until = 0 WHERE owner = $1");

pub(super) const STATEMENTS: &[Statement] = &[TAKE, RELEASE];

/// Renews what the owner holds and takes free shards, at most `most` in all; returns (shard, epoch), sorted.
///
/// # Errors
/// The statement fails.
pub async fn take(
    conn: &mut PgConnection,
    owner: &str,
    micros: i64,
    most: i64,
) -> Result<Vec<(i16, i64)>, StoreError> {
    let mut shards: Vec<(i16, i64)> = TAKE
        .rows()
        .bind(owner)
        .bind(micros)
        .bind(most)
        .fetch_all(conn)
        .await
        .map_err(|error| TAKE.failed(error))?;
    shards.sort_unstable();
    Ok(shards)
}

/// Gives every shard of the owner back at once, for a stop in order.
///
/// # Errors
/// The statement fails.
pub async fn release(conn: &mut PgConnection, owner: &str) -> Result<(), StoreError> {
    RELEASE.query().bind(owner).execute(conn).await.map_err(|error| RELEASE.failed(error))?;
    Ok(())
}
