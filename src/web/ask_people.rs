//! Asks about who a person is, and whether they may be contacted: merge, split, suppress. It looks nobody up.

use super::ask_body::{Around, AskBody};
use super::ask_fields::{DAY_HINT, fault, moment};
use super::problem::FieldFault;
use super::view::asks::AskKind;
use crate::contract::outbound::parse_crm;
use crate::domain::command::Command;
use crate::domain::ids::LeadId;
use crate::domain::lead::SuppressedFor;
use crate::transaction::ask::Other;
use uuid::Uuid;

impl AskBody {
    /// The other lead that the ask names by its id.
    pub(super) fn other(&self, kind: AskKind) -> Option<Other> {
        if kind == AskKind::Split {
            let crm = self.crm.as_deref().and_then(parse_crm);
            return Some(Other::Leaving { email: self.email.clone(), crm });
        }
        let id = self.duplicate_of.as_deref().filter(|_| kind == AskKind::Reject)?;
        Uuid::try_parse(id).ok().map(|id| Other::Lead(LeadId(id)))
    }

    pub(super) fn merge(&self, faults: &mut Vec<FieldFault>) -> Option<Command> {
        match self.other_lead.as_deref().map(Uuid::try_parse) {
            Some(Ok(id)) => Some(Command::MergeLead { into: LeadId(id) }),
            Some(Err(_)) => fault(faults, "other_lead", "format", "a UUID"),
            None => fault(faults, "other_lead", "missing", "name the other lead of the same person"),
        }
    }

    /// The new lead's id follows from the ask, so that a retry names the same one.
    pub(super) fn split(&self, around: &Around<'_>, faults: &mut Vec<FieldFault>) -> Option<Command> {
        if self.email.is_none() && self.crm.is_none() {
            return fault(faults, "email", "missing", "name the address or the CRM record that leaves");
        }
        if self.crm.as_deref().is_some_and(|text| parse_crm(text).is_none()) {
            return fault(faults, "crm", "format", "system:object:id");
        }
        let since = match self.since.as_deref() {
            None => around.now,
            Some(text) => moment(text).or_else(|| fault(faults, "since", "format", DAY_HINT))?,
        };
        let name = Uuid::from_bytes(around.attempt).to_string();
        Some(Command::SplitLead { to: LeadId::derived("baton/web/split", &name, 0), since })
    }

    /// A command that needs words beside it.
    pub(super) fn written(
        &self,
        faults: &mut Vec<FieldFault>,
        hint: &str,
        command: Command,
    ) -> Option<Command> {
        if self.note.is_some() { Some(command) } else { fault(faults, "note", "missing", hint) }
    }

    pub(super) fn suppression(&self, faults: &mut Vec<FieldFault>) -> Option<Command> {
        match self.reason.as_deref() {
            None | Some("opt_out") => Some(Command::SuppressLead { reason: SuppressedFor::OptOut }),
            Some("legal") => Some(Command::SuppressLead { reason: SuppressedFor::Legal }),
            Some(_) => fault(faults, "reason", "unknown", "opt_out or legal"),
        }
    }
}
