//! The shipped texts are read whole, and every fault in a text is told with its line. They never test scores.

use crate::contract::policy_text::*;
use crate::domain::calendar::Span;
use crate::domain::ladder::Percents;
use crate::domain::policy::reference::StatusMeaning;
use crate::domain::policy::*;
use crate::domain::profile::{MailKind, Seniority};
use crate::domain::signal::FormKind;
use crate::domain::team::MemberId;

fn shipped() -> Policy {
    policy(DEFAULT_POLICY).unwrap()
}

/// The shipped policy with one text in place of another, which must be there.
fn faults_with(from: &str, to: &str) -> Vec<String> {
    assert!(DEFAULT_POLICY.contains(from), "the shipped policy holds {from}");
    let text = DEFAULT_POLICY.replacen(from, to, 1);
    let faults = policy(&text).expect_err("the changed policy is refused");
    faults.iter().map(ToString::to_string).collect()
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).unwrap() + 1
}

#[test]
fn the_shipped_texts_are_read_without_faults() {
    let policy = shipped();
    let team = team(DEFAULT_TEAM).unwrap();
    let reference = reference(DEFAULT_REFERENCE).unwrap();
    assert_ne!(policy.hash, team.hash);
    assert_ne!(reference.hash, team.hash);
    assert_eq!(policy.hash, hash(DEFAULT_POLICY));
}

#[test]
fn every_route_of_the_shipped_policy_leads_to_a_pool_of_the_shipped_team() {
    let (policy, team) = (shipped(), team(DEFAULT_TEAM).unwrap());
    for route in policy.routes() {
        assert!(team.pool(&route.pool).is_some(), "{}", route.id);
    }
}

#[test]
fn a_misspelt_key_is_told_with_its_line_and_the_nearest_good_one() {
    let faults = faults_with("total_max = 150", "total_mx = 150");
    let line = line_of(DEFAULT_POLICY, "total_max = 150");
    let told = format!("line {line}: unknown key `total_mx`; did you mean `total_max`?");
    assert!(faults.contains(&told), "{faults:?}");
}

#[test]
fn a_misspelt_word_is_told_with_its_line_and_the_nearest_good_one() {
    let faults = faults_with("\"form.demo\"", "\"form.demos\"");
    let line = line_of(DEFAULT_POLICY, "\"form.demo\"");
    let told = format!("line {line}: unknown signal `form.demos`; did you mean `form.demo`?");
    assert_eq!(faults, [told]);
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_lines() {
    let text = DEFAULT_POLICY
        .replacen("bot_score_min = 80", "bot_score_min = 101", 1)
        .replacen("group = \"web\"", "group = \"wep\"", 1)
        .replacen("accept = \"1 bd\"", "accept = \"1 day\"", 1)
        .replacen("then = \"steward\"", "then = \"stewart\"", 1);
    let faults = policy(&text).unwrap_err();
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(faults.is_sorted_by_key(|fault| fault.line));
    assert_eq!(faults[0].line, line_of(&text, "bot_score_min"));
    assert_eq!(faults[1].nearest.as_deref(), Some("web"));
    assert_eq!(faults[3].nearest.as_deref(), Some("steward"));
}

#[test]
fn a_missing_number_is_a_fault_and_never_filled_in() {
    let faults = faults_with("strong_points = 30\n", "");
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("`strong_points` is missing in [durations]"));
}

#[test]
fn a_syntax_fault_is_told_with_its_line() {
    let faults = faults_with("name = \"default\"", "name = \"default");
    let line = line_of(DEFAULT_POLICY, "name = \"default\"");
    assert!(faults[0].starts_with(&format!("line {line}: ")), "{faults:?}");
}

