//! The receipt of a made-up lead: its company as the router finds it, every step, rule, pool and candidate.

use baton::contract::policy_text::{
    DEFAULT_POLICY, DEFAULT_REFERENCE, DEFAULT_TEAM, MadeUp, made_up, policy, reference, team,
};
use baton::domain::availability::{Availability, Away, Source};
use baton::domain::ids::AccountId;
use baton::domain::routing::Company;
use baton::domain::team::MemberId;
use baton::domain::time::Moment;
use baton::replay::explain::{Explained, explain, known};
use baton::replay::walk::{Ground, subject_of};
use baton::store::route_facts::CompanyRead;
use serde_json::{Value, json};

/// A Wednesday at ten, UTC.
const NOW: Moment = Moment(1_767_780_000_000_000);

fn lead(fields: &Value) -> MadeUp {
    made_up(fields.as_object().unwrap()).unwrap()
}

fn company(name: &str, domain: &str, owner: Option<&str>) -> Company {
    Company {
        id: AccountId::derived(domain),
        kind: Some("prospect".to_owned()),
        owner: owner.map(|owner| MemberId(owner.to_owned())),
        name_key: Some(name.to_owned()),
        keys: vec![format!("domain:{domain}")],
        deal_owner: None,
        cycle_holder: None,
    }
}

fn explained(fields: &Value, read: &CompanyRead) -> Explained {
    let (policy, team) = (policy(DEFAULT_POLICY).unwrap(), team(DEFAULT_TEAM).unwrap());
    let reference = reference(DEFAULT_REFERENCE).unwrap();
    // As the service has it: leads and named accounts know a domain sealed.
    let seal = |domain: &str| format!("sealed {domain}");
    let policy = policy.sealed(seal);
    let (subject, knows) = known(&lead(fields), read, &policy, &reference, &seal);
    explain(Ground::new(&policy, &team), &subject, &knows, NOW, true)
}

#[test]
fn the_receipt_names_every_step_rule_pool_and_candidate() {
    let it = explained(
        &json!({"employees": 500, "country": "DE", "grade": "B", "priority": "p2"}),
        &CompanyRead::default(),
    );
    assert_eq!(
        (it.rule.as_str(), it.pool.as_deref(), it.rep.as_deref()),
        ("mid_market", Some("mid-market"), Some("dev-patel"))
    );
    let steps: Vec<_> = it.steps.iter().map(|step| (step.step, step.fired)).collect();
    let tried = ["wanted", "open_opportunity", "open_cycle", "account_owner", "named_account"];
    assert_eq!(steps[..5], tried.map(|step| (step, false)));
    assert_eq!(steps[5..], [("rule", true)]);
    assert_eq!((it.passed_over[0].rule.as_str(), it.passed_over[0].field), ("low_touch", "grade"));
    assert_eq!(
        it.path.iter().map(|pool| (pool.pool.as_str(), pool.what)).collect::<Vec<_>>(),
        [("mid-market", "takes_it")]
    );
    let candidates: Vec<_> = it.candidates.iter().map(|it| (it.rep.as_str(), it.why_not)).collect();
    assert_eq!(candidates[0], ("emma-larsen", Some("not_next")));
    assert_eq!(candidates[3], ("dev-patel", None));
    assert_eq!(it.sla.accept_by.as_deref(), Some("2026-01-07T10:30:00Z"));
    assert_eq!(it.sla.contact_by, "2026-01-07T11:00:00Z");
    assert_eq!(it.account, None);
}

