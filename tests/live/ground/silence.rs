//! A feed that is silent against its habit holds clocks on a real Postgres, however often its reader finds nothing more:
//! until a record comes, or an operator releases them.

use super::harness::{CRM, FORMS, Ground, Lane, MONDAY, demo_request};
use baton::domain::time::{HOUR, MINUTE, Moment};
use baton::router::Router;
use baton::settings::Settings;
use baton::store::lane;
use baton::sweeper::Sweeper;
use baton::telemetry::health::Health;
use baton::transaction::session::Session;
use serde_json::json;
use sqlx::Executor;
use std::sync::Arc;

/// Five records of the CRM in the middle of each hour of four weeks up to Monday, nine o'clock.
const HABIT: &str = "INSERT INTO ledger (topic, partition, epoch, from_offset, to_offset, read, applied, duplicate, filtered,
         refused, parked, quarantined, at)
     SELECT 'crm.lead-events.v1', 0, 1, 0, 0, 5, 5, 0, 0, 0, 0, 0, 1773651600000000 - hour * 3600000000::bigint + 1800000000
     FROM generate_series(1, 672) AS hour";
const READ_TO_THE_END: &str = "UPDATE input_position SET caught_up_to = (SELECT now FROM clock)";
/// The last of them.
const LAST: Moment = Moment(MONDAY.0 - 30 * MINUTE);

struct Silent {
    ground: Ground,
    session: Session,
    sweeper: Sweeper,
    crm: Lane,
}

impl Silent {
    /// A lead is offered on Monday at nine; three hours later nothing came from the CRM, whose reader is at the end.
    async fn new() -> Self {
        let ground = Ground::new().await;
        let settings =
            Arc::new(Settings::from_layers(&baton::settings::Flags::default(), std::iter::empty()).unwrap());
        let (health, wake) = (Health::new(), Arc::new(|| {}));
        let mut router = Router::new(
            ground.session("router").await,
            "tests".to_owned(),
            Arc::clone(&settings),
            health.clone(),
            wake.clone(),
        );
        let sweeper = Sweeper::new(ground.session("sweeper").await, settings, health, wake);
        let mut forms = Lane::claim(&ground, "forms", FORMS).await;
        let crm = Lane::claim(&ground, "crm", CRM).await;
        forms.commit(&ground, &[demo_request(1)]).await;
        router.run_once().await.unwrap();
        let session = ground.session("looks").await;
        Self { ground, session, sweeper, crm }
    }

    async fn execute(&self, sql: &'static str) {
        self.ground.connection().await.execute(sql).await.unwrap();
    }

    /// So much later; every feed is read to its end, the hours are counted, the feeds are judged.
    async fn later(&mut self, micros: i64) -> usize {
        self.session.set_clock(Some(MONDAY.plus(micros))).await.unwrap();
        self.execute(READ_TO_THE_END).await;
        self.session.maintain().await.unwrap();
        self.session.notice_silence().await.unwrap()
    }

    async fn noticed() -> Self {
        let mut silent = Self::new().await;
        silent.execute(HABIT).await;
        silent.execute("UPDATE hourly_roll SET rolled_to = NULL").await;
        assert_eq!(silent.later(50 * MINUTE).await, 0, "less than an hour is no silence");
        assert_eq!(silent.later(3 * HOUR).await, 1);
        assert_eq!(silent.later(3 * HOUR + 6 * MINUTE).await, 0, "once is enough");
        assert_eq!(silent.sweeper.run_once().await.unwrap(), 0, "a clock fired while the CRM is silent");
        let held = silent.ground.reader().await.holding().await.unwrap().unwrap();
        assert_eq!((held.topic.as_str(), held.known_to, held.silent_since), (CRM, LAST, Some(LAST)));
        silent
    }

    async fn ended_by(&self) -> Vec<Option<String>> {
        let rows = sqlx::query_scalar("SELECT ended_by FROM feed_silence ORDER BY id");
        rows.fetch_all(&mut self.ground.connection().await).await.unwrap()
    }
}

#[tokio::test]
async fn clocks_wait_for_a_feed_that_broke_off_and_fire_when_a_record_comes() {
    let mut silent = Silent::noticed().await;
    let unknown = json!({
        "specversion": "1.0", "id": "accepted-1", "source": "/crm/tests", "type": "io.baton.crm.lead.accepted.v1",
        "time": "2026-03-16T12:05:00Z",
        "data": { "lead_id": "0198a2b4-0000-7000-8000-000000000001",
            "actor": { "system": "crm", "object": "user", "id": "u-bob" } }
    });
    let Silent { ground, crm, .. } = &mut silent;
    crm.commit(ground, &[unknown]).await;
    silent.execute(READ_TO_THE_END).await;
    assert!(silent.sweeper.run_once().await.unwrap() > 0, "the facts are in");
    assert_eq!(silent.ended_by().await, [Some("record".to_owned())]);
    assert_eq!(silent.ground.reader().await.holding().await.unwrap(), None);
    assert_eq!(silent.later(4 * HOUR).await, 0, "it spoke in the hour before");
    assert_eq!(silent.later(6 * HOUR).await, 1, "it can break off again");
}

#[tokio::test]
async fn an_operator_who_releases_the_clocks_ends_the_silence_for_good() {
    let mut silent = Silent::noticed().await;
    let mut conn = silent.ground.connection().await;
    let released = lane::release_clocks(&mut conn, CRM, 0, HOUR, Some("ana"), "a holiday").await.unwrap();
    assert!(released.unwrap().silence_ended);
    assert!(silent.sweeper.run_once().await.unwrap() > 0, "somebody said that clocks may fire");
    assert_eq!(silent.later(5 * HOUR).await, 0, "the same silence holds nothing again");
    assert_eq!(silent.ended_by().await, [Some("ana".to_owned())]);
    assert_eq!(silent.ground.reader().await.holding().await.unwrap(), None);
}

#[tokio::test]
async fn a_feed_without_a_habit_holds_no_clock() {
    let mut silent = Silent::new().await;
    assert_eq!(silent.later(3 * HOUR).await, 0);
    assert!(silent.sweeper.run_once().await.unwrap() > 0);
}
