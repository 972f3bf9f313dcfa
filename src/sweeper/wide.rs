//! Wide changes, a few leads at a time: a company that became a customer, an active colleague, another policy. What a lead
//! is told is decided in the domain; this never decides it.

use super::Sweeper;
use crate::transaction::batch::{Batch, FanOutStep, Outcome, Stream};
use crate::transaction::session::CommitError;
use crate::transaction::turn;

/// Leads that one transaction of a wide change touches (LIFECYCLE idea 18).
const LEADS: i64 = 200;
/// Steps that one turn takes, so that clocks are not kept waiting by a change that touches everybody.
const STEPS_MAX: usize = 50;
/// Changes that touch nobody and are closed by one statement at most.
const ALONE_MAX: i64 = 5_000;

impl Sweeper {
    /// Takes the next steps of wide changes; says how many.
    ///
    /// # Errors
    /// The database failed; what was not told is told at the next turn.
    pub async fn spread(&mut self) -> Result<usize, CommitError> {
        self.session.settle_fan_outs(ALONE_MAX).await?;
        for taken in 0..STEPS_MAX {
            if !self.step().await? {
                return Ok(taken);
            }
        }
        Ok(STEPS_MAX)
    }

    async fn step(&mut self) -> Result<bool, CommitError> {
        let Some((open, leads)) = self.session.fan_out(LEADS).await? else { return Ok(false) };
        let now = self.session.now().await?;
        let to = leads.iter().map(|lead| lead.id).max();
        let keys = self.session.keys();
        let entries = open
            .task
            .commands(&leads, now)
            .into_iter()
            .map(|(lead, at, command)| turn::tell(keys, &open.key, lead, at, command))
            .collect();
        let step = FanOutStep { key: open.key.clone(), from: open.cursor, to };
        let stream = Some(Stream::Sweep(super::stream_of(&open.key)));
        let batch = Batch { stream, fan_out: Some(step), entries, ..Batch::default() };
        let committed = self.session.commit(&batch).await?;
        if committed.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Applied(_))) {
            (self.wake)();
        }
        Ok(true)
    }
}