#[test]
fn wrong_types_and_impossible_rules_are_faults() {
    assert!(
        faults_with("strong_points = 30", "strong_points = \"30\"")[0].contains("a whole number, not string")
    );
    assert!(faults_with("cap = -15", "cap = 15")[0].contains("sign"));
    assert!(faults_with("days_max = 60, percent = 40", "days_max = 60, percent = 90")[0].contains("bands"));
    assert!(faults_with("{ from = 0, points = 0 }", "{ from = 1, points = 0 }")[0].contains("begin at 0"));
    assert!(faults_with("id = \"newsletter\"", "id = \"intent\"")[0].contains("second time"));
    let renamed = faults_with("[rejection.no_need]", "[rejection.no_needs]");
    assert_eq!(renamed.len(), 1, "the slip of the pen, and not also what it left out: {renamed:?}");
    assert!(renamed[0].ends_with("unknown key `no_needs`; did you mean `no_need`?"));
}

#[test]
fn sla_and_times_are_those_of_the_policy_page() {
    let policy = shipped();
    let of = |priority| {
        let sla = policy.sla(priority);
        [sla.accept, sla.contact, sla.route, sla.grace]
    };
    assert_eq!(of(Priority::P1), [300, 900, 120, 120].map(Span::seconds));
    assert_eq!(of(Priority::P2), [1_800, 3_600, 900, 900].map(Span::seconds));
    assert_eq!(of(Priority::P3), [14_400, 28_800, 900, 900].map(Span::seconds));
    let days = Span::business_days;
    assert_eq!(of(Priority::P4), [days(1), days(2), Span::seconds(900), Span::seconds(900)]);
    let times = policy.durations();
    assert_eq!((times.offers_max, times.misroutes_max, times.percents), (3, 2, Percents::USUAL));
    assert_eq!((times.cycles_max, times.cycles_months, times.strong_points), (3, 12, 30));
    assert_eq!((times.late_hand_raise_hours, times.history_review_days), (72, 30));
    assert_eq!((times.review_days, times.dormant_recycle_days, times.respond_hours), (180, 365, 4));
}

#[test]
fn a_text_from_before_the_team_kept_the_hours_is_still_read() {
    let older = "[calendar]\nopens = \"09:00\"\ncloses = \"17:30\"\nwhole_days = true\n\n[sla.p1]";
    let text = DEFAULT_POLICY.replacen("[sla.p1]", older, 1);
    let mut read = policy(&text).unwrap().terms().clone();
    for (older, now) in read.routes.iter_mut().zip(&shipped().terms().routes) {
        assert!(older.line > now.line, "the section stands before the routes");
        older.line = now.line;
    }
    assert_eq!(&read, shipped().terms());
    let faults = policy(&text.replacen("\"17:30\"", "\"25:30\"", 1)).unwrap_err();
    assert!(faults[0].message.contains("time of day"), "{faults:?}");
}

