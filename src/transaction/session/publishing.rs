//! A text put in force on a session's connection, as the command line does it. It checks no text.

use super::{CommitError, Session};
use crate::transaction::operation::{self, Publication, Publishing};

impl Session {
    /// Puts a text in force, as `baton team publish` does.
    ///
    /// # Errors
    /// The database does not answer; nothing is published then.
    pub async fn publish(&mut self, publication: &Publication) -> Result<Publishing, CommitError> {
        self.whole().await?;
        self.dirty = true;
        let done = operation::publish_over(&mut self.conn, publication).await.map_err(CommitError::Store)?;
        self.dirty = false;
        Ok(done)
    }
}
