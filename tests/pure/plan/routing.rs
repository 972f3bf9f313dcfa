//! The router's batch over real records: who knows the person comes before any rule, companies are matched with care, and
//! the receipt says all of it. Nothing here knows a database.

use super::desk::{Desk, loop_batch};
use baton::contract::policy_text::{DEFAULT_POLICY, DEFAULT_TEAM, policy, team};
use baton::domain::event::Event;
use baton::domain::ids::AccountId;
use baton::domain::lead::Stage;
use baton::domain::profile::MailKind;
use baton::domain::routing::Company;
use baton::domain::routing::{MatchBy, RouteReceipt, RouteStep, Tie, WhyNot};
use baton::domain::team::{MemberId, PoolId};
use baton::store::codec;
use baton::store::route_facts::RouteFacts;
use baton::transaction::batch::{Batch, Outcome, Stream};
use baton::transaction::loaded::LoadedPool;
use baton::transaction::plan::Planned;
use baton::transaction::turn;
use serde_json::Value;

const PRIYA: &str = "priya.raman@northwind-robotics.example";
const DOMAIN: &str = "northwind-robotics.example";

fn rep(id: &str) -> MemberId {
    MemberId(id.into())
}

fn company(key: &str) -> Company {
    Company {
        id: AccountId::derived(key),
        kind: Some("prospect".into()),
        owner: None,
        name_key: Some("northwind".into()),
        keys: vec![key.to_owned()],
        deal_owner: None,
        cycle_holder: None,
    }
}

/// Priya stands in the queue of mid-market.
fn queued() -> Desk {
    queued_under(Desk::new())
}

fn queued_under(mut desk: Desk) -> Desk {
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    assert!(matches!(desk.lead(PRIYA).stage, Stage::Queued { .. }));
    desk
}

fn pool_of(desk: &Desk) -> PoolId {
    match &desk.lead(PRIYA).stage {
        Stage::Queued { pool, .. } => pool.clone(),
        other => panic!("not queued: {other:?}"),
    }
}

/// One turn of the router over Priya's pool.
fn turned(desk: &mut Desk, facts: RouteFacts) -> Planned {
    let pool = pool_of(desk);
    let lead = desk.lead(PRIYA).id;
    desk.loaded.pool = Some(LoadedPool { pool: Some(pool.clone()), ..LoadedPool::default() });
    desk.loaded.route_facts.insert(lead, facts);
    let entry = turn::route(Desk::keys(), lead, desk.now, None);
    let planned = desk.take(Batch { routing: Some(pool), ..loop_batch(Stream::Route(1), entry) });
    desk.loaded.pool = None;
    planned
}

