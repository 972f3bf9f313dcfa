//! Clocks that came due on an older view of their lead. They change nothing but the lead's audit.

use super::Planner;
use crate::contract::request::Request;
use crate::domain::command::{Actor, Command};
use crate::domain::event::Event;
use crate::domain::ids::LeadId;
use crate::domain::lead::StageKind;
use crate::store::StoreError;
use crate::transaction::batch::Entry;

impl Planner<'_> {
    /// A clock that came due on an older view of the lead does nothing, and says so in the lead's audit.
    pub(super) fn note_stale(
        &mut self,
        entry: &Entry,
        request: &Request,
        lead: LeadId,
        command: &Command,
    ) -> Result<(), StoreError> {
        let Command::PassDeadline(due) = command else { return Ok(()) };
        let Some(state) = self.work(lead).map(|work| &work.row.lead) else { return Ok(()) };
        if state.version == 0 || state.stage.kind() == StageKind::Merged {
            return Ok(());
        }
        let now = state.decided_at.max(self.world.now);
        let event = [Event::ClockStale { kind: due.kind, rung_at: due.rung_at }];
        self.apply(entry, request, lead, &event, &Actor::Sweeper, now, now).map(|_recorded| ())
    }
}
