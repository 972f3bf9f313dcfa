//! A batch without its commit, and a write set without its plan: for explanations and for the benchmark's floor.

use super::super::apply::apply;
use super::super::batch::Batch;
use super::super::load::{Interrupted, Loading};
use super::super::plan::Planned;
use super::{CommitError, Session};
use crate::domain::time::Moment;
use crate::store::connect;
use crate::store::write_set::WriteSet;

impl Session {
    /// What a batch would write, as of now; everything is rolled back.
    ///
    /// # Errors
    /// The database fails, or keys moved meanwhile; nothing is stored either way.
    pub async fn rehearse(&mut self, batch: &Batch) -> Result<Planned, CommitError> {
        connect::begin(&mut self.conn).await.map_err(CommitError::Store)?;
        self.dirty = true;
        let loading = Loading { batch, texts: &self.texts, decoder: &self.settings.decoder };
        let (loaded, row) = loading.load(&mut self.conn, &mut self.step).await.map_err(plain)?;
        let planned = self.plan(batch, &loaded, &row)?;
        connect::rollback(&mut self.conn).await.map_err(CommitError::Store)?;
        self.dirty = false;
        Ok(planned)
    }

    /// The same statements as `commit`, with a write set planned before: what the database alone costs.
    ///
    /// # Errors
    /// The database fails, or the write set does not fit what is stored.
    pub async fn replay(&mut self, batch: &Batch, write: &WriteSet) -> Result<(), CommitError> {
        connect::begin(&mut self.conn).await.map_err(CommitError::Store)?;
        self.dirty = true;
        let loading = Loading { batch, texts: &self.texts, decoder: &self.settings.decoder };
        let (_loaded, row) = loading.load(&mut self.conn, &mut self.step).await.map_err(plain)?;
        apply(&mut self.conn, write, Moment(row.now), &mut self.step).await.map_err(CommitError::Store)?;
        connect::commit(&mut self.conn).await.map_err(CommitError::Store)?;
        self.dirty = false;
        Ok(())
    }
}

fn plain(interrupted: Interrupted) -> CommitError {
    match interrupted {
        Interrupted::Moved | Interrupted::OtherTexts(_) => CommitError::Moving { attempts: 1 },
        Interrupted::Error(error) => error,
    }
}