/// The offer of a turn: rep, rule and receipt.
fn offer(planned: &Planned) -> (MemberId, String, RouteReceipt) {
    assert_eq!(planned.outcomes, [Outcome::Applied("offer_lead")]);
    let row = planned.write.audit.iter().find(|row| row.event == "lead_offered").unwrap();
    match codec::read_event(&row.payload).unwrap() {
        Event::LeadOffered { rep, rule, receipt, .. } => (rep, rule, *receipt.unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_knows_the_person_comes_first_in_its_order_and_takes_no_turn() {
    let everybody = RouteFacts {
        deal_owner: Some(rep("ana-ruiz")),
        company: Some(Company {
            deal_owner: Some(rep("ben-okafor")),
            cycle_holder: Some(rep("chloe-martin")),
            owner: Some(rep("hugo-silva")),
            ..company("crm:crm:a-1")
        }),
        ..RouteFacts::default()
    };
    let without = |facts: &RouteFacts, step: usize| {
        let mut facts = facts.clone();
        if let Some(company) = &mut facts.company {
            company.deal_owner = company.deal_owner.take().filter(|_| step < 2);
            company.cycle_holder = company.cycle_holder.take().filter(|_| step < 3);
        }
        facts.deal_owner = facts.deal_owner.filter(|_| step < 1);
        facts
    };
    let steps = [
        ("ana-ruiz", RouteStep::OpenOpportunity),
        ("ben-okafor", RouteStep::OpenOpportunity),
        ("chloe-martin", RouteStep::OpenCycle),
        ("hugo-silva", RouteStep::AccountOwner),
    ];
    for (place, (who, step)) in steps.into_iter().enumerate() {
        let planned = turned(&mut queued(), without(&everybody, place));
        let (chosen, rule, receipt) = offer(&planned);
        assert_eq!((chosen, rule.as_str()), (rep(who), step.code()));
        assert_eq!((receipt.step, receipt.by_turn), (step, false));
        assert!(planned.write.rotation.is_empty(), "nobody's turn was taken");
        assert!(!planned.write.assignments[0].by_turn);
    }
}

#[test]
fn who_is_named_by_hand_gets_the_lead_again_though_they_had_it_before() {
    let mut desk = queued();
    let pool = ["dev-patel", "emma-larsen", "felix-braun", "grace-kim"].map(rep);
    let cycle = &mut desk.state(PRIYA).cycle;
    (cycle.offers, cycle.offered_to) = (4, pool.to_vec());
    let planned = turned(&mut desk, RouteFacts::default());
    assert_eq!(planned.outcomes, [Outcome::Filtered("nobody_free")], "everybody had it before");
    desk.state(PRIYA).cycle.wanted = Some(rep("emma-larsen"));
    let (chosen, rule, receipt) = offer(&turned(&mut desk, RouteFacts::default()));
    assert_eq!((chosen, rule.as_str()), (rep("emma-larsen"), "wanted"));
    assert_eq!((receipt.step, receipt.by_turn), (RouteStep::Wanted, false));
}

#[test]
fn whoever_knows_the_person_but_is_gone_is_named_with_the_reason_and_the_rules_go_on() {
    let mut desk = Desk::new();
    let text = DEFAULT_TEAM.replacen("name = \"Ana Ruiz\"\n", "name = \"Ana Ruiz\"\nactive = false\n", 1);
    desk.team = Some(team(&text).unwrap());
    let mut desk = queued_under(desk);
    let planned =
        turned(&mut desk, RouteFacts { deal_owner: Some(rep("ana-ruiz")), ..RouteFacts::default() });
    let (chosen, rule, receipt) = offer(&planned);
    assert_eq!((chosen, rule.as_str()), (rep("dev-patel"), "mid_market"));
    assert!(receipt.by_turn);
    let out = planned.write.outbox.iter().find(|row| row.event_type == "lead.routed.v1").unwrap();
    let record: Value = serde_json::from_slice(out.payload.as_ref().unwrap()).unwrap();
    let route = &record["receipt"]["route"];
    assert_eq!(route["candidates"][0]["rep"], "ana-ruiz");
    assert_eq!(route["candidates"][0]["why_not"], WhyNot::Inactive.code());
    assert_eq!(route["passed_over"][0]["rule"], "low_touch");
    assert_eq!(route["passed_over"][0]["field"], "grade");
    assert_eq!(route["sla"]["priority"], 1);
    assert!(route["sla"]["accept_by"].is_string() && route["sla"]["contact_by"].is_string());
    assert_eq!(route["account_match"], Value::Null);
}

#[test]
fn a_company_is_matched_by_its_domain_and_the_receipt_says_so() {
    let key = format!("domain:{DOMAIN}");
    let bound = Company { owner: Some(rep("hugo-silva")), ..company(&key) };
    let planned = turned(&mut queued(), RouteFacts { company: Some(bound), ..RouteFacts::default() });
    let matched = offer(&planned).2.account.unwrap();
    assert_eq!((matched.account, matched.by, matched.tie), (AccountId::derived(&key), MatchBy::Domain, None));
}

#[test]
fn where_nothing_is_known_of_the_domain_a_company_of_the_same_name_is_taken_and_the_tie_recorded() {
    let unknown = Company { kind: None, ..company(&format!("domain:{DOMAIN}")) };
    let prospect = Company { owner: Some(rep("ana-ruiz")), ..company("crm:crm:a-1") };
    let customer =
        Company { kind: Some("customer".into()), owner: Some(rep("hugo-silva")), ..company("crm:crm:a-2") };
    let facts = RouteFacts {
        company: Some(unknown),
        company_name: Some("northwind".into()),
        namesakes: vec![prospect, customer],
        ..RouteFacts::default()
    };
    let planned = turned(&mut queued(), facts);
    let (chosen, _, receipt) = offer(&planned);
    let matched = receipt.account.unwrap();
    assert_eq!(chosen, rep("hugo-silva"), "the customer's owner");
    assert_eq!((matched.by, matched.tie, matched.rivals), (MatchBy::Name, Some(Tie::Customer), 1));
}

#[test]
fn a_free_mail_address_does_not_choose_between_companies_of_one_name() {
    let mut desk = queued();
    {
        let lead = desk.state(PRIYA);
        lead.profile.company_domain = None;
        lead.profile.mail.as_mut().unwrap().value = MailKind::Free;
    }
    let owned = |key: &str, owner: &str| Company { owner: Some(rep(owner)), ..company(key) };
    let two = vec![owned("crm:crm:a-1", "ana-ruiz"), owned("crm:crm:a-2", "hugo-silva")];
    let facts =
        |namesakes| RouteFacts { namesakes, company_name: Some("northwind".into()), ..RouteFacts::default() };
    let (chosen, _, receipt) = offer(&turned(&mut desk, facts(two.clone())));
    assert_eq!(
        (chosen, receipt.account),
        (rep("dev-patel"), None),
        "two companies, and nobody vouches for either"
    );
    let mut desk = queued();
    desk.state(PRIYA).profile.company_domain = None;
    desk.state(PRIYA).profile.mail.as_mut().unwrap().value = MailKind::Free;
    let (chosen, ..) = offer(&turned(&mut desk, facts(two[..1].to_vec())));
    assert_eq!(chosen, rep("ana-ruiz"), "one alone bears the name");
}

fn with_named(more: &str) -> Desk {
    let mut desk = Desk::new();
    let read = policy(&format!("{DEFAULT_POLICY}\n[[named_account]]\nid = \"northwind\"\n{more}\n")).unwrap();
    desk.policy = Some(read.sealed(|domain| Desk::keys().company(domain)));
    queued_under(desk)
}

#[test]
fn a_named_account_goes_to_its_rep_before_any_rule() {
    let mut desk = with_named(&format!("domain = \"{DOMAIN}\"\nrep = \"ben-okafor\""));
    let (chosen, rule, receipt) = offer(&turned(&mut desk, RouteFacts::default()));
    assert_eq!((chosen, rule.as_str()), (rep("ben-okafor"), "named_account:northwind"));
    assert_eq!(receipt.step, RouteStep::NamedAccount);
}

#[test]
fn a_named_account_of_a_pool_moves_there_once_and_gets_that_pools_turn() {
    let mut desk = with_named("name = \"Northwind Inc.\"\npool = \"enterprise\"");
    let facts = RouteFacts { company_name: Some("northwind".into()), ..RouteFacts::default() };
    assert_eq!(pool_of(&desk).0, "mid-market");
    assert_eq!(turned(&mut desk, facts.clone()).outcomes, [Outcome::Applied("pass_pool")]);
    assert_eq!(pool_of(&desk).0, "enterprise");
    let planned = turned(&mut desk, facts);
    let (chosen, rule, receipt) = offer(&planned);
    assert_eq!((chosen, rule.as_str()), (rep("ana-ruiz"), "named_account:northwind"));
    assert!(receipt.by_turn && planned.write.assignments[0].by_turn);
    assert_eq!(planned.write.assignments[0].pool.0, "enterprise");
}

#[test]
fn a_pool_in_which_nobody_is_left_hands_on_and_the_lead_is_not_sent_back() {
    let mut desk = Desk::new();
    let text = ["Dev Patel", "Emma Larsen", "Felix Braun", "Grace Kim"].iter().fold(
        DEFAULT_TEAM.replacen("name = \"Mid-market\"\n", "name = \"Mid-market\"\nnext_pool = \"small\"\n", 1),
        |text, name| {
            text.replacen(&format!("name = \"{name}\"\n"), &format!("name = \"{name}\"\nactive = false\n"), 1)
        },
    );
    desk.team = Some(team(&text).unwrap());
    let mut desk = queued_under(desk);
    assert_eq!(pool_of(&desk).0, "small", "the first priority goes at once to where somebody is");
    let (chosen, rule, receipt) = offer(&turned(&mut desk, RouteFacts::default()));
    assert_eq!((chosen, rule.as_str()), (rep("hugo-silva"), "mid_market"));
    assert_eq!(receipt.first_pool, Some(PoolId("mid-market".into())));
}

#[test]
fn a_route_by_the_campaigns_source_moves_the_lead_to_its_pool() {
    let mut desk = Desk::new();
    let route = "[[route]]\nid = \"search\"\nsources = [\"Search\"]\npool = \"enterprise\"\n\n[[route]]\nid = \"low_touch\"";
    desk.policy = Some(policy(&DEFAULT_POLICY.replacen("[[route]]\nid = \"low_touch\"", route, 1)).unwrap());
    let mut desk = queued_under(desk);
    let facts = RouteFacts { source: Some("search".into()), ..RouteFacts::default() };
    assert_eq!(turned(&mut desk, facts.clone()).outcomes, [Outcome::Applied("pass_pool")]);
    let (_, rule, _) = offer(&turned(&mut desk, facts));
    assert_eq!((rule.as_str(), desk.lead(PRIYA).cycle.offers), ("search", 1));
}

#[test]
fn a_product_that_the_policy_lists_reaches_the_lead_and_its_route_and_other_text_does_not() {
    let more = "[routing]\nproducts = [\"line planner\"]\n[[route]]\nid = \"planner\"\nproducts = [\"line planner\"]\npool = \"enterprise\"\n\n[[route]]\nid = \"low_touch\"";
    let read = policy(&DEFAULT_POLICY.replacen("[[route]]\nid = \"low_touch\"", more, 1)).unwrap();
    for (asked, pool, kept) in
        [(" Line Planner", "enterprise", true), ("call me, I am Priya", "mid-market", false)]
    {
        let mut desk = Desk::new();
        desk.policy = Some(read.clone());
        let data = serde_json::json!({
            "form_id": "form-demo-en", "form_kind": "demo", "requested_product": asked,
            "person": {
                "email": PRIYA, "first_name": "Priya", "last_name": "Raman", "job_title": "VP Engineering", "country": "DE",
                "company": { "name": "Northwind", "domain": DOMAIN, "employees": 500, "industry": "software" },
            },
        });
        let event = desk.event("form.submitted.v1", "form-1", data);
        let entry = desk.entry("marketing.form-fills.v1", &event);
        let planned = desk.run(vec![entry]);
        assert_eq!(pool_of(&desk).0, pool);
        assert_eq!(desk.lead(PRIYA).product.is_some(), kept);
        assert_eq!(planned.write.audit.iter().any(|row| row.event == "product_requested"), kept);
        assert!(!planned.write.audit.iter().any(|row| row.payload.windows(7).any(|it| it == b"call me")));
    }
}
