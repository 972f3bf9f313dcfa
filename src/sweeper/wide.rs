//! Wide changes, a few leads at a time: a company that became a customer, an active colleague, another policy. What a lead
//! is told is decided in the domain; this never decides it.

use super::Sweeper;
use crate::clock;
use crate::transaction::batch::{Batch, FanOutStep, Outcome, Stream};
use crate::transaction::session::CommitError;
use crate::transaction::turn;
use std::time::Duration;

/// Leads that one transaction of a wide change touches (LIFECYCLE idea 18).
const LEADS: i64 = 200;
/// How long the steps of one turn may take, so that clocks are not kept waiting by a change that touches everybody.
const TURN_MOST: Duration = Duration::from_millis(200);
/// Changes that are looked at together for whether they touch anybody.
const ALONE_MAX: i64 = 5_000;

impl Sweeper {
    /// Takes the next steps of wide changes; says how many. One alone where clocks are `behind`.
    ///
    /// # Errors
    /// The database failed; what was not told is told at the next turn.
    pub async fn spread(&mut self, behind: bool) -> Result<usize, CommitError> {
        let began = clock::instant();
        if !behind {
            self.session.settle_fan_outs(&mut self.looked_at, ALONE_MAX).await?;
        }
        let mut taken = 0;
        while self.step().await? {
            taken += 1;
            if behind || began.elapsed() >= TURN_MOST {
                break;
            }
        }
        Ok(taken)
    }

    async fn step(&mut self) -> Result<bool, CommitError> {
        let next = self.session.fan_outs(LEADS).await?;
        let Some((first, _)) = next.first() else { return Ok(false) };
        let stream = Some(Stream::Sweep(super::stream_of(&first.key)));
        let now = self.session.now().await?;
        let keys = self.session.keys();
        let mut batch = Batch { stream, ..Batch::default() };
        for (open, leads) in next {
            let told = open.task.commands(&leads, now).into_iter();
            batch
                .entries
                .extend(told.map(|(lead, at, command)| turn::tell(keys, &open.key, lead, at, command)));
            let last = leads.iter().map(|lead| lead.id).max();
            let to = last.filter(|_| !open.task.is_one_step());
            batch.fan_outs.push(FanOutStep { key: open.key, from: open.cursor, to });
        }
        let committed = self.session.commit(&batch).await?;
        if committed.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Applied(_))) {
            (self.wake)();
        }
        Ok(true)
    }
}
