//! Kept records, decided again in the order in which they were kept: what queues behind a parked lead, and what was
//! quarantined. Each step is one batch through the session; it never decides itself.

use super::batch::{Batch, Intake, Outcome, Redrive, Stream};
use super::loaded::{Loaded, Waiting};
use super::session::{CommitError, Session, Trouble};
use super::turn;
use crate::domain::ids::LeadId;
use crate::store::connect::Connection;
use crate::store::error::StoreError;
use crate::store::{kept, parked_lead};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Records that one transaction takes at most (DELIVERY, Kafka in).
pub const ROWS_MAX: usize = 200;
/// Leads that are looked through for what hangs together; more of them go on in later steps.
const LEADS_MAX: i64 = 1_000;
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
pub async fn parked_lead(session: &mut Session, lead: LeadId) -> Result<Redriven, RedriveError> {
    let mut rows_max = ROWS_MAX;
    loop {
        let (_, waiting) =
            session.queue_behind(lead, LEADS_MAX, i64::try_from(rows_max).unwrap_or(i64::MAX)).await?;
        let first = waiting.first().map(|row| row.id);
        match commit(session, Intake::Parked, lead, waiting).await {
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
pub async fn record(session: &mut Session, from: Intake, id: Uuid) -> Result<Option<Redriven>, RedriveError> {
    let Some(waiting) = session.kept(from, id).await? else { return Ok(None) };
    let named = parked_lead::leads_in(&waiting.keys);
    let parked = session.leads(&named).await?.into_iter().find(|lead| lead.parked.is_some());
    if let (Intake::Parked, Some(lead)) = (from, parked) {
        return parked_lead(session, lead.id).await.map(Some);
    }
    match commit(session, from, LeadId(id), vec![waiting]).await {
        Ok(outcomes) => Ok(Some(Redriven { from, outcomes, released: false })),
        Err(source) if source.trouble() == Trouble::Data => Err(RedriveError::Stuck { row: id, source }),
        Err(source) => Err(source.into()),
    }
}

/// `lead`: names the act, and is let go on with the leads of the records if it is parked.
async fn commit(
    session: &mut Session,
    from: Intake,
    lead: LeadId,
    waiting: Vec<Waiting>,
) -> Result<Vec<(Uuid, Outcome)>, CommitError> {
    let now = session.now().await?;
    let act = Box::new(turn::redrive(session.keys(), lead, now));
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
