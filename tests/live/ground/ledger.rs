//! The ledger's old rows on a real Postgres: those that abut are folded by the hour, their sums and ranges stay, and younger
//! rows, other readers' and operators' lines are left alone.

use super::harness::{FORMS, Ground, Lane, MONDAY, demo_request};
use baton::audit::invariants;
use baton::domain::time::{DAY, HOUR, MINUTE, Moment};
use baton::store::lane;
use baton::store::maintenance;
use baton::store::read::sums::Totals;
use baton::transaction::session::Session;
use serde_json::json;

const RANGES: &str =
    "SELECT topic || ' ' || kind || ' ' || from_offset || '-' || to_offset || ' read ' || read || ' of '
         || coalesce(folded_rows, 1) || ' at ' || (at - 1773651600000000) / 60000000
     FROM ledger ORDER BY topic, id";
const REASONS: &str = "SELECT topic || ' ' || at / 3600000000 || ' ' || reason || ' ' || sum(count)
     FROM ledger CROSS JOIN LATERAL unnest(reasons, reason_counts) AS counted (reason, count)
     GROUP BY topic, at / 3600000000, reason ORDER BY 1";
/// Rows that the upkeep folds at once.
const MANY: i32 = 1_000;

struct Kept {
    ground: Ground,
    session: Session,
    forms: Lane,
    said: u32,
}

impl Kept {
    async fn new() -> Self {
        let ground = Ground::new().await;
        let session = ground.session("looks").await;
        let forms = Lane::claim(&ground, "forms", FORMS).await;
        Self { ground, session, forms, said: 0 }
    }

    /// A batch of two: somebody's form, and what is none.
    async fn batch_at(&mut self, at: Moment) {
        self.session.set_clock(Some(at)).await.unwrap();
        self.said += 1;
        self.forms.commit(&self.ground, &[demo_request(self.said), json!({"neither": "form"})]).await;
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut self.ground.connection().await).await.unwrap()
    }

    async fn checked(&self) -> Totals {
        let checked = invariants::check(&self.ground.reader().await).await.unwrap();
        assert!(checked.holds(), "{checked:#?}");
        checked.totals
    }

    async fn fold(&self, now: Moment, rows: i32) -> i64 {
        let mut conn = self.ground.connection().await;
        let folding = sqlx::query_scalar("SELECT fold_ledger($1, $2)").bind(now.0).bind(rows);
        folding.fetch_one(&mut conn).await.unwrap()
    }
}

#[tokio::test]
async fn old_rows_that_abut_become_one_by_the_hour_with_the_same_sums_and_ranges() {
    let mut kept = Kept::new().await;
    for minute in [1, 2, 3, 10] {
        kept.batch_at(MONDAY.plus(minute * MINUTE)).await;
    }
    let mut conn = kept.ground.connection().await;
    lane::release_clocks(&mut conn, FORMS, 0, HOUR, Some("ana"), "tests").await.unwrap().unwrap();
    for at in [MONDAY.plus(20 * MINUTE), MONDAY.plus(21 * MINUTE), MONDAY.plus(HOUR), MONDAY.plus(2 * DAY)] {
        kept.batch_at(at).await;
    }
    // Another reader goes on where this one stood.
    kept.forms = Lane::claim(&kept.ground, "forms again", FORMS).await;
    kept.batch_at(MONDAY.plus(2 * DAY + MINUTE)).await;
    let (totals, reasons) = (kept.checked().await, kept.texts(REASONS).await);
    assert!(totals.quarantined > 0 && totals.applied > 0, "{totals:?}");

    let early = MONDAY.plus(DAY + 30 * MINUTE);
    assert_eq!(kept.fold(early, MANY).await, 0, "no hour ended a day ago");
    let now = MONDAY.plus(2 * DAY + HOUR);
    let upkeep = maintenance::run(&mut conn, now).await.unwrap();
    assert_eq!(upkeep.folded, 4);
    assert_eq!((kept.checked().await, kept.texts(REASONS).await), (totals, reasons));
    let forms: Vec<String> =
        kept.texts(RANGES).await.into_iter().filter(|row| row.starts_with(FORMS)).collect();
    assert_eq!(
        forms,
        [
            "marketing.form-fills.v1 batch 0-8 read 8 of 4 at 10",
            "marketing.form-fills.v1 clocks 8-8 read 0 of 1 at 10",
            "marketing.form-fills.v1 batch 8-12 read 4 of 2 at 21",
            "marketing.form-fills.v1 batch 12-14 read 2 of 1 at 60",
            "marketing.form-fills.v1 batch 14-16 read 2 of 1 at 2880",
            "marketing.form-fills.v1 batch 16-18 read 2 of 1 at 2881",
        ]
    );
    assert_eq!(kept.fold(now, MANY).await, 0, "once is enough");
    // A day later the young ones are old: readers that differ stay apart.
    assert_eq!(kept.fold(MONDAY.plus(4 * DAY), MANY).await, 0);
    assert_eq!(kept.checked().await, totals);
}

#[tokio::test]
async fn an_hour_of_more_rows_than_one_turn_may_look_at_is_folded_slice_by_slice() {
    let mut kept = Kept::new().await;
    for minute in 1..=9 {
        kept.batch_at(MONDAY.plus(minute * MINUTE)).await;
    }
    kept.batch_at(MONDAY.plus(HOUR)).await;
    let totals = kept.checked().await;
    let now = MONDAY.plus(2 * DAY);
    let mut gone = Vec::new();
    for _ in 0..5 {
        gone.push(kept.fold(now, 4).await);
        assert_eq!(kept.checked().await, totals);
    }
    assert_eq!(gone, [3, 3, 2, 0, 0]);
    assert_eq!(
        kept.texts(RANGES).await,
        [
            "marketing.form-fills.v1 batch 0-18 read 18 of 9 at 9",
            "marketing.form-fills.v1 batch 18-20 read 2 of 1 at 60",
        ]
    );
    assert_eq!(kept.ground.number("SELECT rows_gone FROM ledger_folded").await, 8);
}
