//! The tables `relay_shard` and `relay_member`: which relay publishes which shard of the outbox, with an epoch that marking
//! re-checks, and which relays live and so have a share. It never publishes.

use super::error::StoreError;
use super::statement::Statement;
use sqlx::PgConnection;

const REGISTER: Statement = Statement::new(
    "relay_member.register",
    "INSERT INTO relay_member (kind, owner, until)
     VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $3)
     ON CONFLICT (kind, owner) DO UPDATE SET until = excluded.until",
);
const FORGET: Statement = Statement::new(
    "relay_member.forget",
    "DELETE FROM relay_member
     WHERE kind = $1 AND (owner = $2 OR until < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)",
);
const LIVE: Statement = Statement::new(
    "relay_member.live",
    "SELECT count(*), count(*) FILTER (WHERE owner < $2) FROM relay_member
     WHERE kind = $1 AND until >= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
);
/// What is above the share goes back at once: another relay waits for it.
const GIVE_BACK: Statement = Statement::new(
    "relay_shard.give_back",
    "UPDATE relay_shard SET owner = '', lease_until = 0 WHERE kind = $1 AND owner = $2
         AND shard IN (SELECT shard FROM relay_shard WHERE kind = $1 AND owner = $2 ORDER BY shard OFFSET $3)",
);
/// Materialised: joined as a plain subquery it may be run again for each row, and then locks more rows than its limit.
const TAKE: Statement = Statement::new(
    "relay_shard.take",
    "WITH free AS MATERIALIZED (
         SELECT shard FROM relay_shard
         WHERE kind = $1 AND (owner = $2 OR lease_until < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
         ORDER BY (owner = $2) DESC, shard LIMIT $4 FOR UPDATE SKIP LOCKED
     )
     UPDATE relay_shard AS held SET owner = $2,
         lease_epoch = held.lease_epoch + (held.owner <> $2)::integer,
         lease_until = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $3
     FROM free WHERE held.kind = $1 AND held.shard = free.shard RETURNING held.shard, held.lease_epoch",
);
const RELEASE: Statement = Statement::new(
    "relay_shard.release",
    "UPDATE relay_shard SET lease_until = 0 WHERE kind = $1 AND owner = $2",
);

pub(super) const STATEMENTS: &[Statement] = &[REGISTER, FORGET, LIVE, GIVE_BACK, TAKE, RELEASE];

/// A relay: its kind (0 events, 1 state) and the life of the process that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub kind: i16,
    pub owner: &'a str,
}

/// Of so many relays that live, how many there are and how many stand before this one in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub live: i64,
    pub before: i64,
}

impl Standing {
    /// This one's share: all shares together are all shards, and none differs from another by more than one.
    #[must_use]
    pub fn share(&self, shards: i64) -> i64 {
        let live = self.live.max(1);
        shards / live + i64::from(self.before < shards % live)
    }
}

/// Says that the relay lives for so many microseconds, and where it stands among those that do.
///
/// # Errors
/// A statement fails.
pub async fn register(
    conn: &mut PgConnection,
    member: Member<'_>,
    micros: i64,
) -> Result<Standing, StoreError> {
    let done = REGISTER.query().bind(member.kind).bind(member.owner).bind(micros).execute(&mut *conn).await;
    done.map_err(|error| REGISTER.failed(error))?;
    let (live, before): (i64, i64) = LIVE
        .rows()
        .bind(member.kind)
        .bind(member.owner)
        .fetch_one(conn)
        .await
        .map_err(|error| LIVE.failed(error))?;
    Ok(Standing { live, before })
}

/// Renews what the relay holds and takes free shards, at most `most` in all; what it holds above that goes back first.
/// Returns (shard, epoch), sorted.
///
/// # Errors
/// A statement fails.
pub async fn take(
    conn: &mut PgConnection,
    member: Member<'_>,
    micros: i64,
    most: i64,
) -> Result<Vec<(i16, i64)>, StoreError> {
    let done = GIVE_BACK.query().bind(member.kind).bind(member.owner).bind(most).execute(&mut *conn).await;
    done.map_err(|error| GIVE_BACK.failed(error))?;
    let mut shards: Vec<(i16, i64)> = TAKE
        .rows()
        .bind(member.kind)
        .bind(member.owner)
        .bind(micros)
        .bind(most)
        .fetch_all(conn)
        .await
        .map_err(|error| TAKE.failed(error))?;
    shards.sort_unstable();
    Ok(shards)
}

/// Gives every shard of the relay back at once and takes it off the list, for a stop in order.
///
/// # Errors
/// A statement fails.
pub async fn release(conn: &mut PgConnection, member: Member<'_>) -> Result<(), StoreError> {
    for statement in [RELEASE, FORGET] {
        let done = statement.query().bind(member.kind).bind(member.owner).execute(&mut *conn).await;
        done.map_err(|error| statement.failed(error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Standing;

    #[test]
    fn shares_add_up_to_all_shards_and_differ_by_one_at_most() {
        for live in 1..=20 {
            let shares: Vec<i64> = (0..live).map(|before| Standing { live, before }.share(16)).collect();
            assert_eq!(shares.iter().sum::<i64>(), 16, "{live} relays: {shares:?}");
            assert!(shares[0] - shares[shares.len() - 1] <= 1, "{shares:?}");
        }
    }
}
