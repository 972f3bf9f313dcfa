//! What makes this instance ready or not, told by its parts and read by `/readyz`. It never decides what to do about it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Parts that can be unwell, each with the reason; ready when there is none. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Health {
    unwell: Arc<Mutex<BTreeMap<String, String>>>,
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

    fn list(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.unwell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
