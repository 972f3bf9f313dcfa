//! Rows of their own: accounts, users, campaigns, spend, opportunities. Leads are touched elsewhere.

use super::Planner;
use crate::contract::request::{
    AccountPatch, CampaignPatch, DealPatch, Money, PersonRef, Request, SpendPatch, UserPatch,
};
use crate::domain::command::{Command, DealChange, DealReport};
use crate::domain::fan_out::FanOut;
use crate::domain::ids::LeadId;
use crate::domain::lead::{Motion, Origin};
use crate::domain::subject::{AccountNews, OpportunityNews, SubjectEvent};
use crate::store::StoreError;
use crate::store::rows::{
    AccountRow, AuditSubject, CampaignRow, ContactRow, FanOutRow, OpportunityRow, SpendRow, UserRow,
};
use crate::transaction::batch::{Entry, Outcome};
use crate::transaction::collect;
use std::collections::BTreeSet;

/// What a record did to a deal's row.
#[derive(Clone, Copy)]
pub(super) struct DealStep {
    /// Newer than what was stored: the row changed.
    changed: bool,
    /// Told before in the same words: moves nobody who knows the deal.
    repeated: bool,
    /// A late opening of a deal that is closed already, or an older revision: times only, moves nobody.
    late: bool,
}

/// Whether a deal is decided, one way or another.
fn is_closed(row: &OpportunityRow) -> bool {
    row.state != "open"
}

