//! The tables `published_text` and `active_text`: policy, team and reference as they were published. It never reads them.

use super::error::StoreError;
use super::statement::Statement;
use sqlx::{FromRow, PgConnection};

const PUBLISH: Statement = Statement::new(
    "published_text.insert",
    "INSERT INTO published_text (kind, hash, body, publisher, published_at)
     VALUES ($1, $2, $3, $4, coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint))
     ON CONFLICT DO NOTHING",
);
const ACTIVATE: Statement = Statement::new(
    "active_text.set",
    "INSERT INTO active_text (kind, hash, since)
     VALUES ($1, $2, coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint))
     ON CONFLICT (kind) DO UPDATE SET hash = excluded.hash, since = excluded.since
     WHERE active_text.hash <> excluded.hash",
);
const BODY: Statement =
    Statement::new("published_text.body", "SELECT body FROM published_text WHERE kind = $1 AND hash = $2");
const ACTIVE: Statement = Statement::new(
    "active_text.read",
    "SELECT published_text.kind, published_text.hash, body, publisher, published_at
     FROM active_text JOIN published_text USING (kind, hash) WHERE kind = $1",
);
/// Who publishes waits for whoever does so at the same time, and then sees what they published.
const LOCK: Statement =
    Statement::new("active_text.lock", "SELECT hash FROM active_text WHERE kind = $1 FOR UPDATE");
const HISTORY: Statement = Statement::new(
    "published_text.history",
    "SELECT kind, hash, body, publisher, published_at FROM published_text WHERE kind = $1
     ORDER BY published_at DESC, hash LIMIT $2",
);

const BEGINNING: Statement = Statement::new(
    "published_text.beginning",
    "SELECT kind, hash, body, publisher, published_at FROM published_text
     WHERE kind = $1 AND encode(hash, 'hex') LIKE $2 || '%' ORDER BY published_at DESC, hash LIMIT $3",
);

pub(super) const STATEMENTS: &[Statement] = &[PUBLISH, ACTIVATE, BODY, ACTIVE, LOCK, HISTORY, BEGINNING];

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextKind {
    Policy,
    Team,
    Reference,
}

impl TextKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Policy, Self::Team, Self::Reference];

    /// The word in the tables.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Team => "team",
            Self::Reference => "reference",
        }
    }
}

/// A text as it was published.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct PublishedText {
    pub kind: String,
    pub hash: Vec<u8>,
    pub body: String,
    pub publisher: String,
    /// Microseconds.
    pub published_at: i64,
}

/// Publishes a text (once; a published text is never edited) and makes it the active one. The caller has checked it
/// and gives its SHA-256.
///
/// # Errors
/// A statement fails.
pub async fn publish(
    conn: &mut PgConnection,
    kind: TextKind,
    hash: [u8; 32],
    body: &str,
    publisher: &str,
) -> Result<(), StoreError> {
    let insert = PUBLISH.query().bind(kind.code()).bind(hash.to_vec()).bind(body).bind(publisher);
    insert.execute(&mut *conn).await.map_err(|error| PUBLISH.failed(error))?;
    let done = ACTIVATE.query().bind(kind.code()).bind(hash.to_vec()).execute(conn).await;
    done.map_err(|error| ACTIVATE.failed(error))?;
    Ok(())
}

/// The text of a version.
///
/// # Errors
/// The statement fails.
pub async fn body(
    conn: &mut PgConnection,
    kind: TextKind,
    hash: &[u8],
) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = BODY
        .rows()
        .bind(kind.code())
        .bind(hash)
        .fetch_optional(conn)
        .await
        .map_err(|error| BODY.failed(error))?;
    Ok(row.map(|(body,)| body))
}

/// The active text, `None` before the first was published.
///
/// # Errors
/// The statement fails.
pub async fn active(conn: &mut PgConnection, kind: TextKind) -> Result<Option<PublishedText>, StoreError> {
    ACTIVE.rows().bind(kind.code()).fetch_optional(conn).await.map_err(|error| ACTIVE.failed(error))
}

/// Keeps others from publishing a text of this kind until the transaction ends; the first of all has nothing to wait for.
///
/// # Errors
/// The statement fails.
pub async fn lock(conn: &mut PgConnection, kind: TextKind) -> Result<(), StoreError> {
    let locked: Result<Option<(Vec<u8>,)>, sqlx::Error> =
        LOCK.rows().bind(kind.code()).fetch_optional(conn).await;
    locked.map(|_hash| ()).map_err(|error| LOCK.failed(error))
}

/// The newest versions of a text, newest first.
///
/// # Errors
/// The statement fails.
pub async fn history(
    conn: &mut PgConnection,
    kind: TextKind,
    limit: i64,
) -> Result<Vec<PublishedText>, StoreError> {
    HISTORY.rows().bind(kind.code()).bind(limit).fetch_all(conn).await.map_err(|error| HISTORY.failed(error))
}

/// The versions whose hash begins with these hexadecimal digits in lower case, newest first.
///
/// # Errors
/// The statement fails.
pub async fn beginning(
    conn: &mut PgConnection,
    kind: TextKind,
    digits: &str,
    limit: i64,
) -> Result<Vec<PublishedText>, StoreError> {
    let rows = BEGINNING.rows().bind(kind.code()).bind(digits.to_owned()).bind(limit).fetch_all(conn).await;
    rows.map_err(|error| BEGINNING.failed(error))
}
