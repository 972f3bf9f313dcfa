//! Facts that were told before: a retry that restamps its time passes the duplicate key, and is known by its cause here.
//! It judges no fact by what it says.

use super::Planner;
use crate::contract::request::Request;
use crate::transaction::batch::{Entry, Outcome};
use crate::transaction::collect;

impl Planner<'_> {
    /// Whether this record, with this content, was decided on before.
    pub(super) fn was_told(&self, entry: &Entry, request: &Request) -> bool {
        let record = (request.cause.hmac, entry.content);
        collect::is_known_by_cause(request)
            && (self.told.contains(&record) || self.loaded.told.contains(&record))
    }

    /// Remembers what this record came to, for the rest of the batch; what changed nothing may be judged again.
    pub(super) fn remember(&mut self, entry: &Entry, request: &Request, outcome: &Outcome) {
        let decided = match outcome {
            Outcome::Applied(_) | Outcome::Refused(_) => true,
            Outcome::Duplicate | Outcome::Filtered(_) | Outcome::Parked(_) | Outcome::Quarantined(_) => false,
        };
        if decided && collect::is_known_by_cause(request) {
            self.told.insert((request.cause.hmac, entry.content));
        }
    }
}
