//! Routes, named accounts and products of a policy. They never know which people and pools a team has.

use super::policy::{grades, pairs};
use super::section::{At, Section};
use super::{countries, plain};
use crate::domain::lead::{Motion, Origin};
use crate::domain::policy::{Priority, Segment};
use crate::domain::routing::{NamedAccount, NamedTo, RouteRule, name_key};
use crate::domain::team::{MemberId, PoolId};
use std::collections::BTreeSet;

/// The words of priorities in lists of routes.
pub(super) const PRIORITIES: [(&str, Priority); 4] =
    [("p1", Priority::P1), ("p2", Priority::P2), ("p3", Priority::P3), ("p4", Priority::P4)];
/// A lead keeps the product that was asked about: a word, not a text.
const PRODUCT_CHARS_MAX: usize = 64;

/// Routes are tried one after the other for every lead, and each is held against all before it when they are checked.
const ROUTES_MAX: usize = 500;
/// Companies by name: the largest lists of target accounts; found by key, not one after the other.
const NAMED_ACCOUNTS_MAX: usize = 5_000;

/// What a policy says of routing.
pub(super) struct Routing {
    pub products: Vec<String>,
    pub named_accounts: Vec<NamedAccount>,
    pub routes: Vec<RouteRule>,
}

pub(super) fn routing(root: &Section<'_, '_>) -> Routing {
    let products = root.optional_section("routing").map(|section| products(&section)).unwrap_or_default();
    let mut ids = BTreeSet::new();
    let named_accounts = root
        .sections_at_most("named_account", NAMED_ACCOUNTS_MAX)
        .iter()
        .filter_map(|section| named_account(section, &mut ids))
        .collect();
    let mut ids = BTreeSet::new();
    let tables = root.sections_at_most("route", ROUTES_MAX);
    let routes = tables.iter().map(|section| route(section, &products, &mut ids)).collect();
    Routing { products, named_accounts, routes }
}

fn products(section: &Section<'_, '_>) -> Vec<String> {
    let words = section.words("products");
    for word in words.iter().filter(|word| word.value.chars().count() > PRODUCT_CHARS_MAX) {
        let message = format!("a product is a word of at most {PRODUCT_CHARS_MAX} characters");
        section.text.fault(word.span.clone(), message, None);
    }
    lower(words)
}

fn lower(words: Vec<At<String>>) -> Vec<String> {
    words.into_iter().map(|word| word.value.trim().to_lowercase()).collect()
}

/// An id that no other rule of its kind bears.
fn own_id(section: &Section<'_, '_>, ids: &mut BTreeSet<String>) -> String {
    let id = section.word("id");
    if !id.value.is_empty() && !ids.insert(id.value.clone()) {
        section.text.fault(id.span, format!("the id `{}` is another's too", id.value), None);
    }
    id.value
}

fn route(section: &Section<'_, '_>, products: &[String], ids: &mut BTreeSet<String>) -> RouteRule {
    let asked = section.words("products");
    for word in &asked {
        if !products.contains(&word.value.trim().to_lowercase()) {
            section.unknown("product", word, products.iter().map(String::as_str));
        }
    }
    RouteRule {
        id: own_id(section, ids),
        line: section.text.line(&section.span()),
        grades: grades(section, "grades"),
        priorities: section.choices("priorities", &PRIORITIES),
        countries: countries(section, "countries"),
        regions: lower(section.words("regions")),
        segments: section.choices("segments", &pairs(Segment::ALL, Segment::code)),
        motions: section.choices("motions", &pairs(Motion::ALL, Motion::code)),
        products: lower(asked),
        origins: section.choices("origins", &pairs(Origin::ALL, Origin::code)),
        campaigns: plain(section.words("campaigns")),
        sources: lower(section.words("sources")),
        pool: PoolId(section.word("pool").value),
    }
}

/// A company by domain, name or CRM record, and a rep or a pool.
fn named_account(section: &Section<'_, '_>, ids: &mut BTreeSet<String>) -> Option<NamedAccount> {
    let fault = |message: &str| section.text.fault(section.span(), message.to_owned(), None);
    let id = own_id(section, ids);
    let (domain, name, crm) =
        (section.optional_word("domain"), section.optional_word("name"), section.optional_word("crm"));
    let named = usize::from(domain.is_some()) + usize::from(name.is_some()) + usize::from(crm.is_some());
    if named != 1 {
        fault("a named account has one of `domain`, `name` and `crm`");
    }
    if let Some(crm) = crm.as_ref().filter(|word| !word.value.contains(':')) {
        section.text.fault(
            crm.span.clone(),
            "`crm` is the system and the account's id: `crm:001`".to_owned(),
            None,
        );
    }
    if let Some(name) = name.as_ref().filter(|word| name_key(&word.value).is_none()) {
        section.text.fault(name.span.clone(), "`name` has no letter or digit".to_owned(), None);
    }
    let to = match (section.optional_word("rep"), section.optional_word("pool")) {
        (Some(rep), None) => Some(NamedTo::Rep(MemberId(rep.value))),
        (None, Some(pool)) => Some(NamedTo::Pool(PoolId(pool.value))),
        (Some(_), Some(_)) | (None, None) => {
            fault("a named account goes to one of `rep` and `pool`");
            None
        }
    };
    Some(NamedAccount {
        id,
        line: section.text.line(&section.span()),
        domain: domain.map(|word| word.value.trim().to_lowercase()),
        name: name.and_then(|word| name_key(&word.value)),
        crm: crm.map(|word| word.value),
        to: to?,
    })
}