#[test]
fn the_rejection_table_is_that_of_the_policy_page() {
    use Consequence as C;
    use RejectionCode as R;
    let policy = shipped();
    let table = [
        (R::Unreachable, C::RecycleDays(30), true, true),
        (R::BadTiming, C::RecycleOnGivenDate, true, false),
        (R::NoNeed, C::RecycleDays(180), true, true),
        (R::NoBudget, C::RecycleDays(90), true, true),
        (R::NoAuthority, C::RecycleDays(60), true, true),
        (R::NoFit, C::Disqualify(DisqualifiedFor::NoFit), true, true),
        (R::CompetitorChosen, C::RecycleUntilContractEnd { default_days: 270 }, true, false),
        (R::BadData, C::FixData { business_days: 2 }, false, false),
        (R::ExistingCustomer, C::NamedOwner, false, false),
        (R::ExistingOpportunity, C::NamedOwner, false, false),
        (R::WrongTerritory, C::Reroute, false, false),
        (R::WrongSegment, C::Reroute, false, false),
        (R::Duplicate, C::MergeOrSteward { business_days: 1 }, false, false),
        (R::Junk, C::Disqualify(DisqualifiedFor::Junk), true, true),
        (R::OptOut, C::OptOut { recycle_days: 180 }, false, false),
        (R::Return, C::ReturnToFirstRep { business_days: 2 }, false, false),
        (R::Other, C::Steward { business_days: 2 }, true, false),
    ];
    assert_eq!(table.len(), R::ALL.len());
    for (code, consequence, counts, contestable) in table {
        let rule = policy.rejection(code);
        let found = (rule.code, rule.consequence, rule.counts, rule.contestable);
        assert_eq!(found, (code, consequence, counts, contestable));
        assert_eq!(R::parse(code.code()), Some(code));
    }
    let unreachable = &policy.rejection(R::Unreachable).demands;
    assert_eq!((unreachable.attempts, unreachable.days, unreachable.channels), (5, 3, 2));
    assert_eq!(policy.rejection(R::Other).demands.note_chars, 15);
    let sub_reasons = &policy.rejection(R::NoFit).demands.sub_reason;
    assert_eq!(sub_reasons[..], ["size", "industry", "country", "role", "use_case"]);
    assert!(policy.rejection(R::BadTiming).demands.retry_on);
    assert!(policy.rejection(R::CompetitorChosen).demands.competitor);
    assert!(policy.rejection(R::BadData).demands.field);
    assert!(policy.rejection(R::WrongSegment).demands.proposal);
    assert!(policy.rejection(R::Duplicate).demands.duplicate_of);
    assert!(policy.rejection(R::OptOut).demands.scope);
}

#[test]
fn lost_opportunities_come_back_on_the_dates_of_the_policy_page() {
    let policy = shipped();
    let days = |reason| {
        let loss = policy.loss(reason);
        (loss.days, loss.unmapped)
    };
    assert_eq!(days(Some("price")), (120, false));
    assert_eq!(days(Some("no_decision")), (90, false));
    assert_eq!(days(Some("competitor")), (270, false));
    assert_eq!(days(Some("product_gap")), (180, false));
    assert!(policy.loss(Some("product_gap")).note);
    assert_eq!(days(Some("no_budget")), (90, false));
    assert_eq!(days(Some("the moon")), (180, true));
    assert_eq!(days(None), (180, true));
}

#[test]
fn the_sql_definition_names_what_is_missing() {
    let policy = shipped();
    let good = SqlFacts {
        need: Need::Yes,
        authority: Authority::Influences,
        budget: Budget::Plausible,
        timeline_months: None,
        next_step_on: Some(114),
        conversation: true,
    };
    let missing = |facts: &SqlFacts, day| policy.sql_missing(facts, true, day);
    assert!(missing(&good, 100).is_empty());
    assert_eq!(missing(&good, 99), ["next_step_on"]);
    assert_eq!(missing(&good, 115), ["next_step_on"]);
    assert_eq!(policy.sql_missing(&good, false, 100), ["account"]);
    let none = SqlFacts { timeline_months: Some(9), authority: Authority::None, ..good };
    assert_eq!(missing(&none, 100), ["authority"]);
    let late = SqlFacts { timeline_months: Some(10), budget: Budget::Unknown, ..good };
    assert_eq!(missing(&late, 100), ["budget", "timeline_months"]);
    let soon = SqlFacts { timeline_months: Some(9), budget: Budget::Unknown, ..good };
    assert!(missing(&soon, 100).is_empty());
    let all = ["conversation", "need", "authority", "budget", "timeline_months", "next_step_on"];
    assert_eq!(missing(&SqlFacts::default(), 100), all);
}

#[test]
fn an_office_without_a_deputy_is_refused() {
    let text = DEFAULT_TEAM.replacen("deputy = \"quinn-adams\"\n", "", 1);
    let faults = team(&text).unwrap_err();
    assert!(!faults.is_empty());
    assert!(faults.iter().all(|it| it.message.contains("who has no deputy")), "{faults:?}");
}

