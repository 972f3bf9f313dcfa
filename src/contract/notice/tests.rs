//! Notices, tested: whom an event tells, and what it says to them.

use super::*;
use crate::domain::team::{CrmUser, Member, MemberId, Offices, Role, Team};
use crate::domain::time::{HOUR, MINUTE, Moment};
use serde_json::{Value, json};

const REMINDED: &str =
    include_str!("../../../schemas/handoff.feedback.v1/feedback.sla_reminded.v1.example.json");
const BREACHED: &str =
    include_str!("../../../schemas/handoff.feedback.v1/feedback.sla_breached.v1.example.json");
const ESCALATED: &str =
    include_str!("../../../schemas/handoff.feedback.v1/feedback.escalated.v1.example.json");
const CONTESTED: &str =
    include_str!("../../../schemas/handoff.feedback.v1/feedback.contested.v1.example.json");
const WITHDRAWN: &str =
    include_str!("../../../schemas/handoff.leads.v1/lead.offer_withdrawn.v1.example.json");
const ROUTED: &str = include_str!("../../../schemas/handoff.leads.v1/lead.routed.v1.example.json");
const UPDATED: &str = include_str!("../../../schemas/handoff.leads.v1/lead.updated.v1.example.json");

fn event(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn team() -> Team {
    let person = |id: &str, manager: Option<&str>| Member {
        id: MemberId(id.to_owned()),
        name: format!("Name of {id}"),
        crm: CrmUser { system: "crm".to_owned(), id: id.to_owned() },
        roles: vec![Role::Rep],
        manager: manager.map(|id| MemberId(id.to_owned())),
        active: true,
        deputy: None,
        hours: std::sync::Arc::new(crate::domain::calendar::Calendar::office()),
        away: Vec::new(),
        caps: crate::domain::routing::Caps::default(),
    };
    let steward = || MemberId("ines.moreau".to_owned());
    let offices = Offices {
        segment_owners: [steward(), steward(), steward()],
        marketing_owner: steward(),
        operations: steward(),
        arbiter: steward(),
        queue_steward: steward(),
    };
    let members = vec![
        person("ines.moreau", Some("the.manager")),
        person("the.manager", None),
        person("jonas.weber", Some("the.manager")),
    ];
    Team::new([1; 32], members, Vec::new(), offices)
}

fn told(event: &Value) -> Vec<(Kind, String)> {
    readers(event, &team())
}

fn circle(reader: &str, now: &str, buttons: bool) -> Circle {
    Circle {
        person: Named {
            first_name: Some("Priya".to_owned()),
            last_name: Some("Raman\r\nBcc: x@evil.example".to_owned()),
            job_title: Some("Head of Operations".to_owned()),
            company: Some("R&D <Robotics>".to_owned()),
        },
        reader: reader.to_owned(),
        holder_name: Some("Emma Larsen".to_owned()),
        buttons: buttons.then(|| Buttons {
            accept: "https://b.example/links/a".to_owned(),
            pass: "https://b.example/links/p".to_owned(),
            open: "https://b.example/links/o".to_owned(),
        }),
        now: Moment::parse(now).unwrap(),
        time_zone: Some("Europe/Berlin".to_owned()),
    }
}

fn text(kind: Kind, event: &Value, circle: &Circle) -> Text {
    News::read(kind, event.to_string().as_bytes()).unwrap().text(circle)
}

fn kinds(told: &[(Kind, String)]) -> Vec<(Kind, &str)> {
    told.iter().map(|(kind, id)| (*kind, id.as_str())).collect()
}

#[test]
fn a_reminder_tells_its_holder_how_much_is_left_and_how_to_accept() {
    let event = event(REMINDED);
    assert_eq!(kinds(&told(&event)), [(Kind::Reminder, "jonas.weber")]);
    let text = text(Kind::Reminder, &event, &circle("jonas.weber", "2026-03-17T09:27:00Z", true));
    assert!(text.heading.starts_with("7 min left of your time to accept: Priya Raman"));
    assert_eq!(text.lines[1], "Due: to accept by Tue 17 Mar, 10:34 CET (in 7 min).");
    let names: Vec<&str> = text.links.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Accept", "Pass on", "Open the lead"]);
    let letter = text.letter();
    assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
    assert!(letter.text.lines().all(|line| !line.starts_with("Bcc")), "{}", letter.text);
    let slack = String::from_utf8(text.slack()).unwrap();
    assert!(slack.contains("R&amp;D &lt;Robotics&gt;"), "{slack}");
    let news = News::read(Kind::Reminder, event.to_string().as_bytes()).unwrap();
    assert_eq!(news.ends_at(), Moment::parse("2026-03-17T09:34:00Z").unwrap(), "it ends with the deadline");
}

#[test]
fn a_reminder_of_a_call_says_that_the_offer_is_still_open_and_of_a_queue_that_nobody_has_it() {
    let mut event = event(REMINDED);
    event["data"]["reason"] = json!("contact_by");
    event["data"]["rung"] = json!("late");
    event["data"]["due_by"] = json!("2026-03-17T10:04:00Z");
    let rep = text(Kind::Reminder, &event, &circle("jonas.weber", "2026-03-17T09:57:00Z", true));
    assert!(rep.heading.starts_with("Only 7 min left of your time to call: Priya"), "{}", rep.heading);
    assert_eq!(rep.lines[2], "You have not accepted it yet: accept by Tue 17 Mar, 10:34 CET.");
    event["data"]["deadlines"] = json!([]);
    event["data"]["holder"] = json!({ "kind": "steward", "id": "ines.moreau" });
    let steward = text(Kind::Reminder, &event, &circle("ines.moreau", "2026-03-17T09:57:00Z", false));
    assert!(steward.heading.starts_with("Only 7 min left of the time to call"), "{}", steward.heading);
    assert!(steward.lines.contains(&"No rep has it: it waits with you.".to_owned()));
    assert_eq!(steward.links.len(), 1, "nobody but the rep has links that act: {:?}", steward.links);
}

#[test]
fn a_breach_tells_the_holder_and_an_escalation_the_manager() {
    let (breached, escalated) = (event(BREACHED), event(ESCALATED));
    assert_eq!(kinds(&told(&breached)), [(Kind::Breach, "jonas.weber")]);
    let rep = text(Kind::Breach, &breached, &circle("jonas.weber", "2026-03-17T10:09:00Z", true));
    assert!(rep.heading.starts_with("Your time to call is over: Priya Raman"), "{}", rep.heading);
    assert_eq!(rep.lines[1], "It was due Tue 17 Mar, 11:04 CET, 5 min ago.");
    assert_eq!(kinds(&told(&escalated)), [(Kind::Escalation, "ines.moreau")]);
    let manager = text(Kind::Escalation, &escalated, &circle("ines.moreau", "2026-03-17T10:34:00Z", false));
    assert!(manager.heading.starts_with("Long overdue: to call: Priya Raman"), "{}", manager.heading);
    assert!(manager.lines.contains(&"Emma Larsen holds it.".to_owned()), "{:?}", manager.lines);
}

#[test]
fn a_queue_that_nobody_served_in_time_is_the_managers_by_name() {
    let mut event = event(BREACHED);
    event["data"]["reason"] = json!("route_by");
    event["data"]["holder"] = json!({ "kind": "steward", "id": "the.manager" });
    event["data"]["tells"] = json!(["the.manager"]);
    assert_eq!(kinds(&told(&event)), [(Kind::Breach, "the.manager")]);
    let text = text(Kind::Breach, &event, &circle("the.manager", "2026-03-17T10:09:00Z", false));
    assert!(text.heading.starts_with("No rep was found in time"), "{}", text.heading);
    assert!(text.lines[2].contains("The router goes on looking"), "{:?}", text.lines);
    event["data"]["routed"] = json!(false);
    let unrouted = self::text(Kind::Breach, &event, &circle("the.manager", "2026-03-17T10:09:00Z", false));
    assert!(
        unrouted.lines[2].starts_with("It is in your name now. The router has nobody"),
        "{:?}",
        unrouted.lines
    );
}

#[test]
fn a_lead_that_is_taken_back_is_told_to_who_had_it_and_one_that_was_passed_on_to_nobody() {
    let mut event = event(WITHDRAWN);
    assert_eq!(told(&event), [], "who passes a lead on knows");
    event["data"]["reason_code"] = json!("not_accepted");
    assert_eq!(kinds(&told(&event)), [(Kind::TakenBack, "jonas.weber")]);
    let circle = circle("jonas.weber", "2026-03-17T09:30:00Z", false);
    let taken = text(Kind::TakenBack, &event, &circle);
    assert!(taken.heading.starts_with("Given on, nothing to do: Priya Raman"), "{}", taken.heading);
    assert_eq!(taken.lines[1..], ["It was not accepted in time.", "Emma Larsen has it now."]);
    let waits = text(Kind::TakenBack, &event, &Circle { holder_name: None, ..circle });
    assert_eq!(waits.lines[2], "It waits for the next rep.");
}

#[test]
fn a_queue_that_is_left_to_its_steward_is_told_to_both_steward_and_manager() {
    let mut event = event(WITHDRAWN);
    event["data"]["reason_code"] = json!("not_contacted");
    event["data"]["held"] = json!(true);
    let expected =
        [(Kind::TakenBack, "jonas.weber"), (Kind::Given, "ines.moreau"), (Kind::Given, "the.manager")];
    assert_eq!(kinds(&told(&event)), expected);
    let steward = text(Kind::Given, &event, &circle("ines.moreau", "2026-03-17T09:09:00Z", false));
    assert!(steward.heading.starts_with("In your hands now: Priya Raman"), "{}", steward.heading);
    assert_eq!(steward.lines[1], "Why: not contacted.");
    assert_eq!(steward.lines[2], "Due: to find a rep by Tue 17 Mar, 10:19 CET (in 10 min).");
    let manager = text(Kind::Given, &event, &circle("the.manager", "2026-03-17T09:09:00Z", false));
    assert!(manager.heading.starts_with("In the hands of Emma Larsen now"), "{}", manager.heading);
    // A queue that the router serves at once is no news.
    event["type"] = json!("io.baton.lead.queued.v1");
    event["data"]["held"] = json!(false);
    assert_eq!(told(&event), []);
    // A steward asked to look at it: no manager needs to know.
    event["data"]["held"] = json!(true);
    event["data"]["reason_code"] = json!("returned_to_queue");
    assert_eq!(kinds(&told(&event)), [(Kind::Given, "ines.moreau")]);
}

#[test]
fn a_lead_given_by_name_is_told_to_its_new_holder_and_an_offer_is_an_offer() {
    let mut event = event(ROUTED);
    let holder = event["data"]["holder"]["id"].as_str().unwrap().to_owned();
    assert_eq!(told(&event), [(Kind::Offer, holder.clone())]);
    event["type"] = json!("io.baton.lead.reassigned.v1");
    event["data"]["deadlines"] = json!([]);
    event["data"]["previous_holder"] = json!({ "kind": "rep", "id": "somebody" });
    assert_eq!(told(&event), [(Kind::Given, holder.clone())]);
    event["data"]["previous_holder"]["id"] = json!(holder);
    assert_eq!(told(&event), [], "whoever keeps it hears nothing");
}

#[test]
fn a_person_who_asks_again_is_told_to_the_holder() {
    let mut event = event(UPDATED);
    event["data"]["reason_code"] = json!("reply_owed");
    event["data"]["holder"] = json!({ "kind": "rep", "id": "jonas.weber" });
    event["data"]["deadlines"] =
        json!([{ "kind": "respond_by", "at": "2026-03-17T13:00:00Z", "clock": "business" }]);
    assert_eq!(kinds(&told(&event)), [(Kind::Reply, "jonas.weber")]);
    let text = text(Kind::Reply, &event, &circle("jonas.weber", "2026-03-17T09:00:00Z", true));
    assert!(text.heading.starts_with("Asked again and waits for your answer: Priya"), "{}", text.heading);
    assert_eq!(text.lines[1], "Due: to answer by Tue 17 Mar, 14:00 CET (in 4 h 0 min).");
    assert_eq!(text.links.len(), 1, "what is accepted needs no accepting");
}

#[test]
fn a_contest_is_told_to_its_arbiter_who_is_reminded_in_words_of_a_verdict() {
    let contested = event(CONTESTED);
    assert_eq!(kinds(&told(&contested)), [(Kind::Contest, "ines.moreau")]);
    let arbiter = circle("ines.moreau", "2026-03-24T09:00:00Z", false);
    let letter = text(Kind::Contest, &contested, &arbiter);
    assert!(letter.heading.starts_with("Contested, and yours to decide: Priya Raman"), "{}", letter.heading);
    assert!(letter.lines[1].contains("\u{201c}no need\u{201d}"), "{:?}", letter.lines);
    assert_eq!(letter.lines[2], "Due: to decide the contest by Fri 27 Mar, 10:00 CET (in 3 d 0 h).");
    assert_eq!(letter.links.len(), 1, "the verdict is given on the lead's page");
    let mut beside = event(UPDATED);
    beside["data"]["reason_code"] = json!("contested");
    beside["data"]["holder"] = json!({ "kind": "arbiter", "id": "ines.moreau" });
    beside["data"]["previous_holder"] = json!({ "kind": "segment_owner", "id": "the.manager" });
    assert_eq!(told(&beside), [], "told once");
    let mut reminded = event(REMINDED);
    reminded["data"]["reason"] = json!("verdict_by");
    reminded["data"]["tells"] = json!(["ines.moreau"]);
    let again = text(Kind::Reminder, &reminded, &circle("ines.moreau", "2026-03-17T09:27:00Z", false));
    assert!(again.heading.starts_with("7 min left of the time to decide the contest"), "{}", again.heading);
    assert_eq!(again.lines[2..], ["Without a verdict by then the rejection stands."]);
}

#[test]
fn a_review_of_one_lead_is_told_to_the_steward_and_one_of_a_segment_to_nobody() {
    let mut event = event(UPDATED);
    event["data"]["reason_code"] = json!("review_asked");
    event["data"]["sub_reason"] = json!("won_deal_deleted");
    event["data"]["holder"] = json!({ "kind": "steward", "id": "ines.moreau" });
    event["data"]["previous_holder"] = Value::Null;
    event["data"]["deadlines"] =
        json!([{ "kind": "review_by", "at": "2026-03-18T09:00:00Z", "clock": "business" }]);
    assert_eq!(kinds(&told(&event)), [(Kind::Given, "ines.moreau")]);
    let steward = circle("ines.moreau", "2026-03-17T09:00:00Z", false);
    let asked = text(Kind::Given, &event, &steward);
    assert!(asked.heading.starts_with("Yours to review: Priya Raman"), "{}", asked.heading);
    assert_eq!(asked.lines[1], "Why: won deal deleted.");
    assert_eq!(asked.lines[2], "Due: to look at it by Wed 18 Mar, 10:00 CET (in 1 d 0 h).");
    event["type"] = json!("io.baton.lead.reopened.v1");
    event["data"]["reason_code"] = json!("hand_raise");
    assert_eq!(kinds(&told(&event)), [(Kind::Given, "ines.moreau")]);
    event["data"]["holder"]["kind"] = json!("segment_owner");
    assert_eq!(told(&event), []);
}

#[test]
fn a_lead_without_a_route_and_one_that_nobody_is_free_for_are_told_to_the_steward_of_the_queue() {
    let mut event = event(UPDATED);
    event["data"]["holder"] = json!({ "kind": "steward", "id": "ines.moreau" });
    event["data"]["reason_code"] = json!("no_route");
    assert_eq!(kinds(&told(&event)), [(Kind::Given, "ines.moreau")]);
    let steward = circle("ines.moreau", "2026-03-17T09:00:00Z", false);
    let unrouted = text(Kind::Given, &event, &steward);
    assert!(unrouted.heading.starts_with("No route takes it"), "{}", unrouted.heading);
    assert!(unrouted.lines[1].ends_with("or mend the routes."), "{:?}", unrouted.lines);
    event["data"]["reason_code"] = json!("nobody_free");
    assert_eq!(kinds(&told(&event)), [(Kind::Given, "ines.moreau")]);
    let waits = text(Kind::Given, &event, &steward);
    assert!(waits.heading.starts_with("Nobody is free to take it"), "{}", waits.heading);
    assert!(waits.lines[1].starts_with("The router goes on looking"), "{:?}", waits.lines);
}

#[test]
fn a_duty_that_is_the_managers_when_missed_is_told_to_both_in_words_of_their_own() {
    let mut event = event(BREACHED);
    event["data"]["reason"] = json!("disposition_by");
    event["data"]["tells"] = json!(["jonas.weber", "the.manager"]);
    assert_eq!(kinds(&told(&event)), [(Kind::Breach, "jonas.weber"), (Kind::Escalation, "the.manager")]);
    let manager = text(Kind::Escalation, &event, &circle("the.manager", "2026-03-17T10:09:00Z", false));
    let heading = "Not done in time: to qualify or return it: Priya Raman";
    assert!(manager.heading.starts_with(heading), "{}", manager.heading);
    assert!(manager.lines.contains(&"Emma Larsen holds it.".to_owned()), "{:?}", manager.lines);
}

#[test]
fn an_hour_has_one_summary_of_a_kind_and_it_says_how_many_and_where() {
    let at = Moment::parse("2026-03-17T09:27:00Z").unwrap();
    let one = Summary::of(Kind::Escalation, "email:member:ines", at);
    let same = Summary::of(Kind::Escalation, "email:member:ines", at.plus(30 * MINUTE));
    let next = Summary::of(Kind::Escalation, "email:member:ines", at.plus(HOUR));
    assert_eq!(one.id(), same.id());
    assert_ne!(one.id(), next.id());
    assert_ne!(one.id(), Summary::of(Kind::Reminder, "email:member:ines", at).id());
    assert_eq!(one.to(), Moment::parse("2026-03-17T10:00:00Z").unwrap());
    assert_eq!(Summary::read(&one.body()), Some(one.clone()));
    let text = one.text(14, "https://b.example");
    assert!(text.heading.starts_with("14 more in the last hour"), "{}", text.heading);
    assert_eq!(text.links, [("Open the list", "https://b.example/floor".to_owned())]);
}

#[test]
fn a_digest_has_one_id_for_a_person_and_week_and_leads_to_the_pages() {
    let digest = Digest {
        member: "ines.moreau".to_owned(),
        week: "2026-W12".to_owned(),
        lines: vec!["You hold 3 leads".to_owned(), "A line\r\nof two".to_owned()],
        pages: vec!["floor".to_owned(), "my".to_owned()],
    };
    assert_eq!(Digest::read(&digest.body()), Some(digest.clone()));
    let id = |member, week| Digest::id(member, week);
    assert_eq!(id("ines.moreau", "2026-W12"), id("ines.moreau", "2026-W12"));
    assert_ne!(id("ines.moreau", "2026-W12"), id("ines.moreau", "2026-W13"));
    assert_ne!(id("ines.moreau", "2026-W12"), id("jonas.weber", "2026-W12"));
    let letter = digest.text("https://b.example").letter();
    assert_eq!(letter.subject, "Your week 2026-W12 in Baton");
    assert!(letter.text.contains("The floor: https://b.example/floor\r\nYour leads: https://b.example/my"));
    assert!(letter.text.contains("A line  of two"), "{}", letter.text);
}

#[test]
fn the_words_of_rows_read_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.code()), Some(*kind));
    }
    assert_eq!(Kind::parse("webhook"), None);
}