impl Planner<'_> {
    pub(super) fn account(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &AccountPatch,
    ) -> Result<Outcome, StoreError> {
        let known = patch.keys.iter().find_map(|key| self.account_by_key(key));
        let id = known.unwrap_or(patch.id);
        let owner = self.member(patch.owner.as_ref()).or_else(|| self.member(request.named.as_ref()));
        let mut state = self.account_state(id);
        let bought = patch.kind.as_deref() == Some("customer") && state.kind.as_deref() != Some("customer");
        state.kind = patch.kind.clone().or(state.kind);
        state.owner = owner.clone().or(state.owner);
        state.segment = patch.segment.clone().or(state.segment);
        let news = AccountNews {
            kind: patch.kind.clone(),
            owner: owner.clone(),
            segment: patch.segment.clone(),
            region: patch.region.clone(),
            customer_since: patch.customer_since,
        };
        self.audit_subject(entry, request, AuditSubject::Account(id), &SubjectEvent::AccountReported(news))?;
        if bought {
            let task = FanOut::AccountBecameCustomer { account: id, owner: state.owner.clone() };
            self.write.fan_outs.push(FanOutRow { task });
        }
        self.accounts.insert(id, state);
        for key in &patch.keys {
            if self.account_by_key(key).is_none() {
                self.account_keys.insert(key.clone(), id);
            }
        }
        self.write.accounts.push(AccountRow {
            id,
            keys: patch.keys.clone(),
            name: patch.name.clone(),
            kind: patch.kind.clone(),
            owner,
            segment: patch.segment.clone(),
            region: patch.region.clone(),
            customer_since: patch.customer_since,
        });
        Ok(Outcome::Applied("account"))
    }

    pub(super) fn user(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &UserPatch,
    ) -> Result<Outcome, StoreError> {
        self.tell(entry, request, &SubjectEvent::UserReported { active: patch.active })?;
        self.crm_availability(entry, request, patch)?;
        self.crm_placement(entry, request, patch)?;
        self.write.users.push(UserRow {
            system: patch.system.clone(),
            id: patch.id.clone(),
            active: patch.active,
            name: patch.name.clone(),
            time_zone: patch.time_zone.clone(),
            at: request.cause.occurred_at,
        });
        Ok(Outcome::Applied("user"))
    }

    pub(super) fn campaign(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &CampaignPatch,
    ) -> Result<Outcome, StoreError> {
        let told = SubjectEvent::CampaignReported {
            channel: patch.channel.clone(),
            source: patch.source.clone(),
            origin: patch.origin.code().to_owned(),
        };
        self.tell(entry, request, &told)?;
        let at = request.cause.occurred_at;
        let known = self.campaign_origin(&patch.id);
        // What came by a campaign that nobody had reported yet went to marketing's credit.
        if known.map_or(patch.origin != Origin::Marketing, |(origin, since)| {
            since <= at && origin != patch.origin
        }) {
            let task = FanOut::CampaignCredited { campaign: patch.id.clone(), origin: patch.origin, at };
            self.write.fan_outs.push(FanOutRow { task });
        }
        if known.is_none_or(|(_, since)| since <= at) {
            self.campaigns.insert(patch.id.clone(), (patch.origin, at));
        }
        self.write.campaigns.push(CampaignRow {
            id: patch.id.clone(),
            name: patch.name.clone(),
            channel: patch.channel.clone(),
            source: patch.source.clone(),
            origin: patch.origin.code(),
            starts_on: patch.starts_on,
            ends_on: patch.ends_on,
            at,
        });
        Ok(Outcome::Applied("campaign"))
    }

    pub(super) fn spend(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &SpendPatch,
    ) -> Result<Outcome, StoreError> {
        let told = SubjectEvent::SpendReported {
            revision: patch.revision,
            ten_thousandths: patch.amount.ten_thousandths,
            currency: patch.amount.currency.clone(),
            department: patch.department.clone(),
            kind: patch.kind.clone(),
        };
        self.tell(entry, request, &told)?;
        self.write.spend.push(SpendRow {
            id: patch.id.clone(),
            revision: patch.revision,
            period_start: patch.period_start,
            period_end: patch.period_end,
            ten_thousandths: patch.amount.ten_thousandths,
            currency: patch.amount.currency.clone(),
            department: patch.department.clone(),
            kind: patch.kind.clone(),
            campaign: patch.campaign.clone(),
            source: patch.source.clone(),
            channel: patch.channel.clone(),
        });
        Ok(Outcome::Applied("spend"))
    }

    /// Merges a report into the deal's row: the higher revision wins, an older one fills in times only. Says it in the
    /// deal's audit.
    pub(super) fn opportunity(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &DealPatch,
    ) -> Result<DealStep, StoreError> {
        let step = self.stepped(patch);
        let row = self.opportunities.get(&patch.id).filter(|_| step.changed).map(news);
        if let Some(news) = row {
            self.tell(entry, request, &SubjectEvent::OpportunityReported(news))?;
        }
        Ok(step)
    }

    /// The audit row of a record about a subject that its own id names.
    pub(super) fn tell(
        &mut self,
        entry: &Entry,
        request: &Request,
        event: &SubjectEvent,
    ) -> Result<(), StoreError> {
        match collect::audited(&request.subject) {
            Some(subject) => self.audit_subject(entry, request, subject, event),
            None => Ok(()),
        }
    }

    fn stepped(&mut self, patch: &DealPatch) -> DealStep {
        let stored =
            self.opportunities.get(&patch.id).or_else(|| self.loaded.opportunities.get(&patch.id)).cloned();
        let Some(stored) = stored else {
            let row = self.merged(None, patch);
            self.opportunities.insert(patch.id, row);
            return DealStep { changed: true, repeated: false, late: false };
        };
        if patch.revision <= stored.revision {
            let conversion = patch.revision < 0;
            let late = if conversion { is_closed(&stored) } else { patch.revision < stored.revision };
            let earlier = patch.opened_at < stored.opened_at;
            if earlier {
                let row = OpportunityRow { opened_at: patch.opened_at, ..stored };
                self.opportunities.insert(patch.id, row);
            }
            return DealStep { changed: earlier, repeated: true, late };
        }
        let late_opening = is_closed(&stored) && (patch.change == "opened" || patch.change == "updated");
        let row = self.merged(Some(&stored), patch);
        self.opportunities.insert(patch.id, row);
        DealStep { changed: true, repeated: false, late: late_opening }
    }

    fn merged(&self, old: Option<&OpportunityRow>, patch: &DealPatch) -> OpportunityRow {
        let account = patch
            .account
            .as_ref()
            .and_then(|key| self.account_by_key(&format!("crm:{}:{}", key.system, key.id)));
        let amount = patch.amount.as_ref().map(|money| money.ten_thousandths);
        let currency =
            patch.amount.as_ref().or(patch.recurring.as_ref()).map(|money: &Money| money.currency.clone());
        // What a deal was closed with is over once it is open again.
        let closing = old.filter(|_| patch.change != "reopened");
        let first = old.and_then(|row| row.first_ten_thousandths).or(amount.filter(|value| *value > 0));
        let state = match patch.change {
            "won" => "won".to_owned(),
            "lost" => "lost".to_owned(),
            "reopened" => "open".to_owned(),
            "deleted" => "void".to_owned(),
            _other => old.map_or_else(|| "open".to_owned(), |row| row.state.clone()),
        };
        OpportunityRow {
            id: patch.id,
            system: patch.system.clone(),
            external_id: patch.external_id.clone(),
            revision: patch.revision,
            state,
            kind: patch.kind.clone(),
            account: account.or(old.and_then(|row| row.account)),
            stage: patch.stage.clone().or(old.and_then(|row| row.stage.clone())),
            probability: patch.probability.or(old.and_then(|row| row.probability)),
            ten_thousandths: amount.or(old.and_then(|row| row.ten_thousandths)),
            first_ten_thousandths: first,
            recurring_ten_thousandths: patch
                .recurring
                .as_ref()
                .map(|money| money.ten_thousandths)
                .or(old.and_then(|row| row.recurring_ten_thousandths)),
            currency: currency.or(old.and_then(|row| row.currency.clone())),
            term_months: patch.term_months.or(old.and_then(|row| row.term_months)),
            opened_at: old.map_or(patch.opened_at, |row| row.opened_at.min(patch.opened_at)),
            close_date: patch.close_date.or(old.and_then(|row| row.close_date)),
            closed_on: patch.closed_on.or(closing.and_then(|row| row.closed_on)),
            owner: self.member(patch.owner.as_ref()).or(old.and_then(|row| row.owner.clone())),
            lead_source: patch.lead_source.clone().or(old.and_then(|row| row.lead_source.clone())),
            reason: patch.reason.clone().or(closing.and_then(|row| row.reason.clone())),
            competitor: patch.competitor.clone().or(old.and_then(|row| row.competitor.clone())),
        }
    }

    /// A record that was converted with a deal: the conversion, and beside it the deal as opened.
    pub(super) fn conversion(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &DealPatch,
        step: DealStep,
    ) -> Result<Outcome, StoreError> {
        let converted = self.people(entry, request)?;
        let report = DealReport {
            id: patch.id,
            change: DealChange::Opened,
            motion: Motion::NewBusiness,
            renewal: false,
            opened_at: patch.opened_at,
            closed_at: None,
            close_date: None,
            owner: None,
            repeated: false,
            late: false,
        };
        let beside = Request { command: Some(Command::ReportDeal(report)), ..request.clone() };
        let opened = self.deal(entry, &beside, patch, step)?;
        Ok(converted.min(opened))
    }

    /// A deal's record: its row, then each contact on its own; stored and applied also without any known contact.
    pub(super) fn deal(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &DealPatch,
        step: DealStep,
    ) -> Result<Outcome, StoreError> {
        let mut request = request.clone();
        if let Some(Command::ReportDeal(report)) = &mut request.command {
            report.repeated = step.repeated;
            report.late = step.late;
            report.owner = self.member(patch.owner.as_ref());
            let state =
                self.opportunities.get(&patch.id).or_else(|| self.loaded.opportunities.get(&patch.id));
            report.close_date = state.and_then(|row| row.close_date);
            if let (Some(row), DealChange::Updated) = (state, &report.change) {
                report.opened_at = row.opened_at;
            }
        }
        let mut applied = step.changed;
        let mut waits = false;
        let mut named = BTreeSet::new();
        let people: Vec<PersonRef> = request.people.clone();
        for (place, person) in people.iter().enumerate() {
            let mut alone = request.clone();
            alone.people = vec![person.clone()];
            let place_number = u32::try_from(place).unwrap_or(u32::MAX);
            let (outcome, lead) = self.person(entry, &alone, person, place_number)?;
            applied |= matches!(outcome, Outcome::Applied(_));
            waits |= matches!(outcome, Outcome::Parked(_));
            if let Some(lead) = lead {
                named.insert(lead);
                self.write.contacts_gone.retain(|gone| *gone != (patch.id, lead));
                let role = patch.contacts.get(place);
                self.write.contacts.push(ContactRow {
                    opportunity: patch.id,
                    lead,
                    role: role.and_then(|role| role.role.clone()),
                    primary: role.is_some_and(|role| role.primary),
                });
            }
        }
        if step.changed && !step.late && patch.revision >= 0 {
            self.contacts_left(patch, &named);
        }
        if waits {
            self.park(entry, &request, "awaiting_identity");
        }
        // The deal's own row stands either way; the record waits for whom it names, and is counted so.
        Ok(if waits {
            Outcome::Parked("awaiting_identity")
        } else if applied {
            Outcome::Applied("report_deal")
        } else {
            Outcome::Filtered("no_change")
        })
    }
}

