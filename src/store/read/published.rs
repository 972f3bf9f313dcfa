//! What was told to others about a lead, and the texts that decisions were made under. It changes nothing.

use super::Reader;
use crate::domain::ids::LeadId;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use crate::store::text::{self, PublishedText, TextKind};
use sqlx::FromRow;

/// Records of one lead that a page shows, the latest first; sent ones are kept for a week.
const TOLD_MAX: i64 = 20;

/// State records repeat what the events say, so they are left out.
const TOLD: Statement = Statement::new(
    "published.told",
    "SELECT event_type, topic, lead_version, created_at, sent_at, held_reason FROM outbox
     WHERE lead_id = $1 AND topic IN (1, 2) ORDER BY seq DESC LIMIT $2",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[TOLD];

/// One record that goes out.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ToldRead {
    pub event_type: String,
    /// 1: to the CRM, 2: to marketing.
    pub topic: i16,
    pub lead_version: i64,
    /// Microseconds since 1970-01-01.
    pub created_at: i64,
    /// `None` while it waits.
    pub sent_at: Option<i64>,
    /// Why it can never be sent as it is.
    pub held_reason: Option<String>,
}

impl Reader {
    /// What was told to others about a lead lately, the latest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn told(&self, lead: LeadId) -> Result<Vec<ToldRead>, StoreError> {
        let mut conn = self.connection().await?;
        TOLD.rows()
            .bind(lead.0)
            .bind(TOLD_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| TOLD.failed(error))
    }

    /// The policy of a version; `None` where it was never published here.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn policy_text(&self, hash: &[u8]) -> Result<Option<String>, StoreError> {
        let mut conn = self.connection().await?;
        text::body(&mut conn, TextKind::Policy, hash).await
    }

    /// The team's text in force, with who published it and when; `None` before the first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn team_text(&self) -> Result<Option<PublishedText>, StoreError> {
        let mut conn = self.connection().await?;
        text::active(&mut conn, TextKind::Team).await
    }
}
