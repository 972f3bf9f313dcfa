//! Job titles, routes, named accounts and products: what differs, and in which order they are tried. It routes nobody.

use super::notes::{How, Notes, Row};
use crate::domain::lead::{Motion, Origin};
use crate::domain::policy::{Grade, Priority, Segment};
use crate::domain::profile::{Function, Seniority};
use crate::domain::routing::{NamedAccount, NamedTo, RouteRule};
use crate::domain::scoring::{TitleRules, Words};
use std::collections::BTreeSet;

pub(super) fn products(before: &[String], after: &[String], notes: &mut Notes) {
    notes.members("Products of routes", before, after);
}

pub(super) fn titles(before: &TitleRules, after: &TitleRules, notes: &mut Notes) {
    let levels = [
        (Seniority::Student, "student"),
        (Seniority::Individual, "individual"),
        (Seniority::Manager, "manager"),
        (Seniority::Director, "director"),
        (Seniority::VicePresident, "vice president"),
        (Seniority::Chief, "chief"),
    ];
    let functions =
        [(Function::Buying, "buying"), (Function::Adjacent, "adjacent"), (Function::Other, "other")];
    entries("Job titles", &levels, &before.seniority, &after.seniority, notes);
    entries("Functions by title", &functions, &before.function, &after.function, notes);
}

fn entries<T: Copy + Ord>(
    what: &str,
    words: &[(T, &str)],
    before: &[Words<T>],
    after: &[Words<T>],
    notes: &mut Notes,
) {
    for (says, word) in words {
        // Sorted, since of one meaning only the order among other meanings counts.
        let of = |list: &[Words<T>]| {
            let mut phrases: Vec<String> =
                phrases(list).filter(|(it, _)| it == says).map(|(_, phrase)| phrase).collect();
            phrases.sort_unstable();
            phrases
        };
        notes.members(&format!("{what}, {word}"), &of(before), &of(after));
    }
    let both: [Vec<(T, String)>; 2] = [phrases(before).collect(), phrases(after).collect()];
    let common = |list: &[(T, String)], other: &[(T, String)]| -> Vec<(T, String)> {
        let other: BTreeSet<&(T, String)> = other.iter().collect();
        list.iter().filter(|entry| other.contains(entry)).cloned().collect()
    };
    if common(&both[0], &both[1]) != common(&both[1], &both[0]) {
        notes.order(&format!("{what}: the entries"));
    }
}

fn phrases<T: Copy>(list: &[Words<T>]) -> impl Iterator<Item = (T, String)> {
    list.iter().flat_map(|entry| entry.phrases.iter().map(move |phrase| (entry.says, phrase.join(" "))))
}

pub(super) fn routes(before: &[RouteRule], after: &[RouteRule], notes: &mut Notes) {
    for rule in before {
        match after.iter().find(|other| other.id == rule.id) {
            Some(other) => notes.rows(&format!("Route `{}`", rule.id), route_rows(rule), route_rows(other)),
            None => {
                notes
                    .note(format!("Route `{}`", rule.id), How::Removed { said: format!("to {}", rule.pool) });
            }
        }
    }
    for rule in after.iter().filter(|rule| !before.iter().any(|other| other.id == rule.id)) {
        notes.note(format!("Route `{}`", rule.id), How::Added { says: format!("to {}", rule.pool) });
    }
    let common = |list: &[RouteRule], other: &[RouteRule]| -> Vec<String> {
        let has = |rule: &&RouteRule| other.iter().any(|it| it.id == rule.id);
        list.iter().filter(has).map(|rule| rule.id.clone()).collect()
    };
    let (was, is) = (common(before, after), common(after, before));
    if was != is {
        notes.value("Routes are tried in the order", &was.join(", "), &is.join(", "), "");
    }
}

fn route_rows(rule: &RouteRule) -> Vec<Row> {
    let RouteRule {
        id: _,
        line: _,
        grades,
        priorities,
        countries,
        regions,
        segments,
        motions,
        products,
        origins,
        campaigns,
        sources,
        pool,
    } = rule;
    vec![
        ("grades", codes(grades, Grade::code), ""),
        ("priorities", list(priorities.iter().map(|it: &Priority| format!("P{}", it.number()))), ""),
        ("countries", countries.join(", "), ""),
        ("regions", regions.join(", "), ""),
        ("segments", codes(segments, Segment::code), ""),
        ("motions", codes(motions, Motion::code), ""),
        ("products", products.join(", "), ""),
        ("origins", codes(origins, Origin::code), ""),
        ("campaigns", campaigns.join(", "), ""),
        ("sources", sources.join(", "), ""),
        ("pool", pool.to_string(), ""),
    ]
}

fn codes<T: Copy>(values: &[T], code: impl Fn(T) -> &'static str) -> String {
    list(values.iter().map(|value| code(*value).to_owned()))
}

fn list(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

pub(super) fn named_accounts(before: &[NamedAccount], after: &[NamedAccount], notes: &mut Notes) {
    for account in before {
        let name = format!("Named account `{}`", account.id);
        match after.iter().find(|other| other.id == account.id) {
            Some(other) => notes.rows(&name, account_rows(account), account_rows(other)),
            None => notes.note(name, How::Removed { said: to(&account.to) }),
        }
    }
    for account in after.iter().filter(|it| !before.iter().any(|other| other.id == it.id)) {
        notes.note(format!("Named account `{}`", account.id), How::Added { says: to(&account.to) });
    }
}

fn account_rows(account: &NamedAccount) -> Vec<Row> {
    let NamedAccount { id: _, line: _, domain, name, crm, to: goes } = account;
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    vec![
        ("domain", word(domain), ""),
        ("name", word(name), ""),
        ("CRM record", word(crm), ""),
        ("goes", to(goes), ""),
    ]
}

fn to(to: &NamedTo) -> String {
    match to {
        NamedTo::Rep(rep) => format!("to {rep}"),
        NamedTo::Pool(pool) => format!("to the pool {pool}"),
    }
}
