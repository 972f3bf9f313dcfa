//! Kept records, decided again in the order in which they were kept: what queues behind a parked lead, and what was
//! quarantined. Each step is one batch through the session; it never decides itself.

use super::batch::{Batch, Intake, Outcome, Redrive, Stream};
use super::loaded::{Loaded, Waiting};
use super::session::{CommitError, Session, Trouble};
use super::turn;
use crate::contract::request::Who;
use crate::domain::ids::LeadId;
use crate::store::connect::Connection;
use crate::store::error::StoreError;
use crate::store::{kept, parked_lead};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Records that one transaction takes at most (DELIVERY, Kafka in).
pub const ROWS_MAX: usize = 200;
/// Leads that are looked through for what hangs together; more of them go on in later steps.
const LEADS_MAX: i64 = 1_000;
/// Steps with a lead that settle nothing, before it is left parked: the first may only show which leads hang together.
pub const IDLE_STEPS_MAX: u32 = 2;
/// Streams that number what operators do.
const STREAMS: u8 = 8;

/// What one step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redriven {
    /// Where the records were kept.
    pub from: Intake,
    /// Each record and what became of it, in their order.
    pub outcomes: Vec<(Uuid, Outcome)>,
    /// The lead goes on; `false` while records queue behind it, and for records that name no parked lead.
    pub released: bool,
}

impl Redriven {
    /// Records that are kept no longer.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.outcomes.iter().filter(|(_, outcome)| !stays(self.from, outcome)).count()
    }
}

/// Whether a record with this outcome is kept where it was; a parked one that can't be read is quarantined instead.
#[must_use]
pub fn stays(from: Intake, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Parked(_) => true,
        Outcome::Quarantined(_) => from == Intake::Quarantined,
        Outcome::Applied(_) | Outcome::Duplicate | Outcome::Filtered(_) | Outcome::Refused(_) => false,
    }
}

/// A step that changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// One record alone wakes a fault of ours, or is refused by the database.
    #[error("record {row} cannot be decided")]
    Stuck { row: Uuid, source: CommitError },
    #[error("what is kept could not be decided again")]
    Commit(#[from] CommitError),
}

/// One step with a parked lead: the first records that queue behind it and behind the leads that hang together with it.
/// The lead goes on when none is left; one that fails again keeps it parked.
///
/// # Errors
/// A record alone makes the step fail, or the database does; everything stays as it was.
pub async fn parked_lead(session: &mut Session, lead: LeadId, by: &Who) -> Result<Redriven, RedriveError> {
    let mut rows_max = ROWS_MAX;
    loop {
        let (_, waiting) =
            session.queue_behind(lead, LEADS_MAX, i64::try_from(rows_max).unwrap_or(i64::MAX)).await?;
        let first = waiting.first().map(|row| row.id);
        match commit(session, Intake::Parked, lead, by, waiting).await {
            Ok(outcomes) => {
                let present = session.lead(lead).await?;
                let released = present.is_some_and(|lead| lead.parked.is_none());
                return Ok(Redriven { from: Intake::Parked, outcomes, released });
            }
            Err(source) => {
                let (Trouble::Data, Some(row)) = (source.trouble(), first) else { return Err(source.into()) };
                if rows_max == 1 {
                    return Err(RedriveError::Stuck { row, source });
                }
                rows_max = (rows_max / 2).max(1);
            }
        }
    }
}

/// One kept record, decided again; `None` when it is kept no longer. What queues behind a parked lead goes with its lead,
/// because the records before it come first.
///
/// # Errors
/// The record makes the step fail, or the database does; it stays as it was.
pub async fn record(
    session: &mut Session,
    from: Intake,
    id: Uuid,
    by: &Who,
) -> Result<Option<Redriven>, RedriveError> {
    let Some(waiting) = session.kept(from, id).await? else { return Ok(None) };
    let named = parked_lead::leads_in(&waiting.keys);
    let parked = session.leads(&named).await?.into_iter().find(|lead| lead.parked.is_some());
    if let (Intake::Parked, Some(lead)) = (from, parked) {
        return parked_lead(session, lead.id, by).await.map(Some);
    }
    match commit(session, from, LeadId(id), by, vec![waiting]).await {
        Ok(outcomes) => Ok(Some(Redriven { from, outcomes, released: false })),
        Err(source) if source.trouble() == Trouble::Data => Err(RedriveError::Stuck { row: id, source }),
        Err(source) => Err(source.into()),
    }
}

/// Records that one press of a button settles: so many that whoever else asks meanwhile hardly waits. The command line takes
/// all there are.
pub const ONE_PRESS_MAX: usize = 100;
/// Parked leads of one press: each may have a long queue, which is looked at twice where it stays.
const PRESSED_LEADS_MAX: i64 = 20;

/// What is decided again at one press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The first parked leads, with what queues behind each.
    ParkedLeads,
    /// These records, in their order.
    Records(Intake, Vec<Uuid>),
}

