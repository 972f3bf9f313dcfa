//! The router's batch: who of the pool gets each queued lead, and the pool's counters afterwards. It never reads a queue.

use super::Planner;
use crate::contract::request::Request;
use crate::domain::command::{Command, Offer};
use crate::domain::lead::Lead;
use crate::domain::policy::Priority;
use crate::domain::routing::{Rotation, RouteSubject, choose_pool, choose_rep};
use crate::domain::team::PoolId;
use crate::store::StoreError;
use crate::store::rows::RotationRow;
use crate::transaction::batch::{Entry, Outcome};

impl Planner<'_> {
    /// Offers one queued lead to a rep of the batch's pool, or hands it to the next pool's queue.
    pub(super) fn route(&mut self, entry: &Entry, request: &Request) -> Result<Outcome, StoreError> {
        let Some((id, pool)) = request.lead.zip(self.batch.routing.clone()) else {
            return Ok(Outcome::Filtered("stale"));
        };
        let Some(lead) = self.work(id).map(|work| work.row.lead.clone()) else {
            return Ok(Outcome::Filtered("stale"));
        };
        if !matches!(lead.queue(), Some((at, false)) if *at == pool) {
            return Ok(Outcome::Filtered("stale"));
        }
        let Some(command) = self.choice(&lead, &pool) else { return Ok(Outcome::Filtered("nobody_free")) };
        let chosen = if let Command::OfferLead(offer) = &command { Some(offer.rep.clone()) } else { None };
        match self.decided(entry, request, id, &command, self.world.now)? {
            Ok(()) => {
                if let Some(rep) = chosen {
                    *self.open_leads.entry(rep).or_insert(0) += 1;
                }
                Ok(Outcome::Applied(command.name()))
            }
            Err(refusal) => Ok(Outcome::Filtered(refusal.code())),
        }
    }

    fn choice(&mut self, lead: &Lead, pool: &PoolId) -> Option<Command> {
        let team = self.world.team;
        let subject = self.subject(lead);
        let here = team.pool(pool)?;
        let choice = choose_rep(team, here, &subject, &self.rotation, &self.open_leads);
        if let Some(rep) = choice.rep {
            self.rotation = choice.rotation;
            let rule =
                choose_pool(self.world.policy, &subject).map_or_else(|| "steward".to_owned(), |it| it.rule);
            let rule = if lead.leg.is_some() { "closer".to_owned() } else { rule };
            return Some(Command::OfferLead(Offer {
                rep,
                pool: pool.clone(),
                rule,
                candidates: choice.candidates,
            }));
        }
        let next = here.next_pool.as_ref().and_then(|next| team.pool(next))?;
        let there = choose_rep(team, next, &subject, &Rotation::default(), &self.open_leads);
        there.rep.map(|_| Command::PassPool { to: next.id.clone() })
    }

    fn subject(&self, lead: &Lead) -> RouteSubject {
        let terms = lead.cycle.terms.as_ref();
        let (wanted, excluded) = match &lead.leg {
            // The first rep does not close what they have just handed on.
            Some(leg) => {
                let first = std::iter::once(leg.first.clone());
                (leg.wanted.clone(), first.chain(leg.offered_to.iter().cloned()).collect())
            }
            None => (lead.cycle.wanted.clone(), lead.cycle.offered_to.clone()),
        };
        let account = lead.account.map(|account| self.account_state(account)).unwrap_or_default();
        RouteSubject {
            grade: terms.map_or(crate::domain::policy::Grade::D, |terms| terms.grade),
            priority: terms.map_or(Priority::P4, |terms| terms.priority),
            country: lead.profile.country.as_ref().map(|country| country.value.clone()),
            segment: self.world.policy.segment(&lead.profile),
            motion: lead.cycle.motion,
            wanted,
            excluded,
            account_owner: account.owner,
        }
    }

    /// The pool's counters as rows; entries that were folded into them go.
    pub(super) fn fold_rotation(&mut self) {
        let Some(pool) = self.loaded.pool.as_ref() else { return };
        let Some(id) = &pool.pool else { return };
        self.write.rotation = self
            .rotation
            .counters
            .iter()
            .map(|(member, credit)| RotationRow { pool: id.clone(), member: member.clone(), credit: *credit })
            .collect();
        self.write.rotation_folded.clone_from(&pool.folded);
    }
}
