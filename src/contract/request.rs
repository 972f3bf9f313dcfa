//! A decoded record: who, about what, and one command for the domain. Values only; nothing is read or decided here.

use crate::domain::availability::{Away, Change};
use crate::domain::command::{Command, Nature};
use crate::domain::ids::{AccountId, IdentityKey, KeyKind, LeadId, OpportunityId};
use crate::domain::lead::Origin;
use crate::domain::policy::RejectionCode;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;

/// Where a request came from and who stands behind it.
#[derive(Clone, Debug)]
pub struct Cause {
    /// CloudEvents `source`, as sent. Deletable: rows keep only the HMAC of source and id.
    pub source: String,
    /// CloudEvents `id`, as sent.
    pub id: String,
    /// CloudEvents `type` without the `io.baton.` prefix.
    pub event_type: String,
    pub occurred_at: Moment,
    /// The time was absent, or lay ahead and was clamped.
    pub time_flagged: bool,
    pub actor: Who,
    /// HMAC-SHA256 over source and id under the service key.
    pub hmac: [u8; 32],
    /// W3C `traceparent` of the record, when it had a valid one.
    pub traceparent: Option<String>,
}

/// Who acts, as the record names them; the transaction looks them up in the team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A CRM user key.
    CrmUser {
        system: String,
        id: String,
    },
    /// Somebody of the team, by id (API, pages).
    Member(MemberId),
    /// A feed without a person behind it.
    Feed,
    Router,
    Sweeper,
    /// Whoever runs the service, at its command line.
    Operator,
}

/// A CRM key as it stands on the wire: personal data, kept only in `person`, `parked` and `quarantine`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CrmKey {
    pub system: String,
    pub object: String,
    pub id: String,
}

/// What a record says about a person, direct identifiers included; written to `person` and nowhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonPatch {
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub job_title: Option<String>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub company_name: Option<String>,
    pub company_domain: Option<String>,
    pub employees: Option<u32>,
    pub industry: Option<String>,
    pub crm: Vec<CrmKey>,
    pub anonymous_id: Option<String>,
    pub submission_id: Option<String>,
    pub form_id: Option<String>,
    pub source: Option<String>,
}

impl PersonPatch {
    /// Whether it says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One person that a record names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonRef {
    /// Every key that names the person, strongest first: lead id, CRM keys, e-mail, anonymous id.
    pub keys: Vec<IdentityKey>,
    pub patch: PersonPatch,
    /// The e-mail's part before the @ is a role (`info`, `sales`): such a key never merges two leads.
    pub role_mailbox: bool,
}

impl PersonRef {
    /// One more CRM record of the person; its key stands after the ones there, before the e-mail address.
    pub(crate) fn add_crm(&mut self, identity: IdentityKey, key: CrmKey) {
        if self.patch.crm.contains(&key) {
            return;
        }
        let place = self
            .keys
            .iter()
            .position(|known| !matches!(known.kind, KeyKind::Lead | KeyKind::Crm))
            .unwrap_or(self.keys.len());
        self.keys.insert(place, identity);
        self.patch.crm.push(key);
    }
}

/// Whether a record about somebody unknown makes a lead (LIFECYCLE idea 17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creates {
    /// From any key: CRM created and converted records.
    AnyKey,
    /// From an e-mail address: forms, human clicks and replies, qualify and opportunity facts, ...
    WithEmail,
    /// Never, and the record is filtered as `unknown_person` (e-mail events of strangers).
    NeverFiltered,
    /// Never, and the record waits for an identity.
    NeverParked,
}

/// Money: ten-thousandths of the unit (the finest minor unit in ISO 4217) and the ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    pub ten_thousandths: i64,
    pub currency: String,
}

/// A deal as a record reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealPatch {
    pub id: OpportunityId,
    pub system: String,
    pub external_id: String,
    pub revision: i64,
    /// `opened`, `updated`, `won`, `lost`, `reopened`, `deleted`.
    pub change: &'static str,
    /// `new_business`, `expansion`, `renewal`.
    pub kind: String,
    pub opened_at: Moment,
    pub account: Option<CrmKey>,
    pub stage: Option<String>,
    /// 0 to 100.
    pub probability: Option<i16>,
    pub amount: Option<Money>,
    pub recurring: Option<Money>,
    pub term_months: Option<i32>,
    /// Days since 1970-01-01.
    pub close_date: Option<i32>,
    pub closed_on: Option<i32>,
    pub owner: Option<CrmKey>,
    pub lead_source: Option<String>,
    pub reason: Option<String>,
    pub competitor: Option<String>,
    /// Roles of the contacts, in the order of the request's people.
    pub contacts: Vec<ContactRole>,
}

/// What a contact is to a deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRole {
    pub role: Option<String>,
    pub primary: bool,
}

