//! Which rows a batch will need, from its entries alone. Pure; it never knows what is stored.

use super::batch::{Batch, Entry};
use crate::contract::request::{Decoded, Request, Subject};
use crate::domain::command::{Command, Nature};
use crate::domain::ids::{AccountId, IdentityKey, KeyKind, LeadId, OpportunityId};
use crate::store::duplicate::KeyRow;
use crate::store::rows::AuditSubject;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Everything that entries name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Keys that may name a person; lead ids stand in `leads`.
    pub keys: BTreeSet<IdentityKey>,
    pub leads: BTreeSet<LeadId>,
    /// Anonymous ids that stand beside another key, so that the record may bind them.
    pub binding: BTreeSet<IdentityKey>,
    pub account_keys: BTreeSet<String>,
    /// Companies that a record is about, by the id it would give them.
    pub accounts: BTreeSet<AccountId>,
    /// Keys of companies that a record is about: whoever they name is written.
    pub written_account_keys: BTreeSet<String>,
    pub opportunities: BTreeSet<OpportunityId>,
    /// Subjects of which a record tells, besides companies and deals, as the audit names them.
    pub subjects: BTreeSet<AuditSubject>,
    /// Campaigns that records are about, or that somebody came by.
    pub campaigns: BTreeSet<String>,
}

impl Named {
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut named = Self::default();
        for entry in entries {
            if let Ok(Decoded::Request(request)) = &entry.decoded {
                named.add(request);
            }
        }
        named
    }

    /// Takes over what others name.
    pub fn extend(&mut self, more: Self) {
        self.keys.extend(more.keys);
        self.leads.extend(more.leads);
        self.binding.extend(more.binding);
        self.account_keys.extend(more.account_keys);
        self.accounts.extend(more.accounts);
        self.written_account_keys.extend(more.written_account_keys);
        self.opportunities.extend(more.opportunities);
        self.subjects.extend(more.subjects);
        self.campaigns.extend(more.campaigns);
    }

    fn add(&mut self, request: &Request) {
        self.leads.extend(request.lead);
        if let Some(Command::MergeLead { into }) = &request.command {
            self.leads.insert(*into);
        }
        for person in request.people.iter().chain(&request.others) {
            for key in &person.keys {
                match key.kind {
                    KeyKind::Lead => {
                        self.leads.insert(LeadId(Uuid::from_bytes(key.digest)));
                    }
                    KeyKind::Email | KeyKind::Crm => {
                        self.keys.insert(*key);
                    }
                    KeyKind::Anonymous => {
                        self.keys.insert(*key);
                        if person.keys.len() > 1 {
                            self.binding.insert(*key);
                        }
                    }
                }
            }
            let domain = person.patch.company_domain.as_ref().map(|domain| format!("domain:{domain}"));
            self.account_keys.extend(domain);
            for key in person.patch.crm.iter().filter(|key| key.object == "account") {
                self.account_keys.insert(format!("crm:{}:{}", key.system, key.id));
            }
        }
        let came_by = request.command.as_ref().and_then(|command| command.report()?.campaign.clone());
        self.campaigns.extend(came_by);
        if let Subject::Campaign(patch) = &request.subject {
            self.campaigns.insert(patch.id.clone());
        }
        match &request.subject {
            Subject::Account(patch) => {
                self.accounts.insert(patch.id);
                self.account_keys.extend(patch.keys.iter().cloned());
                self.written_account_keys.extend(patch.keys.iter().cloned());
            }
            Subject::Opportunity(patch) => {
                self.opportunities.insert(patch.id);
                self.account_keys
                    .extend(patch.account.as_ref().map(|key| format!("crm:{}:{}", key.system, key.id)));
            }
            Subject::User(_)
            | Subject::Availability(_)
            | Subject::Campaign(_)
            | Subject::Spend(_)
            | Subject::PatternAnswer(_)
            | Subject::SourcePause(_) => {
                self.subjects.extend(audited(&request.subject));
            }
            Subject::Lead | Subject::Merge => {}
        }
        if let Some(domain) = report_domain(request) {
            self.account_keys.insert(format!("domain:{domain}"));
        }
    }
}

/// How the audit names the subject of a record; a company is named once its keys are resolved.
pub fn audited(subject: &Subject) -> Option<AuditSubject> {
    match subject {
        Subject::Lead | Subject::Account(_) | Subject::Merge => None,
        Subject::Opportunity(patch) => Some(AuditSubject::Opportunity(patch.id)),
        Subject::User(patch) => {
            Some(AuditSubject::named(AuditSubject::User, &format!("{}\u{0}{}", patch.system, patch.id)))
        }
        Subject::Availability(ask) => {
            Some(AuditSubject::named(AuditSubject::User, &format!("member\u{0}{}", ask.member)))
        }
        Subject::Campaign(patch) => Some(AuditSubject::named(AuditSubject::Campaign, &patch.id)),
        Subject::PatternAnswer(answer) => Some(AuditSubject::named(AuditSubject::Campaign, &answer.campaign)),
        Subject::Spend(patch) => Some(AuditSubject::named(AuditSubject::Spend, &patch.id)),
        Subject::SourcePause(pause) => {
            let name = format!("silence\u{0}{}\u{0}{}", pause.family, pause.name);
            Some(AuditSubject::named(AuditSubject::Campaign, &name))
        }
    }
}

/// The company domain that a command's own report carries.
fn report_domain(request: &Request) -> Option<&String> {
    request.command.as_ref()?.report()?.patch.company_domain.as_ref()
}