#[test]
fn the_company_is_found_by_domain_then_by_name_and_a_free_mail_name_counts_only_where_it_is_alone() {
    let vega = company("vega", "vega.example", Some("hugo-silva"));
    let by_domain = CompanyRead { bound: Some(vega.clone()), ..CompanyRead::default() };
    let it = explained(&json!({"domain": "vega.example", "employees": 500}), &by_domain);
    assert_eq!((it.step, it.rep.as_deref()), ("account_owner", Some("hugo-silva")));
    assert_eq!(it.account.as_ref().unwrap().by, "domain");
    assert!(it.passed_over.is_empty() && it.path.iter().all(|pool| pool.what == "not_reached"));

    let other = Company { owner: None, ..company("vega", "vega.test", None) };
    let by_name = CompanyRead { namesakes: vec![other, vega.clone()], ..CompanyRead::default() };
    let it = explained(&json!({"domain": "unknown.example", "company": "Vega Inc."}), &by_name);
    let found = it.account.unwrap();
    assert_eq!((found.by, found.tie_break, found.rivals), ("name", Some("has_owner"), 1));
    let it = explained(&json!({"domain": "gmail.com", "company": "Vega Inc."}), &by_name);
    assert_eq!((it.account, it.step), (None, "rule"), "nobody vouches for the name, and two bear it");
    let alone = CompanyRead { namesakes: vec![vega], ..CompanyRead::default() };
    let it = explained(&json!({"domain": "gmail.com", "company": "Vega Inc."}), &alone);
    assert_eq!(it.rep.as_deref(), Some("hugo-silva"));
}

#[test]
fn an_open_deal_comes_before_an_open_passage_and_that_before_the_owner_and_whoever_is_unfit_is_passed() {
    let mut vega = company("vega", "vega.example", Some("hugo-silva"));
    vega.cycle_holder = Some(MemberId("iris-novak".to_owned()));
    vega.deal_owner = Some(MemberId("somebody-gone".to_owned()));
    let read = CompanyRead { bound: Some(vega), ..CompanyRead::default() };
    let it = explained(&json!({"domain": "vega.example"}), &read);
    assert_eq!((it.step, it.rep.as_deref()), ("open_cycle", Some("iris-novak")));
    let deal = it.steps.iter().find(|step| step.step == "open_opportunity").unwrap();
    assert_eq!(
        (deal.rep.as_deref(), deal.why_not, deal.fired),
        (Some("somebody-gone"), Some("unknown"), false)
    );
    let it = explained(&json!({"domain": "vega.example", "opportunity_owner": "ana-ruiz"}), &read);
    assert_eq!(it.rep.as_deref(), Some("ana-ruiz"), "what is made up comes before what was read");
}

#[test]
fn where_nobody_is_free_the_steward_keeps_it_and_no_answer_is_due() {
    let all = ["dev-patel", "emma-larsen", "felix-braun", "grace-kim"];
    let it = explained(&json!({"employees": 500, "had_it": all}), &CompanyRead::default());
    assert_eq!((it.rep, it.steward.as_str(), it.sla.accept_by), (None, "maya-cohen", None));
    assert_eq!(it.path[0].what, "nobody_free");
    assert!(it.candidates.iter().all(|it| it.why_not == Some("had_it_before")));
}

#[test]
fn a_pool_whose_people_are_all_on_vacation_hands_on_to_the_next_or_waits_with_the_steward() {
    let policy = policy(DEFAULT_POLICY).unwrap();
    let pool = ["dev-patel", "emma-larsen", "felix-braun", "grace-kim"];
    let words = pool.map(|rep| Availability {
        away: vec![Away { from: NOW, until: None }],
        ..Availability::present(MemberId(rep.to_owned()), Source::Person, NOW)
    });
    let on_vacation = |text: &str| {
        let team = team(text).unwrap().in_force(1, words.to_vec());
        let (subject, knows) = subject_of(&lead(&json!({"employees": 500, "grade": "B"})), &policy);
        explain(Ground::new(&policy, &team), &subject, &knows, NOW, false)
    };
    let alone = on_vacation(DEFAULT_TEAM);
    assert_eq!((alone.rep, alone.steward.as_str()), (None, "maya-cohen"));
    assert!(alone.candidates.iter().all(|it| it.why_not == Some("away")));
    let next =
        DEFAULT_TEAM.replacen("name = \"Mid-market\"\n", "name = \"Mid-market\"\nnext_pool = \"small\"\n", 1);
    let handed = on_vacation(&next);
    assert_eq!((handed.rep.as_deref(), handed.pool.as_deref()), (Some("hugo-silva"), Some("small")));
    assert_eq!(handed.first_pool.as_deref(), Some("mid-market"));
    assert_eq!(handed.path.iter().map(|it| it.what).collect::<Vec<_>>(), ["nobody_free", "takes_it"]);
}