/// A press.
#[derive(Clone, Debug)]
pub struct Again {
    pub wanted: Wanted,
    pub by: Who,
}

/// What one press came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that are kept no longer.
    pub settled: usize,
    /// Records that are kept all the same: decided and no better, or such as cannot be decided.
    pub kept: usize,
    /// Leads that go on.
    pub released: usize,
}

/// A press on its way.
#[derive(Default)]
struct Pressed {
    /// Each record, and whether it stays; a later step overwrites what an earlier one said.
    stays: BTreeMap<Uuid, bool>,
    released: usize,
}

impl Pressed {
    fn settled(&self) -> usize {
        self.stays.values().filter(|stays| !**stays).count()
    }

    /// Takes a step in; a record that cannot be decided stays, and only a database that fails ends the press.
    fn take(&mut self, step: Result<Redriven, RedriveError>) -> Result<Option<Redriven>, CommitError> {
        match step {
            Ok(step) => {
                let stays = step.outcomes.iter().map(|(id, outcome)| (*id, stays(step.from, outcome)));
                self.stays.extend(stays);
                self.released += usize::from(step.released);
                Ok(Some(step))
            }
            Err(RedriveError::Stuck { row, source }) => {
                tracing::warn!(record = %row, error = %source, "a kept record cannot be decided");
                self.stays.insert(row, true);
                Ok(None)
            }
            Err(RedriveError::Commit(source)) => Err(source),
        }
    }

    /// Step by step until the lead goes on, a record keeps it, or the press is over.
    async fn lead(&mut self, session: &mut Session, lead: LeadId, by: &Who) -> Result<(), CommitError> {
        let mut idle = 0;
        while idle < IDLE_STEPS_MAX && self.settled() < ONE_PRESS_MAX {
            // Those that hang together go on together: it may have gone on with an earlier one.
            if session.lead(lead).await?.is_none_or(|present| present.parked.is_none()) {
                return Ok(());
            }
            match self.take(parked_lead(session, lead, by).await)? {
                Some(step) if step.settled() > 0 => idle = 0,
                Some(_) => idle += 1,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

/// Decides again what a press names until about [`ONE_PRESS_MAX`] records are settled, by the steps of the command line.
///
/// # Errors
/// The database fails; what was decided before stays decided.
pub async fn press(session: &mut Session, again: &Again) -> Result<Tally, CommitError> {
    let mut pressed = Pressed::default();
    match &again.wanted {
        Wanted::ParkedLeads => {
            for lead in session.parked_leads(LeadId(Uuid::nil()), PRESSED_LEADS_MAX).await? {
                pressed.lead(session, lead, &again.by).await?;
            }
        }
        Wanted::Records(from, ids) => {
            for id in ids.iter().take(ONE_PRESS_MAX) {
                if let Some(step) = record(session, *from, *id, &again.by).await.transpose() {
                    pressed.take(step)?;
                }
            }
        }
    }
    let settled = pressed.settled();
    Ok(Tally { settled, kept: pressed.stays.len() - settled, released: pressed.released })
}

/// `lead`: names the act, and is let go on with the leads of the records if it is parked.
async fn commit(
    session: &mut Session,
    from: Intake,
    lead: LeadId,
    by: &Who,
    waiting: Vec<Waiting>,
) -> Result<Vec<(Uuid, Outcome)>, CommitError> {
    let now = session.now().await?;
    let act = Box::new(turn::redrive(session.keys(), lead, by.clone(), now));
    let rows: Vec<Uuid> = waiting.iter().map(|row| row.id).collect();
    let leads = match from {
        Intake::Parked => {
            let mut leads = parked_lead::leads_in(waiting.iter().flat_map(|row| &row.keys));
            leads.insert(lead);
            leads
        }
        Intake::Quarantined => BTreeSet::new(),
    };
    let batch = Batch {
        stream: Some(Stream::Web(lead.0.as_bytes()[15] % STREAMS)),
        entries: waiting.into_iter().map(|row| row.entry).collect(),
        redrive: Some(Redrive { from, rows: rows.clone(), leads, act }),
        ..Batch::default()
    };
    let committed = session.commit(&batch).await?;
    Ok(rows.into_iter().zip(committed.outcomes).collect())
}

/// Locks what a redrive takes, if the batch is one, with its leads locked already: nothing more can come to queue behind them.
pub(super) async fn lock(
    conn: &mut Connection,
    batch: &Batch,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let Some(again) = &batch.redrive else { return Ok(()) };
    match again.from {
        Intake::Parked => {
            loaded.kept = kept::lock(conn, &again.rows).await?;
            loaded.queued_behind = parked_lead::beyond(conn, &again.leads, &again.rows).await?;
        }
        Intake::Quarantined => loaded.kept = kept::lock_quarantined(conn, &again.rows).await?,
    }
    Ok(())
}
