//! What makes this instance ready or not, told by its parts and read by `/readyz`. It never decides what to do about it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Parts that can be unwell, each with the reason; ready when there is none. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Health {
    unwell: Arc<Mutex<BTreeMap<String, String>>>,
    /// Alarms for people that make the instance no less ready.
    notes: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Health {
    /// Healthy, with nothing told yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that a part is unwell; `why` is for people and holds no personal data. Logs a change once.
    pub fn unwell(&self, part: &str, why: &str) {
        let before = self.list().insert(part.to_owned(), why.to_owned());
        if before.as_deref() != Some(why) {
            tracing::warn!(health.part = part, health.why = why, "not ready");
        }
    }

    /// Says that the service is stopping, as it was asked to: nothing is wrong, and nothing new shall come.
    pub fn stopping(&self) {
        self.list().insert("service".to_owned(), "stopping".to_owned());
        tracing::info!("stopping: not ready any more");
    }

    /// Says that a part is well.
    pub fn well(&self, part: &str) {
        if self.list().remove(part).is_some() {
            tracing::info!(health.part = part, "well again");
        }
    }

    /// Whether every part is well.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.list().is_empty()
    }

    /// Every part that is unwell, with the reason.
    #[must_use]
    pub fn report(&self) -> BTreeMap<String, String> {
        self.list().clone()
    }

    /// Notes something that people have to look at, though the instance is as ready as before. Logs a change once.
    pub fn note(&self, part: &str, what: &str) {
        let before = self.noted().insert(part.to_owned(), what.to_owned());
        if before.as_deref() != Some(what) {
            tracing::warn!(health.part = part, health.what = what, "somebody has to look");
        }
    }

    /// Takes a note back.
    pub fn clear_note(&self, part: &str) {
        if self.noted().remove(part).is_some() {
            tracing::info!(health.part = part, "nothing is left to look at");
        }
    }

    /// Every note.
    #[must_use]
    pub fn notes(&self) -> BTreeMap<String, String> {
        self.noted().clone()
    }

    fn noted(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.unwell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
