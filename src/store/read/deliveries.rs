//! What was told of one lead beside Kafka, for its page; and how far one person's or pool's leads have moved. It changes
//! nothing.

use super::Reader;
use crate::domain::ids::LeadId;
use crate::store::delivery_desk::{self, Which};
use crate::store::error::StoreError;
use crate::store::statement::Statement;

pub use crate::store::delivery_desk::DeliveryLine;

/// Deliveries that a page shows: an offer to a rep and a pool by two channels each is four.
pub const DELIVERIES_MAX: i64 = 100;

const PULSE_OF: Statement = Statement::new(
    "deliveries.pulse_of",
    "SELECT count(*), coalesce(bit_xor(hashtextextended(id::text, version)), 0) FROM lead
     WHERE ($1::text IS NULL OR holder_id = $1) AND ($2::text IS NULL OR (pool = $2 AND stage IN (2, 3)))",
);

pub(in crate::store) const STATEMENTS: &[Statement] = &[PULSE_OF];

impl Reader {
    /// Deliveries about a lead, the newest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn deliveries_of(&self, lead: LeadId) -> Result<Vec<DeliveryLine>, StoreError> {
        let mut conn = self.connection().await?;
        let which = Which { lead: Some(lead.0), ..Which::default() };
        delivery_desk::list(&mut conn, which, DELIVERIES_MAX).await
    }

    /// Two numbers that change whenever anything changes in the leads that a member holds, or that wait or are offered in
    /// a pool.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn pulse_of(&self, holder: Option<&str>, pool: Option<&str>) -> Result<(i64, i64), StoreError> {
        let mut conn = self.connection().await?;
        let row = PULSE_OF.rows().bind(holder).bind(pool).fetch_one(&mut *conn).await;
        row.map_err(|error| PULSE_OF.failed(error))
    }
}
