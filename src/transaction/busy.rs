//! Leads that a turn of router or sweeper passed by, since another transaction held them. Data only.

use super::batch::Outcome;
use crate::domain::ids::LeadId;
use crate::domain::time::{MINUTE, Moment, SECOND};
use std::collections::BTreeMap;

/// The reason of an entry whose lead was passed by.
pub const BUSY: &str = "busy";
/// A lead that was passed by for so long is waited for: a busy one must not miss its moment, and a lane's transaction takes a
/// fraction of this.
const WAITED_FOR: i64 = SECOND;
/// A lead that nobody asked for again for so long went another way.
const FORGOTTEN: i64 = MINUTE;

/// Since when leads are passed by.
#[derive(Debug, Default)]
pub struct Busy {
    since: BTreeMap<LeadId, Moment>,
}

impl Busy {
    /// Those of the leads that were passed by for too long: the next batch is theirs alone, and waits for them.
    #[must_use]
    pub fn overdue<'a, L: FromIterator<LeadId>>(
        &self,
        leads: impl IntoIterator<Item = &'a LeadId>,
        now: Moment,
    ) -> L {
        let is_overdue =
            |lead: &LeadId| self.since.get(lead).is_some_and(|since| now.since(*since) >= WAITED_FOR);
        leads.into_iter().copied().filter(is_overdue).collect()
    }

    /// Notes what became of the leads of a batch; says which were passed by.
    pub fn note<'a>(
        &mut self,
        outcomes: impl IntoIterator<Item = (LeadId, &'a Outcome)>,
        now: Moment,
    ) -> Vec<LeadId> {
        self.since.retain(|_, since| now.since(*since) < FORGOTTEN);
        let mut passed_by = Vec::new();
        for (lead, outcome) in outcomes {
            if *outcome == Outcome::Filtered(BUSY) {
                self.since.entry(lead).or_insert(now);
                passed_by.push(lead);
            } else {
                self.since.remove(&lead);
            }
        }
        passed_by
    }

    /// Whether some lead is passed by.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.since.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_lead_that_is_passed_by_for_a_second_is_waited_for() {
        let (lead, other) = (LeadId(Uuid::from_u128(1)), LeadId(Uuid::from_u128(2)));
        let (busy, done) = (Outcome::Filtered(BUSY), Outcome::Applied("offer"));
        let start = Moment(0);
        let mut passed = Busy::default();
        assert_eq!(passed.note([(lead, &busy), (other, &done)], start), [lead]);
        assert!(passed.is_any() && passed.overdue::<Vec<_>>(&[lead, other], start).is_empty());
        assert_eq!(
            passed.note([(lead, &busy)], start.plus(WAITED_FOR)),
            [lead],
            "it counts from the first time"
        );
        assert_eq!(passed.overdue::<Vec<_>>(&[lead, other], start.plus(WAITED_FOR)), [lead]);
        assert!(passed.note([(lead, &done)], start.plus(WAITED_FOR)).is_empty());
        assert!(!passed.is_any());
    }

    #[test]
    fn a_lead_that_went_another_way_is_forgotten() {
        let lead = LeadId(Uuid::from_u128(1));
        let (busy, start) = (Outcome::Filtered(BUSY), Moment(0));
        let mut passed = Busy::default();
        passed.note([(lead, &busy)], start);
        passed.note([], start.plus(FORGOTTEN));
        assert!(!passed.is_any());
    }
}