/// A company as a record reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPatch {
    pub id: AccountId,
    /// `crm:system:id` and `domain:...`, all of them.
    pub keys: Vec<String>,
    pub name: Option<String>,
    pub kind: Option<String>,
    pub owner: Option<CrmKey>,
    pub segment: Option<String>,
    pub region: Option<String>,
    pub customer_since: Option<i32>,
}

/// A CRM user as a record reports them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPatch {
    pub system: String,
    pub id: String,
    pub active: bool,
    pub name: Option<String>,
    pub time_zone: Option<String>,
    /// All absences that the CRM knows of, sorted; at most `availability::AWAY_MAX`.
    pub away: Vec<Away>,
    /// Whom they report to.
    pub manager: Option<CrmKey>,
    /// Names of all the CRM's teams that they are in, sorted; `None` where the record says nothing of it.
    pub teams: Option<Vec<String>>,
}

/// An ask about when somebody of the team is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailabilityAsk {
    pub member: MemberId,
    pub change: Change,
}

/// A campaign as its topic reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignPatch {
    pub id: String,
    pub name: String,
    pub channel: String,
    pub source: String,
    pub origin: Origin,
    pub starts_on: Option<i32>,
    pub ends_on: Option<i32>,
}

/// Money spent, as its topic reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendPatch {
    pub id: String,
    pub revision: i64,
    pub period_start: i32,
    pub period_end: i32,
    pub amount: Money,
    pub department: String,
    pub kind: String,
    pub campaign: Option<String>,
    pub source: Option<String>,
    pub channel: Option<String>,
}

/// Which pattern of rejections marketing answers; its words are the request's note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternAnswer {
    pub code: RejectionCode,
    pub campaign: String,
    /// The rejection that made it a pattern.
    pub begun_at: Moment,
}

/// Until when nobody is told of a source's silence: somebody knows that it is away. A moment that is past ends the pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePause {
    /// `source`, `form`, `type` or `feed`, as the watch over silence names it.
    pub family: String,
    pub name: String,
    pub until: Moment,
}

/// What a record is about.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "requests are boxed whole; a second box would be an allocation per deal"
)]
pub enum Subject {
    Lead,
    Account(AccountPatch),
    User(UserPatch),
    Opportunity(DealPatch),
    Campaign(CampaignPatch),
    Spend(SpendPatch),
    /// The person and all `others` are one, says the CRM.
    Merge,
    /// Marketing's answer to a pattern of rejections.
    PatternAnswer(PatternAnswer),
    /// Somebody of the team is away, back, or switched off.
    Availability(AvailabilityAsk),
    /// Somebody knows that a source is away.
    SourcePause(SourcePause),
}

/// A note that came with a record: free text, kept in `note` and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteText {
    /// `rejection`, `attempt`, `objection`, `question`, ...
    pub theme: String,
    pub text: String,
    pub tags: Vec<String>,
    pub may_quote: bool,
}

/// What a touch row keeps beside the signal (KPIS, attribution).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TouchDetail {
    pub campaign: Option<String>,
    pub source: Option<String>,
    pub medium: Option<String>,
    pub form_id: Option<String>,
}

/// One decoded command with its cause and keys.
#[derive(Clone, Debug)]
pub struct Request {
    pub cause: Cause,
    pub nature: Nature,
    pub subject: Subject,
    pub people: Vec<PersonRef>,
    pub creates: Creates,
    /// `None` where only the subject's own row changes (accounts, users, campaigns, spend).
    pub command: Option<Command>,
    /// The CRM user whom the command names (owner, next owner, proposed owner); looked up in the team.
    pub named: Option<CrmKey>,
    pub note: Option<NoteText>,
    pub touch: Option<TouchDetail>,
    /// Own, test and agency people: counted, never applied.
    pub test: bool,
    /// What an ask saw; facts may name the handoff only.
    pub view: Option<crate::domain::command::View>,
    /// A change that we caused ourselves (`change.caused_by`).
    pub caused_by_us: bool,
    /// The other person of a merge, or whom a duplicate doubles.
    pub others: Vec<PersonRef>,
    /// The lead that the first person of an ask is; asks name leads by id.
    pub lead: Option<LeadId>,
}

/// A record that cannot become a request: the raw bytes go to quarantine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Unreadable {
    /// Stable code: `not_json`, `not_utf8`, `empty`, `tombstone`, `unknown_type`, `unknown_version`, `schema`,
    /// `forbidden_character`, `too_deep`, `too_large`, `missing_attribute`, `bad_time`.
    pub reason: &'static str,
    /// What a person needs to mend it: the place in the document and the rule; never a value from the record.
    pub detail: String,
}

/// A type that Baton knows but does not handle yet, or that it ignores: counted as filtered with this reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    pub reason: &'static str,
}

/// What a record decodes to.
#[derive(Clone, Debug)]
pub enum Decoded {
    Request(Box<Request>),
    Ignored(Ignored),
}