impl Planner<'_> {
    /// Whoever was a contact of the deal and is not named any more leaves it; the holders hear of it (LIFECYCLE N12).
    fn contacts_left(&mut self, patch: &DealPatch, named: &BTreeSet<LeadId>) {
        let stored = self.loaded.contacts.iter().filter(|(deal, _)| *deal == patch.id).map(|(_, lead)| *lead);
        let added = self.write.contacts.iter().filter(|row| row.opportunity == patch.id).map(|row| row.lead);
        let left: BTreeSet<LeadId> = stored
            .chain(added)
            .map(|lead| self.merged.get(&lead).copied().unwrap_or(lead))
            .filter(|lead| !named.contains(lead) && !self.write.contacts_gone.contains(&(patch.id, *lead)))
            .collect();
        if left.is_empty() {
            return;
        }
        self.write.contacts.retain(|row| row.opportunity != patch.id || !left.contains(&row.lead));
        self.write.contacts_gone.extend(left.iter().map(|lead| (patch.id, *lead)));
        let leads = left.into_iter().collect();
        let task = FanOut::ContactsLeft { opportunity: patch.id, revision: patch.revision, leads };
        self.write.fan_outs.push(FanOutRow { task });
    }
}

fn news(row: &OpportunityRow) -> OpportunityNews {
    OpportunityNews {
        id: row.id,
        revision: row.revision,
        state: row.state.clone(),
        kind: row.kind.clone(),
        account: row.account,
        stage: row.stage.clone(),
        ten_thousandths: row.ten_thousandths,
        recurring_ten_thousandths: row.recurring_ten_thousandths,
        currency: row.currency.clone(),
        opened_at: row.opened_at,
        close_date: row.close_date,
        closed_on: row.closed_on,
        owner: row.owner.clone(),
        reason: row.reason.clone(),
    }
}
