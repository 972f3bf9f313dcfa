//! What a system at rest has none of: rows that wait to be published, records that wait for people who are known, clocks
//! that came due and were not passed. It passes none itself.

use crate::store::error::StoreError;
use crate::store::read::Reader;

/// A row that waits or a clock that is overdue for less than this is work under way: relay and sweeper look every half
/// second, and a takeover of their leases costs 15 seconds.
const UNDER_WAY_MICROS: i64 = 30_000_000;

/// A line for each kind of work that is late.
pub(super) async fn late(reader: &Reader) -> Result<Vec<String>, StoreError> {
    let late = reader.late(UNDER_WAY_MICROS).await?;
    let mut lines = Vec::new();
    if late.unsent > 0 {
        lines.push(format!("{} rows wait to be published", late.unsent));
    }
    if late.held > 0 {
        lines.push(format!("{} rows can never be published: see `baton outbox list`", late.held));
    }
    if late.known > 0 {
        lines.push(format!("{} parked records wait for people who are known by now", late.known));
    }
    if late.overdue > 0 {
        lines.push(format!("{} clocks came due and were not passed", late.overdue));
    }
    Ok(lines)
}
