//! What keeps tables small: partitions made ahead and dropped whole, bounded deletes of what only waits, counts by the hour, and
//! the ledger's old rows folded. It never touches leads or audit.

use super::error::StoreError;
use super::statement::Statement;
use super::{anonymous, delivery, duplicate, erasure, fan_out, hourly, identity, kept, ledger, outbox};
use crate::domain::time::{DAY, HOUR, Moment};
use sqlx::PgConnection;

/// A record that waits for somebody longer than this goes to the quarantine (DELIVERY, Kafka in).
const AWAITING_IDENTITY_MAX: i64 = 24 * HOUR;
/// Raw bytes are personal data: 30 days at most (LIFECYCLE N15).
const RAW_MAX: i64 = 30 * DAY;
/// What stands in the quarantine may have waited a day before it came there.
const QUARANTINED_MAX: i64 = RAW_MAX - AWAITING_IDENTITY_MAX;
/// As long as duplicate keys are kept: the topics' retention of 14 days and one.
const DUPLICATES_MAX: i64 = 15 * DAY;
/// Sent rows are kept for looking back (DELIVERY, Kafka out).
const SENT_MAX: i64 = 7 * DAY;
/// A reply is repeated for a week; clients give up long before.
const ANSWERS_MAX: i64 = 7 * DAY;
/// What was told is kept for looking back and telling again as long as what was received.
const DELIVERIES_MAX: i64 = 30 * DAY;
/// A task that is done stands against its own repetition for as long as a person counts as active once a day.
const FAN_OUTS_MAX: i64 = 2 * DAY;
/// Undated duplicate keys that are kept: at 100 bytes each, 10 MB.
const UNDATED_KEYS_MAX: i64 = 100_000;
/// Rows that one statement deletes at most, so that no lock is held for long.
const ROWS_MAX: i64 = 5_000;
/// Ledger rows that one round folds at most: read and written in some hundred milliseconds, and at a round a minute more
/// than a dozen lanes write at twenty batches a second.
const FOLDED_MAX: i32 = 20_000;

const MAKE: Statement = Statement::new("partitions.make", "SELECT make_partitions($1)");
const DROP: Statement = Statement::new("partitions.drop", "SELECT drop_partitions($1)");

pub(super) const STATEMENTS: &[Statement] = &[MAKE, DROP];

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    pub partitions_made: i32,
    pub partitions_dropped: i32,
    /// Parked records that waited too long and went to the quarantine.
    pub aged: u64,
    /// Rows that were forgotten for their age.
    pub forgotten: u64,
    /// Ledger rows that went into others.
    pub folded: u64,
}

/// One round; called every few minutes, and whenever a test or the demo moves the clock.
///
/// # Errors
/// A statement fails; each is a transaction of its own.
pub async fn run(conn: &mut PgConnection, now: Moment) -> Result<Maintained, StoreError> {
    let (partitions_made,): (i32,) =
        MAKE.rows().bind(now.0).fetch_one(&mut *conn).await.map_err(|error| MAKE.failed(error))?;
    let (partitions_dropped,): (i32,) =
        DROP.rows().bind(now.0).fetch_one(&mut *conn).await.map_err(|error| DROP.failed(error))?;
    let aged = kept::age(conn, now.plus(-AWAITING_IDENTITY_MAX), now, ROWS_MAX).await?;
    let mut forgotten =
        erasure::drop_old(conn, now.plus(-RAW_MAX), now.plus(-QUARANTINED_MAX), now, ROWS_MAX).await?;
    forgotten += anonymous::drop_old(conn, now.plus(-anonymous::KEPT), ROWS_MAX).await?;
    forgotten += identity::drop_unbound(conn, now.plus(-AWAITING_IDENTITY_MAX), ROWS_MAX).await?;
    forgotten += duplicate::drop_old(conn, now.plus(-DUPLICATES_MAX), ROWS_MAX).await?;
    forgotten += duplicate::cap_undated(conn, UNDATED_KEYS_MAX, ROWS_MAX).await?;
    forgotten += outbox::drop_old(conn, now.plus(-SENT_MAX), ROWS_MAX).await?;
    forgotten += delivery::drop_old(conn, now.plus(-DELIVERIES_MAX), ROWS_MAX).await?;
    forgotten += fan_out::drop_done(conn, now.plus(-FAN_OUTS_MAX), ROWS_MAX).await?;
    forgotten += ledger::drop_answers(conn, now.plus(-ANSWERS_MAX), ROWS_MAX).await?;
    forgotten += hourly::roll(&mut *conn, now, ROWS_MAX).await?;
    let folded = ledger::fold(conn, now, FOLDED_MAX).await?;
    Ok(Maintained { partitions_made, partitions_dropped, aged, forgotten, folded })
}
