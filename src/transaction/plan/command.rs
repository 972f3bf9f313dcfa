//! Makes a record's command ready to decide: people of the team, features of a title, the account. It decides nothing.

use super::Planner;
use crate::contract::request::{CrmKey, PersonPatch, PersonRef, Request, Who};
use crate::domain::command::{Actor, Command, Report};
use crate::domain::ids::AccountId;
use crate::domain::lead::Origin;
use crate::domain::profile::{Known, ProfilePatch, Stamp};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::store::rows::AccountRow;
use crate::transaction::loaded::AccountState;

/// Why a command cannot be put to `decide`.
pub(super) enum Unready {
    UnknownActor,
    UnknownMember,
}

impl Planner<'_> {
    /// Who acts, as the team knows them.
    pub(super) fn actor(&self, who: &Who) -> Actor {
        match who {
            Who::CrmUser { system, id } => self
                .world
                .team
                .by_crm(system, id)
                .map_or(Actor::Stranger, |member| Actor::Member(member.id.clone())),
            Who::Member(member) if self.world.team.member(member).is_some() => Actor::Member(member.clone()),
            Who::Member(_) => Actor::Stranger,
            Who::Feed => Actor::Feed,
            Who::Router => Actor::Router,
            Who::Sweeper => Actor::Sweeper,
            Who::Operator => Actor::Operator,
        }
    }

    /// The member whom a CRM user key names.
    pub(super) fn member(&self, key: Option<&CrmKey>) -> Option<MemberId> {
        let key = key?;
        self.world.team.by_crm(&key.system, &key.id).map(|member| member.id.clone())
    }

    /// The command with everything filled in that only the team, the policy and the accounts know.
    pub(super) fn ready(
        &mut self,
        request: &Request,
        person: &PersonRef,
    ) -> Result<Option<Command>, Unready> {
        if matches!(&request.cause.actor, Who::Member(member) if self.world.team.member(member).is_none()) {
            return Err(Unready::UnknownActor);
        }
        let named = self.member(request.named.as_ref());
        let Some(command) = request.command.clone() else { return Ok(None) };
        Ok(Some(match command {
            Command::RecordSignal { signal, report } => {
                Command::RecordSignal { signal, report: self.filled(report, person, request) }
            }
            Command::ReportProfile { report } => {
                Command::ReportProfile { report: self.filled(report, person, request) }
            }
            Command::LinkCrmRecord { by_person, owner, report } => Command::LinkCrmRecord {
                by_person,
                owner: owner.or(named),
                report: self.filled(report, person, request),
            },
            Command::ReportDeal(mut deal) => {
                deal.owner = deal.owner.or(named);
                Command::ReportDeal(deal)
            }
            Command::RejectLead(mut rejection) => {
                rejection.proposed_owner = rejection.proposed_owner.or(named);
                Command::RejectLead(rejection)
            }
            // An owner in a status record is the holder; only a qualified record's own field names a closer.
            Command::QualifyLead { facts, next_owner } => Command::QualifyLead {
                facts,
                next_owner: next_owner
                    .or_else(|| named.filter(|_| request.cause.event_type == "crm.lead.qualified.v1")),
            },
            Command::ReassignLead { to } => {
                let to = if request.named.is_some() { named } else { Some(to) };
                Command::ReassignLead { to: to.ok_or(Unready::UnknownMember)? }
            }
            other @ (Command::OfferLead(_)
            | Command::PassPool { .. }
            | Command::NoteNobodyFree(_)
            | Command::ClaimLead
            | Command::AcceptLead
            | Command::DeclineLead
            | Command::PassDeadline(_)
            | Command::OptOutEmail { .. }
            | Command::TakeNote
            | Command::SettleDisagreement { .. }
            | Command::SuppressLead { .. }
            | Command::EraseLead
            | Command::ReopenLead { .. }
            | Command::GiveConsent { .. }
            | Command::UnlinkCrmRecord
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
            | Command::SettleContest { .. }) => other,
            Command::ConvertCrmRecord { owner, report } => Command::ConvertCrmRecord {
                owner: owner.or(named),
                report: self.filled(report, person, request),
            },
            Command::RecordAttempt(mut attempt) => {
                attempt.by = attempt.by.or_else(|| self.actor(&request.cause.actor).member().cloned());
                Command::RecordAttempt(attempt)
            }
        }))
    }

    /// What a record says beside its command, as a report of its own: facts of sales carry person blocks too.
    pub(super) fn beside(&mut self, request: &Request, person: &PersonRef) -> Option<Command> {
        let carries = request.command.as_ref()?.report().is_none();
        let patch = &person.patch;
        let says_something = patch.job_title.is_some()
            || patch.company_domain.is_some()
            || patch.employees.is_some()
            || patch.country.is_some()
            || patch.industry.is_some();
        if !carries || !says_something {
            return None;
        }
        let report = Report {
            patch: ProfilePatch {
                employees: patch.employees,
                industry: patch.industry.as_ref().map(|industry| industry.to_lowercase()),
                country: patch.country.as_ref().map(|country| country.to_uppercase()),
                region: patch.region.as_ref().map(|region| region.to_lowercase()),
                company_domain: patch.company_domain.clone(),
                known: known(patch),
                ..ProfilePatch::default()
            },
            stamp: Stamp { at: request.cause.occurred_at, by: stamp_of(request) },
            ..Report::default()
        };
        Some(Command::ReportProfile { report: self.filled(report, person, request) })
    }

    fn filled(&mut self, mut report: Report, person: &PersonRef, request: &Request) -> Report {
        if let Some(title) = &person.patch.job_title {
            let (seniority, function) = self.world.policy.title(title);
            report.patch.seniority = report.patch.seniority.or(seniority);
            report.patch.function = report.patch.function.or(function);
        }
        if report.account.is_none() {
            report.account = self.account_of(person, &report, request);
        }
        // What a form names is free text until the policy knows the word.
        report.product = report.product.and_then(|text| self.world.policy.product(&text));
        // Whose campaign it was decides to whose credit the touch is, not which system saw it.
        if report.origin.is_some()
            && let Some((origin, _)) = report.campaign.as_ref().and_then(|id| self.campaign_origin(id))
        {
            report.origin = Some(origin);
        }
        report.customer |= report
            .account
            .is_some_and(|account| self.account_state(account).kind.as_deref() == Some("customer"));
        // The audit is never changed, so it never holds a domain that may be one person's own.
        report.patch.company_domain =
            report.patch.company_domain.map(|domain| self.world.keys.company(&domain));
        report
    }

    /// The account of a person: by CRM account key, else by company domain; a domain never seen makes one.
    fn account_of(&mut self, person: &PersonRef, report: &Report, request: &Request) -> Option<AccountId> {
        let crm = person.patch.crm.iter().find(|key| key.object == "account");
        let domain = report.patch.company_domain.as_ref();
        let key = match (crm, domain) {
            (Some(crm), _) => format!("crm:{}:{}", crm.system, crm.id),
            (None, Some(domain)) => format!("domain:{domain}"),
            (None, None) => return None,
        };
        if let Some(account) = self.account_by_key(&key) {
            return Some(account);
        }
        let account = AccountId::derived(&key);
        self.account_keys.insert(key.clone(), account);
        self.write.accounts.push(AccountRow {
            id: account,
            keys: vec![key],
            name: person.patch.company_name.clone().filter(|_| request.people.len() == 1),
            kind: None,
            owner: None,
            segment: None,
            region: None,
            customer_since: None,
        });
        Some(account)
    }

    pub(super) fn campaign_origin(&self, id: &str) -> Option<(Origin, Moment)> {
        self.campaigns.get(id).or_else(|| self.loaded.campaigns.get(id)).copied()
    }

    pub(super) fn account_by_key(&self, key: &str) -> Option<AccountId> {
        self.account_keys.get(key).or_else(|| self.loaded.accounts_by_key.get(key)).copied()
    }

    pub(super) fn account_state(&self, account: AccountId) -> AccountState {
        self.accounts
            .get(&account)
            .or_else(|| self.loaded.accounts.get(&account))
            .cloned()
            .unwrap_or_default()
    }
}

fn known(patch: &PersonPatch) -> Known {
    Known {
        email: patch.email.is_some(),
        phone: patch.phone.is_some(),
        name: patch.first_name.is_some() || patch.last_name.is_some(),
        company: patch.company_name.is_some() || patch.company_domain.is_some(),
        job_title: patch.job_title.is_some(),
    }
}

/// The first 64 bits of the cause's HMAC: settles who wrote last when two records share a moment.
fn stamp_of(request: &Request) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&request.cause.hmac[..8]);
    u64::from_be_bytes(bytes)
}
