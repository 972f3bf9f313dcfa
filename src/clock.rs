//! The machine's clocks, for waiting, measuring and stamping what is sent. Decisions never use them: those take database time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point for measuring spans of time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Microseconds since 1970-01-01T00:00:00Z by the machine's clock; 0 when that stands before.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub fn wall_micros() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A wait that grows: `first * 2^tries`, at most `most`, of which a random half is taken off so that instances spread.
#[must_use]
pub fn backoff(first: Duration, most: Duration, tries: u32) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(tries.min(16))).min(most);
    full.mul_f64(1.0 - 0.5 * share())
}

/// A number from 0 to 1; without entropy the middle will do.
fn share() -> f64 {
    let mut bytes = [0_u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::backoff;
    use std::time::Duration;

    #[test]
    fn a_backoff_grows_and_stays_under_its_bound() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        assert!((50..=100).contains(&backoff(first, most, 0).as_millis()));
        assert!((200..=400).contains(&backoff(first, most, 2).as_millis()));
        assert!((2_500..=5_000).contains(&backoff(first, most, 40).as_millis()));
    }
}
