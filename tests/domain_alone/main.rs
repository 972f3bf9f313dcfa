//! Compiles `domain` alone: it can lean on no other module of ours. It never tests what the domain decides.

#![cfg(test)]
#![expect(dead_code, reason = "nothing but the compiler reads the domain here")]
#![expect(
    clippy::struct_field_names,
    reason = "the library's public names; the lint sees them as private here"
)]
#![allow(unused_imports, reason = "re-exports that only the library's readers use")]

#[path = "../../src/domain/mod.rs"]
mod domain;

#[test]
fn the_domain_compiles_without_any_other_module_of_ours() {
    let lead = domain::lead::Lead::unseen(domain::ids::LeadId::derived("/test", "alone", 0));
    assert_eq!(lead.version, 0);
}
