//! The company with both ends of its wire: what it sends, and what its CRM reads. It never looks into the database.

use super::company::{Company, OutRecord};
use super::traffic::{Crm, Ends, Handoff, Producer, TrafficError};
use crate::settings::Settings;
use jiff::Timestamp;

/// Records that are on their way at once: half of what a partition may hold unread.
const ON_THE_WAY_MAX: usize = 1_000;

/// A company that is connected.
pub struct Town {
    pub company: Company,
    producer: Producer,
    crm: Crm,
}

impl Town {
    /// Connects a company; its CRM begins at the end of what is published. Blocks for an answer of the broker.
    ///
    /// # Errors
    /// The clients cannot be built, or the topics are not there.
    pub fn open(settings: &Settings, company: Company) -> Result<Self, TrafficError> {
        Ok(Self { company, producer: Producer::open(settings)?, crm: Crm::open(settings)? })
    }

    /// Lets everything happen up to `until`; gives the records due, which [`Self::send`] is to be given.
    pub fn due(&mut self, until: Timestamp) -> Vec<OutRecord> {
        self.company.advance(until)
    }

    /// Produces records in their order and waits for their delivery; says where the partitions end now.
    ///
    /// # Errors
    /// A record was not delivered.
    pub async fn send(&self, records: &[OutRecord]) -> Result<Ends, TrafficError> {
        let mut ends = Ends::new();
        for part in records.chunks(ON_THE_WAY_MAX) {
            ends.extend(self.producer.send(part).await?);
        }
        Ok(ends)
    }

    /// Reads everything that is published by now and lets the reps react. Blocks; says how many records that were.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn catch_up(&mut self, now: Timestamp) -> Result<Vec<Handoff>, TrafficError> {
        let handoffs = self.crm.read_to_end()?;
        self.observe(&handoffs, now);
        Ok(handoffs)
    }

    /// Reads what has arrived, waiting for nothing, and lets the reps react.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn listen(&mut self, now: Timestamp) -> Result<(), TrafficError> {
        let handoffs = self.crm.read_arrived()?;
        self.observe(&handoffs, now);
        Ok(())
    }

    fn observe(&mut self, handoffs: &[Handoff], now: Timestamp) {
        for (kind, data) in handoffs {
            self.company.observe(kind, data, now);
        }
    }
}
