//! What becomes of a delivery after an attempt: done, tried again, or ended. Pure; it reads no clock.

use crate::domain::ids::EventId;
use crate::domain::time::SECOND;
use crate::store::delivery::{Due, Mark};

/// Waits in seconds of a notice, the last one again and again: an offer of priority 1 must be accepted within minutes.
const NOTICE_RETRY_SECONDS: [u64; 4] = [5, 10, 30, 60];
/// A receiver may ask for a longer wait, up to a day: `Retry-After` of a year would be a way to lose things.
const RETRY_AFTER_SECONDS_MAX: u64 = 86_400;
/// A tenth of each wait is spread, so that what failed together is not tried again together.
const JITTER_PARTS: u64 = 10;

/// What an attempt has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver has it.
    Done(String),
    /// It may pass later; the receiver may have named the seconds.
    Again { status: String, after: Option<u64> },
    /// The receiver wants nothing more, ever.
    Gone(String),
    /// It will never pass.
    Failed(&'static str),
    /// Refused for good by a mail server, with its code.
    Refused(String),
    /// It is not worth telling any more: the lead has moved on, or the person was erased.
    Dropped(&'static str),
}

/// A verdict as it is stored and acted upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub id: i64,
    pub endpoint: String,
    pub state: &'static str,
    pub attempted: bool,
    pub status: String,
    /// Microseconds.
    pub wait: i64,
    /// Why the endpoint is told nothing more.
    pub stop: Option<&'static str>,
}

impl Settled {
    pub(super) fn mark(&self) -> Mark<'_> {
        Mark {
            id: self.id,
            state: self.state,
            attempted: self.attempted,
            status: &self.status,
            wait: self.wait,
        }
    }

    /// How it is counted: a delivery that waits again is none that ended.
    pub(super) fn outcome(&self) -> &'static str {
        if self.state == "waiting" { "again" } else { self.state }
    }
}

/// Settles an attempt of a delivery; `schedule` is the waits of webhooks in seconds.
pub(super) fn settle(due: &Due, channel: &'static str, verdict: Verdict, schedule: &[u64]) -> Settled {
    let settled = |state, status: String, attempted| Settled {
        id: due.id,
        endpoint: due.endpoint.clone(),
        state,
        attempted,
        status,
        wait: 0,
        stop: None,
    };
    match verdict {
        Verdict::Done(status) => settled("done", status, true),
        Verdict::Failed(status) => settled("failed", status.to_owned(), false),
        Verdict::Refused(status) => settled("failed", status, true),
        Verdict::Dropped(status) => settled("dropped", status.to_owned(), false),
        Verdict::Gone(status) => Settled { stop: Some("answered 410"), ..settled("failed", status, true) },
        Verdict::Again { status, after } => {
            let is_webhook = channel == "webhook";
            let before = usize::try_from(due.attempts).unwrap_or(usize::MAX);
            let seconds = if is_webhook {
                schedule.get(before).copied()
            } else {
                NOTICE_RETRY_SECONDS.get(before).or(NOTICE_RETRY_SECONDS.last()).copied()
            };
            let Some(seconds) = seconds else {
                let stop = Some("failed to the end of the schedule");
                return Settled { stop, ..settled("failed", status, true) };
            };
            let seconds = seconds.max(after.unwrap_or(0).min(RETRY_AFTER_SECONDS_MAX));
            let wait = spread(seconds, EventId(due.event_id), before);
            // A notice that could only come after the offer's end has failed.
            if due.expires_at.is_some_and(|end| due.now.saturating_add(wait) >= end) {
                return settled("failed", status, true);
            }
            Settled { wait, ..settled("waiting", status, true) }
        }
    }
}

/// Microseconds of a wait, up to a tenth longer: by the event and the attempt, so that it needs no randomness.
fn spread(seconds: u64, event: EventId, attempt: usize) -> i64 {
    let wait = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
    let [.., byte] = event.0.into_bytes();
    let step = u64::from(byte).wrapping_add(attempt as u64 * 37) % 256;
    let extra = wait.unsigned_abs() / JITTER_PARTS / 256 * step;
    wait.saturating_add(i64::try_from(extra).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const SCHEDULE: [u64; 2] = [5, 300];

    fn due(attempts: i32, expires_at: Option<i64>) -> Due {
        Due {
            id: 1,
            event_id: Uuid::from_u128(255),
            endpoint: "webhook:crm".to_owned(),
            lead_id: None,
            notice: None,
            attempts,
            expires_at,
            body: Vec::new(),
            now: 0,
        }
    }

    fn again() -> Verdict {
        Verdict::Again { status: "http_503".to_owned(), after: None }
    }

    #[test]
    fn a_webhook_follows_its_schedule_and_stops_its_endpoint_at_the_end() {
        for (attempts, seconds) in [(0, 5), (1, 300)] {
            let settled = settle(&due(attempts, None), "webhook", again(), &SCHEDULE);
            assert_eq!((settled.state, settled.stop), ("waiting", None));
            let wait = settled.wait / SECOND;
            assert!((seconds..=seconds + seconds / 10).contains(&wait), "{attempts}: {wait}");
        }
        let settled = settle(&due(2, None), "webhook", again(), &SCHEDULE);
        assert_eq!((settled.state, settled.stop.is_some()), ("failed", true));
    }

    #[test]
    fn gone_stops_the_endpoint_at_once_and_a_wait_that_was_asked_for_is_kept() {
        let settled = settle(&due(0, None), "webhook", Verdict::Gone("http_410".to_owned()), &SCHEDULE);
        assert_eq!((settled.state, settled.stop), ("failed", Some("answered 410")));
        let slower = Verdict::Again { status: "http_429".to_owned(), after: Some(60) };
        assert!(settle(&due(0, None), "webhook", slower, &SCHEDULE).wait >= 60 * SECOND);
        let absurd = Verdict::Again { status: "http_429".to_owned(), after: Some(u64::MAX) };
        assert!(settle(&due(0, None), "webhook", absurd, &SCHEDULE).wait < 2 * 86_400 * SECOND);
    }

    #[test]
    fn a_notice_is_tried_until_the_offer_ends_and_never_stops_a_mailbox() {
        for attempts in [0, 3, 50] {
            let settled = settle(&due(attempts, Some(3_600 * SECOND)), "email", again(), &SCHEDULE);
            assert_eq!((settled.state, settled.stop), ("waiting", None), "{attempts}");
        }
        let settled = settle(&due(1, Some(9 * SECOND)), "email", again(), &SCHEDULE);
        assert_eq!((settled.state, settled.stop), ("failed", None));
    }
}
