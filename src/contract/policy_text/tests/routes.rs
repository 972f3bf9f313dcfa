//! Named accounts, products, territories, lint and the shipped table of cases. They never make offers.

use crate::contract::policy_text::{DEFAULT_POLICY, DEFAULT_TEAM, lint, made_up, policy, team};
use crate::domain::ids::AccountId;
use crate::domain::policy::Policy;
use crate::domain::routing::*;
use crate::domain::team::MemberId;
use serde_json::json;

fn with(more: &str) -> Policy {
    policy(&format!("{DEFAULT_POLICY}\n{more}")).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// The default policy with routes of its own before the shipped ones.
fn before_routes(more: &str) -> String {
    DEFAULT_POLICY.replacen(
        "[[route]]\nid = \"low_touch\"",
        &format!("{more}\n[[route]]\nid = \"low_touch\""),
        1,
    )
}

fn names(domain: Option<&str>, name: Option<&str>, crm: Option<&str>) -> CompanyNames {
    CompanyNames {
        domain: domain.map(str::to_owned),
        name: name.and_then(name_key),
        crm: crm.into_iter().map(str::to_owned).collect(),
    }
}

#[test]
fn names_of_companies_compare_without_legal_form_case_and_dots() {
    for (one, other) in [
        ("Acme, Inc.", "ACME"),
        ("Müller & Söhne GmbH & Co. KG", "müller söhne"),
        ("Foo S.A.", "foo"),
        ("O'Neill Ltd", "oneill"),
        ("The Company", "the"),
    ] {
        assert_eq!(name_key(one), name_key(other), "{one}");
    }
    assert_ne!(name_key("Acme Robotics"), name_key("Acme"));
    assert_eq!(name_key("Co"), Some("co".into()), "a legal form alone is a name");
    assert_eq!(name_key(" - "), None);
}

#[test]
fn a_named_account_is_found_by_crm_record_then_domain_then_name() {
    let policy = with(
        "[[named_account]]\nid = \"by_domain\"\ndomain = \"Acme.example\"\nrep = \"ana-ruiz\"\n\
         [[named_account]]\nid = \"by_name\"\nname = \"Globex GmbH\"\npool = \"enterprise\"\n\
         [[named_account]]\nid = \"by_crm\"\ncrm = \"crm:001\"\nrep = \"ben-okafor\"\n",
    )
    .sealed(|domain| format!("sealed:{domain}"));
    let found = |names: CompanyNames| policy.named_accounts().find(&names).map(|it| it.id.clone());
    assert_eq!(found(names(Some("sealed:acme.example"), None, None)).as_deref(), Some("by_domain"));
    assert_eq!(found(names(Some("acme.example"), None, None)), None, "leads know domains sealed only");
    assert_eq!(found(names(None, Some("GLOBEX"), None)).as_deref(), Some("by_name"));
    let both = names(Some("sealed:acme.example"), Some("Globex"), Some("crm:001"));
    assert_eq!(found(both).as_deref(), Some("by_crm"));
}

#[test]
fn of_companies_of_one_name_the_customer_wins_then_one_with_an_owner_then_the_lowest_id() {
    let company = |key: &str, customer, owner: Option<&str>| AccountCandidate {
        id: AccountId::derived(key),
        customer,
        owner: owner.map(|id| MemberId(id.into())),
    };
    let plain = [company("a", false, None), company("b", false, None)];
    let owned = [company("a", false, None), company("b", false, Some("ana-ruiz"))];
    let bought = [company("a", false, Some("ana-ruiz")), company("b", true, None)];
    let settled = |list: &[AccountCandidate]| best_account(list).map(|(best, tie)| (best.id, tie)).unwrap();
    assert_eq!(settled(&bought), (AccountId::derived("b"), Some(Tie::Customer)));
    assert_eq!(settled(&owned), (AccountId::derived("b"), Some(Tie::HasOwner)));
    let lowest = plain.iter().map(|it| it.id).min().unwrap();
    assert_eq!(settled(&plain), (lowest, Some(Tie::LowestId)));
    assert_eq!(settled(&plain[..1]).1, None, "nothing was settled");
}

#[test]
fn a_free_mail_address_matches_a_name_only_where_one_company_bears_it() {
    let company = |key: &str| AccountCandidate { id: AccountId::derived(key), customer: false, owner: None };
    let (one, two) = (vec![company("a")], vec![company("a"), company("b")]);
    assert!(match_by_name(&one, true).is_some());
    assert!(match_by_name(&two, true).is_none());
    let (_, matched) = match_by_name(&two, false).unwrap();
    assert_eq!((matched.by, matched.rivals), (MatchBy::Name, 1));
}

#[test]
fn a_made_up_lead_is_read_from_json_with_every_fault() {
    let object = json!({ "grade": "B", "employees": 70, "had_it": ["ana-ruiz"], "country": null });
    let lead = made_up(object.as_object().unwrap()).unwrap();
    assert_eq!((lead.employees, lead.had_it.len(), lead.country), (Some(70), 1, None));
    let faults = made_up(json!({ "grad": "B", "priority": "p9" }).as_object().unwrap()).unwrap_err();
    let told: Vec<String> = faults.iter().map(|fault| fault.message.clone()).collect();
    assert!(told.iter().any(|it| it.contains("unknown key `grad`")), "{told:?}");
    assert!(told.iter().any(|it| it.contains("unknown word `p9`")), "{told:?}");
}

/// Findings about a policy and the shipped team, as lines.
fn findings(text: &str, team_text: &str) -> Vec<String> {
    let (policy, team) = (policy(text).unwrap(), team(team_text).unwrap());
    lint(&policy, &team, None).iter().map(ToString::to_string).collect()
}

#[test]
fn the_shipped_policy_and_team_fit() {
    assert_eq!(findings(DEFAULT_POLICY, DEFAULT_TEAM), Vec::<String>::new());
}

#[test]
fn a_rule_that_shadows_all_later_ones_is_an_error_with_its_line() {
    let text = before_routes("[[route]]\nid = \"all\"\npool = \"small\"\n");
    let line = text.lines().position(|it| it == "id = \"all\"").unwrap();
    let found = findings(&text, DEFAULT_TEAM);
    assert_eq!(
        found,
        [format!("line {line}: error: the route `all` takes every lead: the 4 after it are never tried")]
    );
    let every =
        before_routes("[[route]]\nid = \"all\"\ngrades = [\"A\", \"B\", \"C\", \"D\"]\npool = \"small\"\n");
    assert!(findings(&every, DEFAULT_TEAM)[0].contains("takes every lead"), "every grade is no condition");
}

#[test]
fn a_rule_that_an_earlier_one_covers_is_a_warning() {
    let text = format!(
        "{DEFAULT_POLICY}\n[[route]]\nid = \"late\"\nsegments = [\"small\"]\ncountries = [\"DE\"]\npool = \"small\"\n"
    );
    let found = findings(&text, DEFAULT_TEAM);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("warning: the route `late` is never reached: `small` in line"), "{found:?}");
}