#[test]
fn unknown_people_and_pools_are_refused_with_the_nearest_good_word() {
    let text = DEFAULT_TEAM.replacen("{ id = \"ana-ruiz\" }", "{ id = \"ana-riuz\" }", 1).replacen(
        "steward = \"maya-cohen\"\n",
        "steward = \"maya-cohen\"\nnext_pool = \"smal\"\n",
        1,
    );
    let faults = team(&text).unwrap_err();
    let near: Vec<_> = faults.iter().map(|it| it.nearest.as_deref()).collect();
    assert_eq!(near, [Some("ana-ruiz"), Some("small")], "{faults:?}");
}

#[test]
fn the_shipped_team_answers_who_is_who() {
    let team = team(DEFAULT_TEAM).unwrap();
    let ana = team.by_crm("crm", "u-ana-ruiz").unwrap();
    assert_eq!(ana.name, "Ana Ruiz");
    assert_eq!(team.pool_of(&ana.id).unwrap().id.0, "enterprise");
    assert_eq!(team.manager_of(&ana.id).unwrap().0, "paul-dupont");
    assert_eq!(team.segment_owner(Segment::Small).0, "noah-fischer");
    assert_eq!(team.arbiter().0, "rosa-lind");
    assert_eq!(team.operations().0, "olga-petrov");
    assert_eq!(team.members().count(), 18);
    let away = DEFAULT_TEAM.replacen("name = \"Maya Cohen\"\n", "name = \"Maya Cohen\"\nactive = false\n", 1);
    let team = crate::contract::policy_text::team(&away).unwrap();
    assert_eq!(team.acting(&MemberId("maya-cohen".into()), super::NOW).0, "paul-dupont");
}

#[test]
fn reference_data_tells_what_foreign_words_mean() {
    let reference = reference(DEFAULT_REFERENCE).unwrap();
    assert_eq!(reference.mail_kind("Gmail.com"), MailKind::Free);
    assert_eq!(reference.mail_kind("eu.mailinator.com"), MailKind::Disposable);
    assert_eq!(reference.mail_kind("notgmail.com"), MailKind::Company);
    assert!(reference.is_own("mail.baton.example"));
    assert_eq!(reference.form_kind("Demo-Request", None), Some(FormKind::Demo));
    assert_eq!(reference.form_kind("x", Some("Get pricing")), Some(FormKind::Pricing));
    assert_eq!(reference.form_kind("x", None), None);
    let status = |status, reason| reference.status(status, reason);
    assert_eq!(status("working", None), Some(StatusMeaning::Accepted));
    assert_eq!(status("Unqualified", Some("no NEED")), Some(StatusMeaning::Rejected(RejectionCode::NoNeed)));
    assert_eq!(status("Unqualified", Some("else")), Some(StatusMeaning::Rejected(RejectionCode::Other)));
    assert_eq!(status("Sleeping", None), None);
    assert_eq!(reference.plan_rate("SEK"), Some(95_000));
    assert_eq!(reference.exchange_rate("2026-01", "EUR"), Some(1_090_000));
    assert_eq!(reference.exchange_rate("2025-12", "EUR"), None);
    assert_eq!(reference.exchange_rate("2025-12", "USD"), Some(1_000_000));
    assert!(reference.free_mail_domains.len() >= 60 && reference.disposable_domains.len() >= 30);
}

#[test]
fn rates_and_domains_of_a_bad_form_are_faults() {
    let text = DEFAULT_REFERENCE.replacen("EUR = \"1.08\"", "EUR = \"1,08\"", 1).replacen(
        "\"rival.example\"",
        "\"Sales@rival.example\"",
        1,
    );
    assert_eq!(crate::contract::policy_text::reference(&text).unwrap_err().len(), 2);
}

#[test]
fn seniority_words_of_the_policy_page_are_read() {
    let policy = shipped();
    assert_eq!(policy.title("VP Engineering").0, Some(Seniority::VicePresident));
}

