//! The company of a lead as routing sees it: the one it is bound to, else one of the same name. It reads no store.

use super::account::{AccountCandidate, AccountMatch, CompanyNames, MatchBy, match_by_name};
use super::path::Knows;
use crate::domain::ids::AccountId;
use crate::domain::team::MemberId;

/// A company that a lead may be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    pub id: AccountId,
    pub kind: Option<String>,
    pub owner: Option<MemberId>,
    /// As [`super::name_key`] gives it.
    pub name_key: Option<String>,
    /// `domain:...` and `crm:system:id`.
    pub keys: Vec<String>,
    /// Who owns its newest open deal.
    pub deal_owner: Option<MemberId>,
    /// Who works the furthest open passage of one of its people.
    pub cycle_holder: Option<MemberId>,
}

/// What is known of one lead's company before one is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyFacts<'f> {
    /// The company that the lead is bound to.
    pub bound: Option<&'f Company>,
    /// Others that bear the name which the person gave.
    pub namesakes: &'f [Company],
    /// The lead's domain, as the lead knows it.
    pub domain: Option<&'f str>,
    /// The name that the person gave, as it is compared.
    pub name: Option<&'f str>,
    /// The e-mail address is a company's. One of everybody's vouches for no company.
    pub company_mail: bool,
}

impl CompanyFacts<'_> {
    /// The company that the lead is bound to; where nothing is known of that one, another of the same name. `is_domain`:
    /// whether a company's domain, in clear, is the lead's.
    #[must_use]
    pub fn company(&self, is_domain: &dyn Fn(&str) -> bool) -> Option<(&Company, AccountMatch)> {
        let is_known = |it: &Company| it.kind.is_some() || it.owner.is_some();
        let bound = self.bound.map(|it| {
            let by_domain = it.keys.iter().filter_map(|key| key.strip_prefix("domain:")).any(is_domain);
            let by = if by_domain { MatchBy::Domain } else { MatchBy::Crm };
            (it, AccountMatch { account: it.id, by, tie: None, rivals: 0 })
        });
        if let Some(bound) = bound.filter(|(it, _)| is_known(it)) {
            return Some(bound);
        }
        let namesakes: Vec<&Company> = self.namesakes.iter().filter(|it| is_known(it)).collect();
        let candidates: Vec<AccountCandidate> = namesakes
            .iter()
            .map(|it| AccountCandidate {
                id: it.id,
                customer: it.kind.as_deref() == Some("customer"),
                owner: it.owner.clone(),
            })
            .collect();
        let free_mail = self.domain.is_none() && !self.company_mail;
        let named = match_by_name(&candidates, free_mail);
        let named = named.and_then(|(best, matched)| {
            namesakes.into_iter().find(|it| it.id == best.id).map(|company| (company, matched))
        });
        named.or(bound)
    }

    /// Who knows the person or the company; `deal_owner`: who has an open deal with the person.
    #[must_use]
    pub fn knows(&self, deal_owner: Option<MemberId>, is_domain: &dyn Fn(&str) -> bool) -> Knows {
        let found = self.company(is_domain);
        let company = found.as_ref().map(|(company, _)| *company);
        let crm = company.into_iter().flat_map(|it| &it.keys).filter_map(|key| key.strip_prefix("crm:"));
        let of_company = |one: fn(&Company) -> &Option<MemberId>| company.and_then(|it| one(it).clone());
        Knows {
            opportunity_owner: deal_owner.or_else(|| of_company(|it| &it.deal_owner)),
            cycle_holder: of_company(|it| &it.cycle_holder),
            account_owner: of_company(|it| &it.owner),
            account: found.map(|(_, matched)| matched),
            names: CompanyNames {
                crm: crm.map(str::to_owned).collect(),
                name: company.and_then(|it| it.name_key.clone()).or_else(|| self.name.map(str::to_owned)),
                domain: self.domain.map(str::to_owned),
            },
        }
    }
}
