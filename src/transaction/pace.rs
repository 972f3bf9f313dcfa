//! Whether lanes have more to read than a transaction takes. A flag for each lane, shared; it slows nobody down by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Lanes that have a flag of their own; those above share theirs.
const FLAGS: usize = 64;

/// What lanes say of themselves. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<AtomicU64>);

impl Pace {
    /// Says whether a lane is behind.
    pub fn set(&self, lane: usize, is_behind: bool) {
        let flag = 1 << (lane % FLAGS);
        if is_behind {
            self.0.fetch_or(flag, Ordering::Relaxed);
        } else {
            self.0.fetch_and(!flag, Ordering::Relaxed);
        }
    }

    /// Whether a lane of this instance is behind.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lane_that_is_behind_is_enough_and_each_speaks_for_itself() {
        let pace = Pace::default();
        let other = pace.clone();
        assert!(!pace.is_behind());
        other.set(1, true);
        other.set(3, true);
        pace.set(1, false);
        assert!(pace.is_behind());
        pace.set(3, false);
        assert!(!other.is_behind());
    }
}