#[test]
fn a_ring_of_managers_is_refused_where_it_closes_and_two_who_stand_in_for_each_other_are_not() {
    let ring = DEFAULT_TEAM.replacen(
        "roles = [\"sales\", \"manager\"]\n",
        "roles = [\"sales\", \"manager\"]\nmanager = \"ana-ruiz\"\n",
        1,
    );
    let faults = team(&ring).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    let line = ring.lines().position(|line| line == "manager = \"ana-ruiz\"").unwrap() + 1;
    assert_eq!(faults[0].line, line);
    assert!(
        faults[0].message.starts_with("a ring of managers, `ana-ruiz` under `paul-dupont` under `ana-ruiz`")
    );
    let own = DEFAULT_TEAM.replacen("manager = \"paul-dupont\"\n", "manager = \"ana-ruiz\"\n", 1);
    assert_eq!(team(&own).unwrap_err().len(), 1, "nobody manages themselves");
    // Paul and Maya stand in for each other; where both are away, the office stays with the one who holds it.
    let shipped = team(DEFAULT_TEAM).unwrap();
    let away = |name: &str| crate::domain::availability::Availability {
        away: vec![crate::domain::availability::Away { from: super::NOW, until: None }],
        ..crate::domain::availability::Availability::present(
            MemberId(name.into()),
            crate::domain::availability::Source::Person,
            super::NOW,
        )
    };
    let nobody = shipped.in_force(1, vec![away("paul-dupont"), away("maya-cohen")]);
    assert_eq!(nobody.acting(&MemberId("maya-cohen".into()), super::NOW).0, "maya-cohen");
}

#[test]
fn an_office_is_refused_where_nobody_who_may_act_for_it_is_switched_on() {
    let off = |text: &str, name: &str| {
        text.replacen(&format!("name = \"{name}\"\n"), &format!("name = \"{name}\"\nactive = false\n"), 1)
    };
    let one = off(DEFAULT_TEAM, "Noah Fischer");
    assert!(team(&one).is_ok(), "quinn stands in");
    let faults = team(&off(&one, "Quinn Adams")).unwrap_err();
    let told = faults.iter().filter(|it| it.message.contains("as is everybody who stands in")).count();
    assert_eq!(told, 4, "three segments and the data: {faults:?}");
}

#[test]
fn weights_and_pools_that_give_nobody_leads_are_refused_by_line() {
    let message = |text: &str| {
        let faults = team(text).unwrap_err();
        (faults[0].line, faults[0].message.clone())
    };
    let nought = DEFAULT_TEAM.replacen("{ id = \"ana-ruiz\" }", "{ id = \"ana-ruiz\", weight = 0 }", 1);
    let (line, said) = message(&nought);
    assert!(nought.lines().nth(line - 1).unwrap().contains("weight = 0"));
    assert_eq!(said, "`weight` is 0; it must lie between 1 and 1000");
    let default = DEFAULT_TEAM.replacen(
        "name = \"Small business\"\n",
        "name = \"Small business\"\ndefault_weight = 0\n",
        1,
    );
    assert_eq!(message(&default).1, "`default_weight` is 0; it must lie between 1 and 1000");
    let members = "members = [{ id = \"kira-sato\" }, { id = \"liam-byrne\" }]";
    let empty = DEFAULT_TEAM.replacen(members, "members = []", 1);
    assert!(message(&empty).1.starts_with("the pool `low-touch` has no members"));
    let by_crm = DEFAULT_TEAM.replacen(members, "members = []\ncrm_teams = [\"low\"]", 1);
    assert!(team(&by_crm).is_ok(), "the CRM fills it");
    let elsewhere = by_crm.replacen(
        "name = \"Enterprise\"\n",
        "name = \"Enterprise\"\ncrm_teams = [\"low\"]\ntime_zone = \"Asia/Tokyo\"\n",
        1,
    );
    assert!(message(&elsewhere).1.contains("fills `enterprise` too, which works at other times"));
}
