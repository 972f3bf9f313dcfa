//! Tokens, links and sessions: only hashes are stored, so that a copy of the table opens no door.

use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::LeadId;
use crate::domain::time::Moment;
use sqlx::{FromRow, PgPool};

const INSERT: Statement = Statement::new(
    "token.insert",
    "INSERT INTO token (hash, name, kind, member, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $6)",
);
// Real time, never the told one: what opens doors must not follow a demonstration's calendar.
const FIND: Statement = Statement::new(
    "token.find",
    "SELECT hash, name, kind, member, scopes, created_at, expires_at, revoked_at, used_at, \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now FROM token WHERE hash = $1",
);
const USE_LINK: Statement = Statement::new(
    "token.use_link",
    "UPDATE token SET used_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint \
     WHERE hash = $1 AND kind = 'link' AND used_at IS NULL AND revoked_at IS NULL \
     AND (expires_at IS NULL OR expires_at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)",
);
const REVOKE: Statement = Statement::new(
    "token.revoke",
    "UPDATE token SET revoked_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint \
     WHERE name = $1 AND revoked_at IS NULL",
);
const REVOKE_ONE: Statement = Statement::new(
    "token.revoke_one",
    "UPDATE token SET revoked_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint \
     WHERE hash = $1 AND revoked_at IS NULL",
);
const LIST: Statement = Statement::new(
    "token.list",
    "SELECT hash, name, kind, member, scopes, created_at, expires_at, revoked_at, used_at, \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now FROM token ORDER BY created_at DESC, hash LIMIT 500",
);
const LINK_USED: Statement = Statement::new("link_use.get", "SELECT used_at FROM link_use WHERE hash = $1");
const USE_UP_LINK: Statement = Statement::new(
    "link_use.insert",
    "INSERT INTO link_use (hash, lead_id, member, action, used_at) VALUES ($1, $2, $3, $4, \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) ON CONFLICT (hash) DO NOTHING",
);

/// Every statement of this file, for the test that prepares them all.
pub(super) const STATEMENTS: &[Statement] =
    &[INSERT, FIND, USE_LINK, REVOKE, REVOKE_ONE, LIST, LINK_USED, USE_UP_LINK];

/// A token as stored.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct TokenRow {
    /// SHA-256 of the token's text.
    pub hash: Vec<u8>,
    pub name: String,
    /// `bearer`, `link` or `session`.
    pub kind: String,
    pub member: Option<String>,
    pub scopes: Vec<String>,
    /// Microseconds since 1970-01-01, as all times here.
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub used_at: Option<i64>,
    /// The database's real time when this was read.
    pub now: i64,
}

impl TokenRow {
    /// Whether it still opens anything.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.revoked_at.is_none()
            && self.expires_at.is_none_or(|at| at > self.now)
            && (self.kind != "link" || self.used_at.is_none())
    }

    /// Created at, as a moment.
    #[must_use]
    pub fn created(&self) -> Moment {
        Moment(self.created_at)
    }
}

/// A token to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken<'a> {
    pub hash: [u8; 32],
    pub name: &'a str,
    pub kind: &'static str,
    pub member: Option<&'a str>,
    pub scopes: Vec<String>,
    /// Microseconds from now; `None` never ends.
    pub lives: Option<i64>,
}

/// The table of tokens.
#[derive(Clone, Debug)]
pub struct Tokens {
    pool: PgPool,
}

impl Tokens {
    /// Over connections that may write the table.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Stores a token.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn insert(&self, token: &NewToken<'_>) -> Result<(), StoreError> {
        INSERT
            .query()
            .bind(token.hash.to_vec())
            .bind(token.name.to_owned())
            .bind(token.kind)
            .bind(token.member.map(str::to_owned))
            .bind(token.scopes.clone())
            .bind(token.lives)
            .execute(&self.pool)
            .await
            .map_err(|error| INSERT.failed(error))?;
        Ok(())
    }

    /// The token of a hash, live or not.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(&self, hash: [u8; 32]) -> Result<Option<TokenRow>, StoreError> {
        FIND.rows().bind(hash.to_vec()).fetch_optional(&self.pool).await.map_err(|error| FIND.failed(error))
    }

    /// Uses up a live link; `false` where it is used, over, revoked or no link. Of two at once one gets `true`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn use_link(&self, hash: [u8; 32]) -> Result<bool, StoreError> {
        let done = USE_LINK
            .query()
            .bind(hash.to_vec())
            .execute(&self.pool)
            .await
            .map_err(|error| USE_LINK.failed(error))?;
        Ok(done.rows_affected() == 1)
    }

    /// Revokes every token, link and session of a name; how many that were.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn revoke(&self, name: &str) -> Result<u64, StoreError> {
        let done = REVOKE
            .query()
            .bind(name.to_owned())
            .execute(&self.pool)
            .await
            .map_err(|error| REVOKE.failed(error))?;
        Ok(done.rows_affected())
    }

    /// Revokes one, as signing out does.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn revoke_one(&self, hash: [u8; 32]) -> Result<(), StoreError> {
        REVOKE_ONE
            .query()
            .bind(hash.to_vec())
            .execute(&self.pool)
            .await
            .map_err(|error| REVOKE_ONE.failed(error))?;
        Ok(())
    }

    /// The newest 500.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn list(&self) -> Result<Vec<TokenRow>, StoreError> {
        LIST.rows().fetch_all(&self.pool).await.map_err(|error| LIST.failed(error))
    }

    /// When a one-time link of a notice was used, if it was.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn link_used(&self, hash: [u8; 32]) -> Result<Option<Moment>, StoreError> {
        let row: Option<(i64,)> = LINK_USED
            .rows()
            .bind(hash.to_vec())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| LINK_USED.failed(error))?;
        Ok(row.map(|(at,)| Moment(at)))
    }

    /// Uses up a one-time link of a notice; of two at once one gets `true`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn use_up_link(
        &self,
        hash: [u8; 32],
        lead: LeadId,
        member: &str,
        action: &'static str,
    ) -> Result<bool, StoreError> {
        let done = USE_UP_LINK
            .query()
            .bind(hash.to_vec())
            .bind(lead.0)
            .bind(member.to_owned())
            .bind(action)
            .execute(&self.pool)
            .await
            .map_err(|error| USE_UP_LINK.failed(error))?;
        Ok(done.rows_affected() == 1)
    }
}
