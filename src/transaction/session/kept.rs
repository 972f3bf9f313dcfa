//! What a redrive reads on a session: parked leads, what queues behind them, records as they were kept. No row is locked.

use super::{CommitError, Session};
use crate::domain::ids::LeadId;
use crate::store::kept::{self, Intake, WaitingRow};
use crate::store::parked_lead;
use crate::transaction::loaded::Waiting;
use crate::transaction::reread;
use std::collections::BTreeSet;
use uuid::Uuid;

impl Session {
    /// Parked leads after one, by id.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn parked_leads(&mut self, after: LeadId, limit: i64) -> Result<Vec<LeadId>, CommitError> {
        self.whole().await?;
        parked_lead::parked(&mut self.conn, after, limit).await.map_err(CommitError::Store)
    }

    /// The leads that hang together with a parked one, and the records that queue behind any of them, in their order.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn queue_behind(
        &mut self,
        lead: LeadId,
        leads_max: i64,
        rows_max: i64,
    ) -> Result<(BTreeSet<LeadId>, Vec<Waiting>), CommitError> {
        self.whole().await?;
        let together =
            parked_lead::together(&mut self.conn, lead, leads_max).await.map_err(CommitError::Store)?;
        let rows =
            parked_lead::behind(&mut self.conn, &together, rows_max).await.map_err(CommitError::Store)?;
        Ok((together, rows.into_iter().map(|row| self.decoded(row)).collect()))
    }

    /// One record that is kept, decoded again; `None` when it is kept no longer.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn kept(&mut self, from: Intake, id: Uuid) -> Result<Option<Waiting>, CommitError> {
        self.whole().await?;
        let row = match from {
            Intake::Parked => parked_lead::one(&mut self.conn, id).await,
            Intake::Quarantined => kept::quarantined(&mut self.conn, id).await,
        };
        Ok(row.map_err(CommitError::Store)?.map(|row| self.decoded(row)))
    }

    /// Settles a kept record without deciding on it; false when somebody has settled it already.
    ///
    /// # Errors
    /// The statement fails; nothing is settled then.
    pub async fn discard(&mut self, from: Intake, id: Uuid, reason: &str) -> Result<bool, CommitError> {
        let now = self.now().await?;
        kept::discard(&mut self.conn, from, id, reason, now).await.map_err(CommitError::Store)
    }

    fn decoded(&self, row: WaitingRow) -> Waiting {
        reread::waiting(&self.settings.decoder, &self.texts.reference, row)
    }
}
