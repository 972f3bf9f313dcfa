//! Made-up leads through the shipped texts and changed ones. Nothing here knows a database.

use baton::contract::policy_text::{DEFAULT_POLICY, DEFAULT_ROUTE_CASES, DEFAULT_TEAM, cases, policy, team};
use baton::replay::route_cases::{because, run};

/// The default policy with routes of its own before the shipped ones.
fn before_routes(more: &str) -> String {
    DEFAULT_POLICY.replacen(
        "[[route]]\nid = \"low_touch\"",
        &format!("{more}\n[[route]]\nid = \"low_touch\""),
        1,
    )
}

#[test]
fn a_territory_and_a_product_are_fields_of_a_route() {
    let text = before_routes(
        "[routing]\nproducts = [\"Line Planner\"]\n\
         [[route]]\nid = \"bavaria\"\ncountries = [\"DE\"]\nregions = [\"Bavaria\"]\npool = \"enterprise\"\n\
         [[route]]\nid = \"planner\"\nproducts = [\"line planner\"]\nsources = [\"Search\"]\npool = \"small\"\n",
    );
    let policy = policy(&text).unwrap();
    assert_eq!(policy.product(" LINE planner ").as_deref(), Some("line planner"));
    assert_eq!(policy.product("something else, call me at home"), None, "free text is not kept");
    let table = "[[case]]\nname = \"t\"\nlead = { grade = \"A\", country = \"de\", region = \"bavaria\", employees = 500 }\npool = \"enterprise\"\n\
        [[case]]\nname = \"p\"\nlead = { grade = \"A\", employees = 500, product = \"Line Planner\", source = \"search\" }\npool = \"small\"\n\
        [[case]]\nname = \"n\"\nlead = { grade = \"A\", employees = 500, product = \"Line Planner\" }\npool = \"mid-market\"\n";
    let results = run(&cases(table).unwrap(), &policy, &team(DEFAULT_TEAM).unwrap());
    assert!(results.iter().all(|it| it.differences.is_empty()), "{results:#?}");
}

#[test]
fn the_shipped_cases_hold_and_a_changed_rule_shows_what_differs() {
    let cases = cases(DEFAULT_ROUTE_CASES).unwrap();
    let team = team(DEFAULT_TEAM).unwrap();
    let results = run(&cases, &policy(DEFAULT_POLICY).unwrap(), &team);
    assert!(results.iter().all(|it| it.differences.is_empty()), "{results:#?}");
    let changed =
        policy(&DEFAULT_POLICY.replacen("segments = [\"enterprise\"]", "segments = [\"small\"]", 1)).unwrap();
    let results = run(&cases, &changed, &team);
    let failed = results.iter().find(|it| !it.differences.is_empty()).unwrap();
    assert_eq!(failed.differences[0], "pool: expected enterprise, got nobody");
    assert!(because(&failed.walked).contains("mid_market differs in segment"), "{}", because(&failed.walked));
}
