//! Wide changes, a few leads at a time: a company that became a customer, an active colleague, another policy. What a lead
//! is told is decided in the domain; this never decides it.

use super::Sweeper;
use crate::clock;
use crate::domain::ids::LeadId;
use crate::transaction::batch::{Batch, Entry, FanOutStep, Outcome, Stream};
use crate::transaction::session::CommitError;
use crate::transaction::turn;
use std::collections::BTreeSet;
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

    /// The next step of the oldest changes; says whether there may be another to take now.
    async fn step(&mut self) -> Result<bool, CommitError> {
        let next = self.session.fan_outs(LEADS).await?;
        let Some((first, _)) = next.first() else { return Ok(false) };
        let stream = Some(Stream::Sweep(super::stream_of(&first.key)));
        let now = self.session.now().await?;
        let keys = self.session.keys();
        let steps: Vec<(FanOutStep, Vec<Entry>)> = next
            .into_iter()
            .map(|(open, leads)| {
                let told = open.task.commands(&leads, now);
                let last = leads.iter().map(|lead| lead.id).max();
                let step = FanOutStep {
                    key: open.key,
                    from: open.cursor,
                    to: last.filter(|_| !open.task.is_one_step()),
                    leads: told.iter().map(|(lead, _, _)| *lead).collect(),
                };
                let entries = told.into_iter();
                let entries = entries
                    .map(|(lead, at, command)| turn::tell(keys, &step.key, lead, at, command))
                    .collect();
                (step, entries)
            })
            .collect();
        let overdue: BTreeSet<LeadId> =
            self.busy.overdue(steps.iter().flat_map(|(step, _)| &step.leads), now);
        let mut batch = Batch { stream, passes_by: overdue.is_empty(), ..Batch::default() };
        for (step, entries) in steps {
            if overdue.is_empty() || !step.leads.is_disjoint(&overdue) {
                batch.entries.extend(entries);
                batch.fan_outs.push(step);
            }
        }
        let committed = self.session.commit(&batch).await?;
        if committed.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Applied(_))) {
            (self.wake)();
        }
        let outcomes = batch.routed_leads().zip(&committed.outcomes);
        let busy: BTreeSet<LeadId> = self.busy.note(outcomes, now).into_iter().collect();
        Ok(batch.fan_outs.iter().any(|step| step.leads.is_disjoint(&busy)))
    }
}
