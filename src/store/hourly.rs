//! The table `hourly_count`: how much came in each hour by topic, source, form and type. It is counted again from ledger
//! and touches, so that nobody who writes those pays for it; it never holds a name that may be a person's.

use super::error::StoreError;
use super::statement::Statement;
use crate::domain::silence::{LOOK_BACK_HOURS, WEEK_HOURS, WEEKS};
use crate::domain::time::{DAY, HOUR, MINUTE, Moment};
use sqlx::PgConnection;

/// Counted again so often; an alarm about hours of silence needs no more.
const EVERY: i64 = 5 * MINUTE;
/// What was counted so shortly before may have grown since: commits come a little after the moments that they carry.
const OVERLAP: i64 = 10 * MINUTE;
/// Hours that are kept: the weeks that a rhythm is learnt from, before the hours that are looked back.
const KEPT_HOURS: i64 = WEEKS * WEEK_HOURS + LOOK_BACK_HOURS + 24;
/// One round counts so much of the past at most; a long history takes several rounds.
const SPAN_MAX: i64 = 3 * DAY;
/// Rows that one round writes at most: three days of 250 names.
const ROWS_MAX: i64 = 18_000;
/// Rows after which a round leaves the rest to the next one: written in some tens of milliseconds.
const ROWS_QUICK: u64 = 2_000;

const ROLLED: Statement = Statement::new("hourly_roll.read", "SELECT rolled_to FROM hourly_roll");
const MOVE: Statement = Statement::new("hourly_roll.move", "UPDATE hourly_roll SET rolled_to = $1");
/// A name that is no code (free text, an address) counts as `other`: it could be somebody's.
const TOUCHES: Statement = Statement::new(
    "hourly_count.touches",
    "INSERT INTO hourly_count (family, name, hour, count)
     SELECT family, name, hour, count(*) FROM (
         SELECT (at / 3600000000)::integer AS hour, series.family,
             CASE WHEN lower(series.name) ~ '^[a-z0-9][a-z0-9._/-]{0,63}$' THEN lower(series.name) ELSE 'other' END AS name
         FROM touch CROSS JOIN LATERAL
             (VALUES ('source', source), ('form', form_id), ('type', kind)) AS series (family, name)
         WHERE at >= $1 AND at < $2 AND series.name IS NOT NULL
     ) AS named GROUP BY family, name, hour ORDER BY count(*) DESC, family, name, hour LIMIT $3
     ON CONFLICT (family, name, hour) DO UPDATE SET count = excluded.count WHERE hourly_count.count <> excluded.count",
);
const FEEDS: Statement = Statement::new(
    "hourly_count.feeds",
    "INSERT INTO hourly_count (family, name, hour, count)
     SELECT 'feed', topic, (at / 3600000000)::integer, sum(read) FROM ledger
     WHERE kind = 'batch' AND at >= $1 AND at < $2 GROUP BY 2, 3 ORDER BY 3 DESC, 2 LIMIT $3
     ON CONFLICT (family, name, hour) DO UPDATE SET count = excluded.count WHERE hourly_count.count <> excluded.count",
);
const DROP: Statement = Statement::new(
    "hourly_count.drop_old",
    "DELETE FROM hourly_count WHERE (family, name, hour) IN
         (SELECT family, name, hour FROM hourly_count WHERE hour < $1 ORDER BY hour LIMIT $2)",
);

pub(super) const STATEMENTS: &[Statement] = &[ROLLED, MOVE, TOUCHES, FEEDS, DROP];

/// Counts what came since the last round, and forgets hours that nobody looks back to; says how many were forgotten.
///
/// # Errors
/// A statement fails; the next round counts the same hours again.
pub async fn roll(conn: &mut PgConnection, now: Moment, rows_max: i64) -> Result<u64, StoreError> {
    let (rolled_to,): (Option<i64>,) =
        ROLLED.rows().fetch_one(&mut *conn).await.map_err(|error| ROLLED.failed(error))?;
    let mut rolled_to = rolled_to.map(Moment);
    let mut written = 0;
    // A past with little in it is counted at once; a full one span by span, so that clocks never wait for it.
    while written <= ROWS_QUICK
        && let Some((from, to)) = window(rolled_to, now)
    {
        for statement in [TOUCHES, FEEDS] {
            let counted = statement.query().bind(from.0).bind(to.0).bind(ROWS_MAX).execute(&mut *conn).await;
            written += counted.map_err(|error| statement.failed(error))?.rows_affected();
        }
        MOVE.query().bind(to.0).execute(&mut *conn).await.map_err(|error| MOVE.failed(error))?;
        rolled_to = Some(to);
    }
    let oldest = i32::try_from(now.0.div_euclid(HOUR) - KEPT_HOURS).unwrap_or(i32::MIN);
    let dropped = DROP.query().bind(oldest).bind(rows_max).execute(conn).await;
    Ok(dropped.map_err(|error| DROP.failed(error))?.rows_affected())
}

/// What a round counts: whole hours from the one that the last round may have left unfinished; `None` while it is too
/// early. A clock that was set back begins anew from where it stands.
fn window(rolled_to: Option<Moment>, now: Moment) -> Option<(Moment, Moment)> {
    let horizon = now.plus(-KEPT_HOURS * HOUR);
    let from = match rolled_to {
        None => horizon,
        Some(at) if at <= now && now.since(at) < EVERY => return None,
        Some(at) => at.min(now).plus(-OVERLAP).max(horizon),
    };
    let from = Moment(from.0.div_euclid(HOUR) * HOUR);
    Some((from, now.min(from.plus(SPAN_MAX))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_counts_whole_hours_again_and_never_more_than_its_bound() {
        let now = Moment(20_000 * DAY + 90 * MINUTE);
        assert_eq!(window(Some(now.plus(-MINUTE)), now), None, "too early");
        let (from, to) = window(Some(now.plus(-6 * MINUTE)), now).unwrap();
        assert_eq!((from, to), (Moment(20_000 * DAY + HOUR), now));
        let (from, _) = window(Some(Moment(20_000 * DAY + 62 * MINUTE)), now).unwrap();
        assert_eq!(from, Moment(20_000 * DAY), "the hour before may have grown");
        let (from, to) = window(None, now).unwrap();
        assert_eq!((to.since(from), from.0 % HOUR), (SPAN_MAX, 0));
        let (from, to) = window(Some(now.plus(DAY)), now).unwrap();
        assert_eq!((from, to), (Moment(20_000 * DAY + HOUR), now), "a clock set back");
    }
}
