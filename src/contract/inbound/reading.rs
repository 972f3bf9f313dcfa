//! One record on its way to a request: what every type needs. It never knows a topic.

use super::fields::Fields;
use super::people::Named;
use crate::contract::keys::Keys;
use crate::contract::request::{
    Cause, Creates, CrmKey, Decoded, Ignored, NoteText, PersonRef, Request, Subject, Who,
};
use crate::domain::command::{Command, Nature, Report, View};
use crate::domain::ids::{HandoffId, LeadId};
use crate::domain::lead::Origin;
use crate::domain::policy::Reference;
use crate::domain::profile::Stamp;
use crate::domain::signal::{Signal, SignalId, SignalKind};
use crate::domain::time::Moment;
use uuid::Uuid;

/// A record whose schema has passed, and what its reading rests on.
pub(super) struct Reading<'a> {
    pub data: Fields<'a>,
    pub cause: Cause,
    pub stamp: Stamp,
    pub signal: SignalId,
    pub keys: &'a Keys,
    pub reference: &'a Reference,
}

impl Reading<'_> {
    /// A fact about a lead, without a command yet.
    pub(super) fn fact(&self, named: Named, creates: Creates) -> Request {
        Request { test: named.own, people: vec![named.person], ..self.about(Subject::Lead, creates) }
    }

    /// A fact about a subject that names nobody.
    pub(super) fn about(&self, subject: Subject, creates: Creates) -> Request {
        Request {
            cause: self.cause.clone(),
            nature: Nature::Fact,
            subject,
            people: Vec::new(),
            creates,
            command: None,
            named: None,
            note: None,
            touch: None,
            test: false,
            view: None,
            caused_by_us: self.data.object("change").has("caused_by"),
            others: Vec::new(),
            lead: None,
        }
    }

    /// What a record says of features and guards; the types that carry a campaign or consent add it.
    pub(super) fn report(&self, named: &Named, origin: Option<Origin>) -> Report {
        Report {
            patch: named.features.clone(),
            stamp: self.stamp,
            guards: named.guards,
            origin,
            ..Report::default()
        }
    }

    /// What the address alone says, on records that say nothing else of the person: it fills what is empty and never
    /// overwrites what somebody stated, whichever came first.
    pub(super) fn derived(&self, named: &Named, origin: Option<Origin>) -> Report {
        Report { stamp: Stamp { at: Moment::EVER, by: 0 }, ..self.report(named, origin) }
    }

    /// The signal that this record is.
    pub(super) fn signal(&self, kind: SignalKind, about: u32, automated: bool) -> Signal {
        Signal { id: self.signal, kind, at: self.cause.occurred_at, about, automated }
    }

    /// Our id of the campaign that the record names.
    pub(super) fn campaign(&self) -> Option<String> {
        self.data.text("campaign_id").map(|foreign| self.reference.campaign(foreign).to_owned())
    }

    /// The person whom a fact names by `lead_id`, `crm` or `person.email`.
    pub(super) fn who(&self) -> Named {
        Named::by_email(self, self.data.object("person"), self.lead_id(), self.data.crm("crm"), None)
    }

    /// The same with every particular that a record about a person may carry.
    pub(super) fn who_in_full(&self) -> Named {
        Named::read(self, self.data.object("person"), self.lead_id(), self.data.crm("crm"), None)
    }

    /// A person of whom a record gives nothing but one CRM key.
    pub(super) fn by_crm(&self, key: CrmKey) -> PersonRef {
        Named::by_email(self, Fields::nothing(), None, Some(key), None).person
    }

    /// The person whom `duplicate_of` names.
    pub(super) fn doubled(&self) -> Option<PersonRef> {
        let other = self.data.object("duplicate_of");
        if other.is_empty() {
            return None;
        }
        Some(Named::by_email(self, Fields::nothing(), lead_id(other), other.crm("crm"), None).person)
    }

    /// The lead id of a fact.
    pub(super) fn lead_id(&self) -> Option<LeadId> {
        lead_id(self.data)
    }

    /// The handoff that the fact speaks of.
    pub(super) fn view(&self) -> Option<View> {
        let handoff = uuid(self.data, "handoff_id").map(HandoffId)?;
        Some(View { handoff: Some(handoff), custody_version: None })
    }

    /// The note that came with it.
    pub(super) fn note(&self, theme: &str) -> Option<NoteText> {
        Some(NoteText {
            theme: theme.to_owned(),
            text: self.data.owned("note")?,
            tags: Vec::new(),
            may_quote: false,
        })
    }
}

/// The request with the CRM user who acts, as `actor` or another member names them.
pub(super) fn acted_by(mut request: Request, actor: Option<CrmKey>) -> Request {
    if let Some(actor) = actor {
        request.cause.actor = Who::CrmUser { system: actor.system, id: actor.id };
    }
    request
}

/// The lead id that an object names.
pub(super) fn lead_id(fields: Fields<'_>) -> Option<LeadId> {
    uuid(fields, "lead_id").map(LeadId)
}

fn uuid(fields: Fields<'_>, name: &str) -> Option<Uuid> {
    Uuid::try_parse(fields.text(name)?).ok()
}

/// A finished request with its command.
pub(super) fn commanded(request: Request, command: Command) -> Decoded {
    Decoded::Request(Box::new(Request { command: Some(command), ..request }))
}

/// A request that changes only its subject's own row.
pub(super) fn row_only(request: Request) -> Decoded {
    Decoded::Request(Box::new(request))
}

/// A type that is known and counted, and changes nothing in this version.
pub(super) fn ignored(reason: &'static str) -> Decoded {
    Decoded::Ignored(Ignored { reason })
}
