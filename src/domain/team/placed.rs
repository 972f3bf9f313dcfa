//! The team with managers and pools as the CRM names them, over the published text. It never takes a lead from anybody:
//! who leaves a pool is offered no more of its leads, and keeps what they hold.

use super::{CrmUser, Hint, Member, MemberId, Placement, Role, Team};
use crate::domain::availability::Source;
use std::collections::{BTreeMap, BTreeSet};

impl Team {
    /// The team in force, with what was said of where people stand. Of two words the one said last holds, each in what it
    /// says; an unknown manager, one who would close a ring, and a team that no pool names say nothing, and are hints.
    #[must_use]
    pub fn placed(&self, mut words: Vec<Placement>) -> Self {
        words.sort_by_key(|word| (word.said_at, word.source));
        words.retain(|word| self.members.contains_key(&word.member));
        let mut team = self.clone();
        team.hints.clear();
        team.name_managers(&words);
        team.fill_pools(&words);
        team.hints.sort_unstable();
        team.placed = words.into_iter().map(|word| ((word.member.clone(), word.source), word)).collect();
        team
    }

    /// What a source has said of where a person stands.
    #[must_use]
    pub fn placement(&self, member: &MemberId, source: Source) -> Option<&Placement> {
        self.placed.get(&(member.clone(), source))
    }

    /// Words that say nothing for the team as it is, sorted.
    #[must_use]
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }

    fn name_managers(&mut self, words: &[Placement]) {
        let keys: BTreeMap<&MemberId, &CrmUser> =
            words.iter().filter_map(|word| Some((&word.member, word.manager.as_ref()?))).collect();
        let mut named: BTreeMap<MemberId, MemberId> = BTreeMap::new();
        for (member, key) in keys {
            match self.by_crm.get(key) {
                Some(manager) => {
                    named.insert(member.clone(), manager.clone());
                }
                None => {
                    self.hints.push(Hint::UnknownManager { member: member.clone(), manager: key.clone() });
                }
            }
        }
        // Without one word another ring may close by the text's own manager: each round takes one word at least.
        loop {
            let ring: Vec<MemberId> =
                named.keys().filter(|member| self.is_own_manager(member, &named)).cloned().collect();
            if ring.is_empty() {
                break;
            }
            for member in ring {
                named.remove(&member);
                self.hints.push(Hint::ManagerRing { member });
            }
        }
        for (member, manager) in named {
            if let Some(member) = self.members.get_mut(&member) {
                member.manager = Some(manager);
            }
        }
    }

    /// Whether the way up from a person leads back to them, with these managers over the published ones.
    fn is_own_manager(&self, member: &MemberId, named: &BTreeMap<MemberId, MemberId>) -> bool {
        let mut at = member;
        for _ in 0..self.members.len() {
            match named.get(at).or_else(|| self.manager_of(at)) {
                Some(manager) if manager == member => return true,
                Some(manager) => at = manager,
                None => return false,
            }
        }
        false
    }

    /// Only pools that name teams of the CRM change. Who joins comes last in the pool's order, with its weight for whoever
    /// has none of their own; the rotation begins them at par.
    fn fill_pools(&mut self, words: &[Placement]) {
        let said: BTreeMap<&MemberId, &[String]> =
            words.iter().filter_map(|word| Some((&word.member, word.teams.as_deref()?))).collect();
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for pool in self.pools.values_mut().filter(|pool| !pool.crm_teams.is_empty()) {
            let belongs = |member: &MemberId| {
                said.get(member).map(|teams| teams.iter().any(|team| pool.crm_teams.contains(team)))
            };
            let had_somebody = !pool.members.is_empty();
            pool.members.retain(|(member, _)| belongs(member) != Some(false));
            let takes_leads = |it: &Member| it.roles.contains(&Role::Rep);
            for member in said.keys().filter(|member| belongs(member) == Some(true)) {
                let is_there = pool.members.iter().any(|(id, _)| id == *member);
                if !is_there && self.members.get(*member).is_some_and(takes_leads) {
                    pool.members.push(((*member).clone(), pool.default_weight));
                }
            }
            if had_somebody && pool.members.is_empty() {
                self.hints.push(Hint::EmptyPool { pool: pool.id.clone() });
            }
        }
        known.extend(self.pools.values().flat_map(|pool| &pool.crm_teams).map(String::as_str));
        if known.is_empty() {
            return;
        }
        let mut unknown: BTreeMap<&str, u32> = BTreeMap::new();
        for team in said.values().flat_map(|teams| teams.iter()).filter(|team| !known.contains(team.as_str()))
        {
            *unknown.entry(team).or_insert(0) += 1;
        }
        let hints =
            unknown.into_iter().map(|(team, people)| Hint::UnknownTeam { team: team.to_owned(), people });
        self.hints.extend(hints);
    }
}
