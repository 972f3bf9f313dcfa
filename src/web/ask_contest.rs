//! Asks of the handshake: a contest, its verdict. It looks nobody up and decides nothing.

use super::ask_body::AskBody;
use super::ask_fields::fault;
use super::problem::FieldFault;
use crate::domain::command::Command;
use crate::domain::contest::Ruling;
use crate::domain::ids::HandoffId;

impl AskBody {
    pub(super) fn contest(&self, faults: &mut Vec<FieldFault>) -> Option<Command> {
        Some(Command::ContestRejection { handoff: self.contested(faults)? })
    }

    pub(super) fn settle(&self, faults: &mut Vec<FieldFault>) -> Option<Command> {
        let handoff = self.contested(faults);
        let ruling = match self.verdict.as_deref() {
            Some(text) => {
                Ruling::parse(text).or_else(|| fault(faults, "verdict", "unknown", "uphold or overturn"))
            }
            None => fault(faults, "verdict", "missing", "uphold or overturn"),
        };
        Some(Command::SettleContest { handoff: handoff?, ruling: ruling? })
    }

    fn contested(&self, faults: &mut Vec<FieldFault>) -> Option<HandoffId> {
        if self.handoff_id.is_none() {
            return fault(faults, "handoff_id", "missing", "name the handoff whose rejection it is about");
        }
        self.handoff(faults)
    }
}