#[test]
fn an_unknown_pool_and_a_pool_without_anybody_are_errors_with_their_lines() {
    let text = DEFAULT_POLICY.replacen("pool = \"mid-market\"", "pool = \"mid-markt\"", 1);
    let found = findings(&text, DEFAULT_TEAM);
    assert!(found[0].contains("which the team does not have; did you mean `mid-market`?"), "{found:?}");
    let away = ["Kira Sato", "Liam Byrne"].iter().fold(DEFAULT_TEAM.to_owned(), |text, name| {
        text.replacen(&format!("name = \"{name}\"\n"), &format!("name = \"{name}\"\nactive = false\n"), 1)
    });
    let found = findings(DEFAULT_POLICY, &away);
    assert!(found[0].contains("in which nobody takes leads, and which hands on to none"), "{found:?}");
    let zero = DEFAULT_TEAM.replacen("{ id = \"kira-sato\" }", "{ id = \"kira-sato\", weight = 0 }", 1);
    let faults = team(&zero).unwrap_err();
    assert!(faults[0].line > 1 && faults[0].message.contains("`weight` is 0"), "{faults:?}");
}

#[test]
fn faults_of_named_accounts_are_told_with_their_lines() {
    let text = format!(
        "{DEFAULT_POLICY}\n[[named_account]]\nid = \"x\"\ndomain = \"a.example\"\nname = \"A\"\nrep = \"ana-ruiz\"\n"
    );
    let faults = policy(&text).unwrap_err();
    assert_eq!(faults[0].message, "a named account has one of `domain`, `name` and `crm`");
    let unknown = with("[[named_account]]\nid = \"x\"\ndomain = \"a.example\"\nrep = \"nobody\"\n");
    let found = lint(&unknown, &team(DEFAULT_TEAM).unwrap(), None);
    assert!(found[0].error && found[0].message.contains("who is not in the team"), "{found:?}");
}
