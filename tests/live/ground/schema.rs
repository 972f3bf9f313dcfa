//! The schema: every statement fits it, the audit can't be changed, roles get no more than they need.

use super::harness::{Ground, empty_database, on, server_url};
use baton::domain::time::{DAY, Moment};
use baton::store::connect::{self, Timeouts};
use baton::store::{catalog, maintenance, migrate};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

#[tokio::test]
async fn every_statement_prepares_against_the_migrated_schema() {
    let url = empty_database().await;
    migrate::run(&url, None).await.unwrap();
    migrate::run(&url, None).await.unwrap();
    let mut conn = connect::connect(&url, "tests", Timeouts::default()).await.unwrap();
    for statement in catalog() {
        let prepared = (&mut conn).prepare(statement.sql.into_sql_str()).await;
        assert!(prepared.is_ok(), "{}: {:?}", statement.name, prepared.err());
    }
}

/// What is read from the head again and again, with arguments of its parameters' types.
const HEADS: [(&str, &str); 3] = [
    ("lead.due", "0, 1, '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
    ("lead.queued", "'small', 1, '{}'"),
    ("fan_out.next", "1"),
];

#[tokio::test]
async fn the_heads_of_queues_are_read_off_an_index_however_many_stand_at_one_moment() {
    let ground = Ground::new().await;
    let mut conn = ground.connection().await;
    // On a small table reading and sorting all is quicker, so only what can't be done without a sort has one here.
    for way in ["seqscan", "bitmapscan", "sort", "incremental_sort"] {
        conn.execute(AssertSqlSafe(format!("SET enable_{way} = off"))).await.unwrap();
    }
    for (name, arguments) in HEADS {
        let statement = catalog().into_iter().find(|statement| statement.name == name).unwrap();
        conn.execute(AssertSqlSafe(format!("PREPARE head AS {}", statement.sql))).await.unwrap();
        let plan: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(format!("EXPLAIN EXECUTE head ({arguments})")))
                .fetch_all(&mut conn)
                .await
                .unwrap();
        let plan: Vec<String> = plan.into_iter().map(|(line,)| line).collect();
        assert!(!plan.iter().any(|line| line.contains("Sort")), "{name}: {plan:#?}");
        conn.execute("DEALLOCATE head").await.unwrap();
    }
}

#[tokio::test]
async fn names_of_statements_are_unique() {
    let mut names: Vec<&str> = catalog().iter().map(|statement| statement.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[tokio::test]
async fn the_service_role_adds_to_the_audit_and_can_change_nothing_there() {
    let url = empty_database().await;
    let mut owner = connect::connect(&url, "tests", Timeouts::default()).await.unwrap();
    let role = r#"ground "service"#;
    let _ = owner.execute(r#"CREATE ROLE "ground ""service" LOGIN PASSWORD 'x'"#).await;
    migrate::run(&url, Some(role)).await.unwrap();
    owner.execute(r#"SET ROLE "ground ""service""#).await.unwrap();
    owner.execute("SELECT count(*) FROM audit").await.unwrap();
    owner.execute("SELECT make_partitions(1773651600000000)").await.unwrap();
    owner.execute("SELECT fold_ledger(1773651600000000, 10)").await.unwrap();
    for forbidden in [
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DROP TABLE lead",
        "UPDATE audit_202603 SET actor = 'x'",
        "DELETE FROM audit_202603",
        "TRUNCATE audit_202603",
        "INSERT INTO _sqlx_migrations SELECT * FROM _sqlx_migrations",
        "SELECT ensure_partition('audit', 'x', 0, 1)",
        "UPDATE ledger SET read = 0",
        "DELETE FROM ledger",
        "TRUNCATE ledger",
        "DELETE FROM ledger_resolution",
        "UPDATE ledger_folded SET folded_to = 0",
    ] {
        let refused = owner.execute(AssertSqlSafe(forbidden.to_owned())).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "{forbidden}");
    }
    assert!(on(&server_url(), "x").ends_with("/x"));
}

#[tokio::test]
async fn an_open_lead_without_a_clock_is_refused_by_the_table() {
    let ground = Ground::new().await;
    let refused = ground
        .connection()
        .await
        .execute(
            "INSERT INTO lead (id, version, custody_version, stage, cycle, grade, points, segment, origin, decided_at,
                 first_seen_at, head_hash, state)
             VALUES (gen_random_uuid(), 1, 1, 1, 1, 'A', 0, 'small', 'marketing', 0, 0, sha256(''), '')",
        )
        .await
        .unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().constraint(), Some("open_lead_has_holder_and_clock"));
}

#[tokio::test]
async fn old_partitions_go_only_when_everything_in_them_is_sent() {
    let ground = Ground::new().await;
    let mut conn = ground.connection().await;
    let now = Moment(super::harness::MONDAY.0);
    conn.execute(
        "INSERT INTO outbox (id, shard, lead_id, lead_version, topic, event_type, topic_sequence, occurred_at, cause, created_at)
         VALUES (gen_random_uuid(), 0, gen_random_uuid(), 1, 1, 'x', 1, 0, '', 1773651600000000)",
    )
    .await
    .unwrap();
    let there =
        "SELECT count(*) FROM pg_class WHERE relname IN ('outbox_20260316', 'duplicate_key_20260316')";
    maintenance::run(&mut conn, now.plus(20 * DAY)).await.unwrap();
    assert_eq!(
        ground.number(there).await,
        1,
        "the day of duplicate keys goes, that of the unsent record stays"
    );
    conn.execute("UPDATE outbox SET sent_at = 1").await.unwrap();
    maintenance::run(&mut conn, now.plus(20 * DAY)).await.unwrap();
    assert_eq!(ground.number(there).await, 0);
}
