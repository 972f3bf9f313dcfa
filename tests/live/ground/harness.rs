//! A database per test, sessions on it, and records as they come off Kafka. Nothing is shared between tests.

use baton::contract::keys::Keys;
use baton::contract::{Decoder, policy_text};
use baton::domain::policy::Reference;
use baton::domain::time::{DAY, Moment};
use baton::store::connect::{self, Connection, Timeouts};
use baton::store::migrate;
use baton::store::read::Reader;
use baton::store::text::{self, TextKind};
use baton::transaction::TextCache;
use baton::transaction::batch::{Batch, Entry, Move, Raw, RecordRef};
use baton::transaction::reread;
use baton::transaction::session::{Session, SessionSettings, Wanted};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// 2026-03-16T09:00:00Z, a Monday morning.
pub const MONDAY: Moment = Moment(1_773_651_600_000_000);

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A migrated database of its own, dropped by nobody: the cluster is the test run's.
pub struct Ground {
    pub url: String,
    pub decoder: Arc<Decoder>,
    pub reference: Reference,
    pub texts: TextCache,
}

pub fn decoder() -> Arc<Decoder> {
    Arc::new(Decoder::new(Keys::new(b"a secret of the tests, longer than 32 bytes", 1)).unwrap())
}

pub fn server_url() -> String {
    std::env::var("DATABASE_URL").expect("DATABASE_URL names a Postgres for the tests")
}

pub fn on(url: &str, database: &str) -> String {
    let (base, _) = url.rsplit_once('/').unwrap();
    format!("{base}/{database}")
}

pub async fn empty_database() -> String {
    let name = format!("ground_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut conn = connect::connect(&server_url(), "tests", Timeouts::default()).await.unwrap();
    conn.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"))).await.unwrap();
    conn.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    on(&server_url(), &name)
}

impl Ground {
    pub async fn new() -> Self {
        let url = empty_database().await;
        migrate::run(&url, None).await.unwrap();
        let ground = Self {
            url,
            decoder: decoder(),
            reference: policy_text::reference(include_str!("../../../policy/reference.toml")).unwrap(),
            texts: TextCache::default(),
        };
        let mut conn = ground.connection().await;
        for (kind, body) in [
            (TextKind::Policy, include_str!("../../../policy/default.toml")),
            (TextKind::Team, include_str!("../../../policy/team.toml")),
            (TextKind::Reference, include_str!("../../../policy/reference.toml")),
        ] {
            text::publish(&mut conn, kind, policy_text::hash(body), body, "tests").await.unwrap();
        }
        let mut session = ground.session("set-up").await;
        session.set_clock(Some(MONDAY)).await.unwrap();
        session.move_live(MONDAY.plus(-DAY)).await.unwrap();
        session.maintain().await.unwrap();
        ground
    }

    pub async fn connection(&self) -> Connection {
        connect::connect(&self.url, "tests", Timeouts::default()).await.unwrap()
    }

    pub async fn reader(&self) -> Reader {
        Reader::open(&self.url, 2).await.unwrap()
    }

    pub fn settings(&self, name: &str) -> SessionSettings {
        SessionSettings {
            url: self.url.clone(),
            application_name: name.to_owned(),
            timeouts: Timeouts::default(),
            texts: self.texts.clone(),
            decoder: Arc::clone(&self.decoder),
            board_url: None,
            fail_after_statement: None,
        }
    }

    pub async fn session(&self, name: &str) -> Session {
        Session::open(self.settings(name)).await.unwrap()
    }

    /// A record at an offset.
    pub fn entry(&self, topic: &str, partition: i32, offset: i64, document: &Value) -> Entry {
        let record = RecordRef { topic: topic.into(), partition, offset, timestamp: MONDAY };
        let raw = Raw { key: None, headers: Vec::new(), value: Some(document.to_string().into_bytes()) };
        reread::entry(&self.decoder, &self.reference, record, raw, MONDAY)
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.connection().await).await.unwrap()
    }
}

/// A lane on one partition that knows where it stands.
pub struct Lane {
    pub session: Session,
    pub topic: &'static str,
    pub epoch: i64,
    pub next: i64,
}

pub fn wanted(topic: &str) -> Wanted {
    Wanted { topic: topic.into(), partition: 0, first_of_new_topic: 0, first_of_known_topic: 0 }
}

impl Lane {
    pub async fn claim(ground: &Ground, name: &str, topic: &'static str) -> Self {
        let mut session = ground.session(name).await;
        let claimed = session.claim(&[wanted(topic)]).await.unwrap();
        Self { session, topic, epoch: claimed[0].epoch, next: claimed[0].next_offset }
    }

    pub fn batch(&self, ground: &Ground, documents: &[Value]) -> Batch {
        let offsets = self.next..;
        let entries: Vec<Entry> = documents
            .iter()
            .zip(offsets)
            .map(|(it, offset)| ground.entry(self.topic, 0, offset, it))
            .collect();
        let to = self.next + i64::try_from(entries.len()).unwrap();
        let moved = Move {
            topic: self.topic.into(),
            partition: 0,
            epoch: self.epoch,
            from: self.next,
            to,
            last_hash: Some([7; 32]),
            caught_up_to: None,
        };
        Batch { entries, moves: vec![moved], ..Batch::default() }
    }

    pub async fn commit(&mut self, ground: &Ground, documents: &[Value]) -> Vec<String> {
        let batch = self.batch(ground, documents);
        let committed = self.session.commit(&batch).await.unwrap();
        self.next = batch.moves[0].to;
        committed.outcomes.iter().map(|it| format!("{}/{}", it.code(), it.reason())).collect()
    }
}

pub const FORMS: &str = "marketing.form-fills.v1";
pub const CRM: &str = "crm.lead-events.v1";

/// A demo request of person `n`, who works at company `n % 50`.
pub fn demo_request(n: u32) -> Value {
    json!({
        "specversion": "1.0", "id": format!("form-{n}"), "source": "/forms/tests",
        "type": "io.baton.form.submitted.v1", "time": "2026-03-16T08:41:07Z",
        "data": {
            "form_id": "form-demo-en", "form_kind": "demo",
            "person": {
                "email": format!("person{n}@company{}.example", n % 50), "first_name": "Kim", "last_name": "\"Ng\\",
                "job_title": "VP Revenue Operations", "country": "DE",
                "company": { "name": "Company", "domain": format!("company{}.example", n % 50), "employees": 480, "industry": "manufacturing" },
                "crm": [{ "system": "crm-emea", "object": "lead", "id": format!("00Q{n}") }]
            }
        }
    })
}

/// A page view of somebody known by an e-mail.
pub fn page_view(n: u32, of: u32) -> Value {
    json!({
        "specversion": "1.0", "id": format!("view-{n}"), "source": "/site/tests",
        "type": "io.baton.signal.recorded.v1", "time": "2026-03-16T08:45:00Z",
        "data": { "kind": "page_view", "page_kind": "pricing", "person": { "email": format!("person{of}@company{}.example", of % 50) } }
    })
}
