//! Which facts of the SQL definition the records in can bring, and where each stands on the wire. It reads no record.

use super::FAMILIES;
use serde_json::Value;
use std::collections::BTreeSet;

/// A fact, a type that brings it, and where its schema says so.
const SQL_FACTS: &[(&str, &str, &str)] = &[
    // Two people who spoke are known by an attempt; the record of the SQL does not tell.
    ("conversation", "crm.lead.contacted.v1", "/properties/outcome"),
    ("need", "crm.lead.qualified.v1", "/properties/facts/properties/need"),
    ("authority", "crm.lead.qualified.v1", "/properties/facts/properties/authority"),
    ("budget", "crm.lead.qualified.v1", "/properties/facts/properties/budget"),
    ("timeline_months", "crm.lead.qualified.v1", "/properties/facts/properties/timeline_months"),
    ("next_step_on", "crm.lead.qualified.v1", "/properties/next_step_on"),
    // A lead is matched to it by domain, name or the CRM's record.
    ("account", "crm.account.updated.v1", "/properties/account_id"),
];

/// The facts of an SQL that some type of the contract carries, by their words.
#[must_use]
pub fn carried_facts() -> BTreeSet<&'static str> {
    SQL_FACTS.iter().filter(|(_, name, place)| carries(name, place)).map(|(fact, _, _)| *fact).collect()
}

fn carries(name: &str, place: &str) -> bool {
    let known = FAMILIES.iter().copied().flatten().find(|known| known.name == name);
    let schema = known.and_then(|known| serde_json::from_str::<Value>(known.schema).ok());
    schema.is_some_and(|schema| schema.pointer(place).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::policy_text::{DEFAULT_POLICY, policy};

    #[test]
    fn every_fact_that_the_shipped_definition_asks_for_is_carried() {
        let asked = policy(DEFAULT_POLICY).unwrap().sql_definition().facts();
        assert_eq!(asked.len(), SQL_FACTS.len());
        let carried = carried_facts();
        assert!(asked.iter().all(|fact| carried.contains(fact)), "{carried:?}");
        assert!(!carries("crm.lead.qualified.v1", "/properties/facts/properties/mood"));
        assert!(!carries("crm.lead.adored.v1", "/properties/facts"));
    }
}
