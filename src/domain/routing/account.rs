//! Which company a lead is of, by name where its domain says nothing, and the policy's named accounts. It reads no store.

use crate::domain::ids::AccountId;
use crate::domain::team::{MemberId, PoolId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Legal forms that say nothing about which company it is; sorted, for binary search. The migration that filled the
/// column holds the same list.
const SUFFIXES: &[&str] = &[
    "ab",
    "ag",
    "aps",
    "as",
    "asa",
    "bv",
    "bvba",
    "co",
    "company",
    "corp",
    "corporation",
    "gmbh",
    "inc",
    "incorporated",
    "kg",
    "kgaa",
    "kk",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "oyj",
    "plc",
    "pte",
    "pty",
    "sa",
    "sarl",
    "sas",
    "se",
    "sl",
    "spa",
    "spzoo",
    "srl",
    "ug",
];

/// How the company was found. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MatchBy {
    /// The CRM said so.
    Crm,
    /// The company's domain.
    Domain,
    /// The company's name, legal form aside.
    Name,
}

impl MatchBy {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Crm => "crm",
            Self::Domain => "domain",
            Self::Name => "name",
        }
    }
}

/// What chose one of several companies of the same name. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tie {
    /// It is a customer, the others are not.
    Customer,
    /// It has an owner, the others have none.
    HasOwner,
    /// Nothing tells them apart but the id.
    LowestId,
}

impl Tie {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::HasOwner => "has_owner",
            Self::LowestId => "lowest_id",
        }
    }
}

/// The company of a lead, and why this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountMatch {
    pub account: AccountId,
    pub by: MatchBy,
    /// What settled it where several fitted.
    pub tie: Option<Tie>,
    /// How many others fitted.
    pub rivals: u32,
}

/// One company that bears the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountCandidate {
    pub id: AccountId,
    pub customer: bool,
    pub owner: Option<MemberId>,
}

/// The best of several companies: a customer before others, one with an owner before others, then the lowest id.
#[must_use]
pub fn best_account(candidates: &[AccountCandidate]) -> Option<(&AccountCandidate, Option<Tie>)> {
    let rank = |it: &AccountCandidate| (!it.customer, it.owner.is_none());
    let best = candidates.iter().min_by_key(|it| (rank(it), it.id))?;
    let rivals = || candidates.iter().filter(|it| it.id != best.id);
    let tie = if rivals().next().is_none() {
        None
    } else if best.customer && rivals().all(|it| !it.customer) {
        Some(Tie::Customer)
    } else if best.owner.is_some() && rivals().all(|it| rank(it) > rank(best)) {
        Some(Tie::HasOwner)
    } else {
        Some(Tie::LowestId)
    };
    Some((best, tie))
}

/// The company of that name. `free_mail`: nobody vouches for the name but the person, so it counts only where exactly
/// one company bears it.
#[must_use]
pub fn match_by_name(
    candidates: &[AccountCandidate],
    free_mail: bool,
) -> Option<(&AccountCandidate, AccountMatch)> {
    let (best, tie) = best_account(candidates)?;
    if free_mail && tie.is_some() {
        return None;
    }
    let rivals = u32::try_from(candidates.len() - 1).unwrap_or(u32::MAX);
    Some((best, AccountMatch { account: best.id, by: MatchBy::Name, tie, rivals }))
}

/// A company's name as it is compared: lower case, words of letters and digits, legal form stripped; `None` where
/// nothing is left to compare.
#[must_use]
pub fn name_key(name: &str) -> Option<String> {
    let joined: String =
        name.to_lowercase().chars().filter(|letter| !matches!(letter, '.' | '\'' | '\u{2019}')).collect();
    let mut words: Vec<&str> =
        joined.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| SUFFIXES.binary_search(word).is_ok()) {
        words.pop();
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// To whom a named account goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedTo {
    Rep(MemberId),
    Pool(PoolId),
}

/// A company that the policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAccount {
    pub id: String,
    /// Where it stands in the policy's text, from 1.
    pub line: u32,
    /// As written; leads are compared by what [`NamedAccounts::sealed`] makes of it.
    pub domain: Option<String>,
    /// As [`name_key`] gives it.
    pub name: Option<String>,
    /// `system:id`.
    pub crm: Option<String>,
    pub to: NamedTo,
}

/// By what a company may be named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyNames {
    /// As the lead knows it: sealed.
    pub domain: Option<String>,
    /// As [`name_key`] gives it.
    pub name: Option<String>,
    /// `system:id` of the company's records in CRMs.
    pub crm: Vec<String>,
}

/// The policy's named accounts, quick to look up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedAccounts {
    accounts: Vec<NamedAccount>,
    by_domain: BTreeMap<String, usize>,
    by_name: BTreeMap<String, usize>,
    by_crm: BTreeMap<String, usize>,
}

impl NamedAccounts {
    /// Indexes the accounts; of two with the same key the first counts.
    #[must_use]
    pub fn new(accounts: Vec<NamedAccount>) -> Self {
        let mut named = Self { accounts, ..Self::default() };
        for (place, account) in named.accounts.iter().enumerate() {
            if let Some(domain) = &account.domain {
                named.by_domain.entry(domain.clone()).or_insert(place);
            }
            if let Some(name) = &account.name {
                named.by_name.entry(name.clone()).or_insert(place);
            }
            if let Some(crm) = &account.crm {
                named.by_crm.entry(crm.clone()).or_insert(place);
            }
        }
        named
    }

    /// The same with domains as leads know them.
    #[must_use]
    pub fn sealed(mut self, seal: impl Fn(&str) -> String) -> Self {
        self.by_domain = self.by_domain.into_iter().map(|(domain, place)| (seal(&domain), place)).collect();
        self
    }

    /// The named account of a company: by CRM record, then domain, then name.
    #[must_use]
    pub fn find(&self, names: &CompanyNames) -> Option<&NamedAccount> {
        let crm = names.crm.iter().find_map(|key| self.by_crm.get(key));
        let place = crm
            .or_else(|| self.by_domain.get(names.domain.as_ref()?))
            .or_else(|| self.by_name.get(names.name.as_ref()?))?;
        self.accounts.get(*place)
    }

    /// Every one, in the order of the text.
    #[must_use]
    pub fn list(&self) -> &[NamedAccount] {
        &self.accounts
    }
}