/// The known leads that erasures of the batch name.
pub(super) fn erased(entries: &[Entry], leads: &BTreeMap<IdentityKey, LeadId>) -> BTreeSet<LeadId> {
    let requests = entries.iter().filter_map(|entry| match &entry.decoded {
        Ok(Decoded::Request(request)) if request.command == Some(Command::EraseLead) => Some(request),
        Ok(Decoded::Request(_) | Decoded::Ignored(_)) | Err(_) => None,
    });
    requests
        .flat_map(|request| {
            let keys = request.people.iter().flat_map(|person| &person.keys);
            let named = keys.filter_map(|key| match key.kind {
                KeyKind::Lead => Some(LeadId(Uuid::from_bytes(key.digest))),
                KeyKind::Email | KeyKind::Crm | KeyKind::Anonymous => leads.get(key).copied(),
            });
            request.lead.into_iter().chain(named)
        })
        .collect()
}

/// Leads that may turn out to be one person, given whom the keys name: of each record all that it names at once.
pub fn merging(
    entries: &[&Entry],
    named_by: &BTreeMap<IdentityKey, LeadId>,
    survivors: &BTreeMap<LeadId, LeadId>,
) -> BTreeSet<LeadId> {
    let mut merging = BTreeSet::new();
    for entry in entries {
        let Ok(Decoded::Request(request)) = &entry.decoded else { continue };
        let lead_of = |key: &IdentityKey| match key.kind {
            KeyKind::Lead => {
                let lead = LeadId(Uuid::from_bytes(key.digest));
                Some(survivors.get(&lead).copied().unwrap_or(lead))
            }
            KeyKind::Email | KeyKind::Crm => named_by.get(key).copied(),
            KeyKind::Anonymous => None,
        };
        let of = |person: &crate::contract::request::PersonRef| -> BTreeSet<LeadId> {
            person.keys.iter().filter_map(lead_of).collect()
        };
        let together = match &request.command {
            Some(Command::MergeLead { into }) => Some(BTreeSet::from([*into])),
            Some(_) | None if !request.others.is_empty() => {
                Some(request.others.iter().flat_map(of).collect())
            }
            Some(_) | None => None,
        };
        for person in &request.people {
            // Most records name a person by one key, which cannot name two leads.
            if together.is_none() && person.keys.len() < 2 {
                continue;
            }
            let mut one: BTreeSet<LeadId> = of(person);
            one.extend(together.iter().flatten());
            if one.len() > 1 {
                merging.extend(one);
            }
        }
    }
    merging
}

/// The duplicate keys of a batch, each with the content of its first record.
pub fn duplicate_keys(batch: &Batch) -> Vec<KeyRow> {
    let mut first = BTreeMap::new();
    for entry in &batch.entries {
        // What can't be read is kept under its offset; only readable records are told from their repetition.
        if let (Some(key), Ok(_)) = (entry.duplicate, &entry.decoded) {
            first.entry(key).or_insert(entry.content);
        }
    }
    first
        .into_iter()
        .map(|(key, content)| KeyRow { minute: key.minute, digest: key.digest, content })
        .collect()
}

/// Causes of the facts that only the audit can tell from their repetition.
pub fn causes<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeSet<[u8; 32]> {
    let requests = entries.into_iter().filter_map(|entry| match &entry.decoded {
        Ok(Decoded::Request(request)) => Some(request),
        Ok(Decoded::Ignored(_)) | Err(_) => None,
    });
    requests.filter(|request| is_known_by_cause(request)).map(|request| request.cause.hmac).collect()
}

/// Whether any rejection says that a deal is open already.
pub fn names_open_deal<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> bool {
    entries.into_iter().any(|entry| match &entry.decoded {
        Ok(Decoded::Request(request)) => request.command.as_ref().is_some_and(Command::names_open_deal),
        Ok(Decoded::Ignored(_)) | Err(_) => false,
    })
}

/// Whether a fact would count again if it were told again at another time. Signals in the window have their id, deals their
/// revision; what a person asks for their privacy is heard however often it is said.
pub fn is_known_by_cause(request: &Request) -> bool {
    let Some(command) = &request.command else { return false };
    let once = match command {
        Command::LinkCrmRecord { .. }
        | Command::ConvertCrmRecord { .. }
        | Command::UnlinkCrmRecord
        | Command::ReportProfile { .. }
        | Command::AcceptLead
        | Command::DeclineLead
        | Command::RecordAttempt(_)
        | Command::RejectLead(_)
        | Command::QualifyLead { .. }
        | Command::ReassignLead { .. }
        | Command::TakeNote => true,
        // What a machine did is counted, and kept out of the window.
        Command::RecordSignal { signal, .. } => signal.automated,
        Command::ReportDeal(_)
        | Command::OptOutEmail { .. }
        | Command::SuppressLead { .. }
        | Command::EraseLead
        | Command::GiveConsent { .. }
        | Command::OfferLead(_)
        | Command::PassPool { .. }
        | Command::NoteNobodyFree(_)
        | Command::ClaimLead
        | Command::PassDeadline(_)
        | Command::SettleDisagreement { .. }
        | Command::ReopenLead { .. }
        | Command::NoteCustomer { .. }
        | Command::ScoreAgain
        | Command::NoteContactLeft { .. }
        | Command::NoteHolderLeft { .. }
        | Command::CreditCampaign { .. }
        | Command::AbsorbLead { .. }
        | Command::MergeLead { .. }
        | Command::SplitLead { .. }
        | Command::BeginSplit { .. }
        | Command::ContestRejection { .. }
        | Command::SettleContest { .. } => false,
    };
    once && request.nature == Nature::Fact
}
