//! The pages on a real service: who sees which, own figures, bulk reassigning, a lead as of a moment, the chain's check,
//! settling what the CRM says otherwise.

use crate::harness::{
    Browser, Installation, Reader, ask, crm, demo_request, form as filled, produce, token, until,
};
use serde_json::json;

/// Lead id and the member who was offered it.
fn routed(leads: &mut Reader, email: &str) -> (String, String) {
    let record = leads.wait(email, |record| {
        record.event_type == "lead.routed.v1" && record.data["person"]["email"] == email
    });
    let user = record.data["holder"]["crm"]["id"].as_str().unwrap().trim_start_matches("u-").to_owned();
    (record.key, user)
}

#[test]
fn a_rep_works_from_one_page_and_a_manager_moves_many_leads_at_once() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    for email in ["vera@vega.example", "otto@orion.example"] {
        produce(&installation, "marketing.form-fills.v1", &demo_request(email));
    }
    let (first, rep) = routed(&mut leads, "vera@vega.example");
    let (second, other) = routed(&mut leads, "otto@orion.example");

    let mine = Browser::of(&installation, &serving, &rep);
    let page = mine.get("/my").body;
    assert!(page.contains(&first) && page.contains("a minute at risk") && page.contains("Asked for a demo"));
    assert!(page.contains(&format!("/leads/{first}/accept")) && page.contains("More reasons"));
    assert_eq!(mine.get("/my?rep=paul-dupont").status, 403, "somebody else's figures");
    assert_eq!(mine.get("/floor").status, 403, "a page for managers");
    assert_eq!(mine.get("/intake").status, 403);
    assert!(!page.contains("href=\"/floor\""), "the navigation offers what opens");

    let at = page.find(&format!("/leads/{first}/accept")).unwrap();
    let form = &page[at..];
    let fields: Vec<(&str, String)> = ["csrf", "idempotency", "handoff_id", "custody_version", "back"]
        .map(|name| (name, Browser::field(form, name)))
        .into();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let accepted = mine.post(&format!("/leads/{first}/accept"), &fields);
    assert_eq!(accepted.status, 200);
    assert!(accepted.body.contains("The lead is yours."), "back on the page of own leads");

    let manager = Browser::of(&installation, &serving, "paul-dupont");
    assert!(manager.get(&format!("/my?rep={rep}")).body.contains(&first), "a manager sees the rep's leads");
    let floor = manager.get(&format!("/floor?holder={rep}")).body;
    assert!(floor.contains("a minute at risk") && floor.contains("1 to ") && floor.contains("Today"));
    let start = floor.find(&format!("value=\"{first}/")).expect("a box") + "value=\"".len();
    let boxed = floor[start..].split('"').next().unwrap();
    let stale = format!("{second}/0/");
    let (csrf, key) = (Browser::field(&floor, "csrf"), Browser::field(&floor, "idempotency"));
    let bulk = [
        ("csrf", csrf.as_str()),
        ("idempotency", &key),
        ("to", "ben-okafor"),
        ("lead", boxed),
        ("lead", &stale),
    ];
    let moved = manager.post("/floor/reassign", &bulk).body;
    assert!(moved.contains("given over") || moved.contains("was theirs already"), "{moved}");
    assert!(moved.contains("The lead changed after you opened this page."), "the stale one says why");
    let again = manager.post("/floor/reassign", &bulk).body;
    assert!(
        again.contains("The lead changed after you opened this page."),
        "the same keys, the same answers"
    );
    until("the lead is with the other rep", || {
        installation.number("SELECT count(*) FROM lead WHERE holder_id = 'ben-okafor' AND stage = 4") == 1
    });
    assert!(!other.is_empty());
    assert_eq!(
        manager.post("/floor/reassign", &[("to", "ben-okafor")]).status,
        403,
        "without the form's value"
    );
    installation.check();
}

#[test]
fn a_lead_is_shown_as_of_a_moment_its_chain_is_checked_and_disagreements_are_settled() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let (lead, _) = routed(&mut leads, "vera@vega.example");
    let steward = Browser::of(&installation, &serving, "maya-cohen");
    let page = format!("/leads/{lead}");
    let first = steward.get(&format!("{page}?version=1")).body;
    assert!(first.contains("after row 1 of") && first.contains("Became a lead"));
    assert!(!first.contains("What you can do now"), "what stood once cannot be acted on");
    assert!(!first.contains("MQL offered"));
    assert!(steward.get(&format!("{page}?as_of=2999-01-01")).body.contains("MQL offered"));
    assert_eq!(steward.get(&format!("{page}?as_of=2001-01-01T00:00:00Z")).status, 404, "not known yet");
    assert!(steward.get(&format!("{page}?check=chain")).body.contains("The chain holds"));

    let version = installation.number("SELECT version FROM lead");
    let planted = format!(
        "INSERT INTO disagreement VALUES ('{lead}', {version}, 1, 'not_offered', 'mql', 'crm.lead.accepted.v1')"
    );
    installation.execute_text(&installation.owner_url, planted).unwrap();
    let floor = steward.get("/floor").body;
    assert!(floor.contains("not offered: we hold mql"));
    let csrf = Browser::field(&floor, "csrf");
    let row = version.to_string();
    let settled =
        steward.post(&format!("{page}/settle"), &[("csrf", &csrf), ("version", &row), ("back", "floor")]);
    assert!(settled.body.contains("Settled.") && settled.body.contains("Both agree."));
    assert_eq!(installation.number("SELECT count(*) FROM disagreement WHERE settled_at IS NOT NULL"), 1);
    assert!(steward.get(&page).body.contains("Disagreement settled"), "it stands in the story");
    let rep = Browser::of(&installation, &serving, "kira-sato");
    let csrf = Browser::field(&rep.get(&page).body, "csrf");
    assert_eq!(rep.post(&format!("{page}/settle"), &[("csrf", &csrf), ("version", "1")]).status, 403);
    installation.check();
}

#[test]
fn every_page_opens_for_its_readers_and_orphans_are_measured() {
    let installation = Installation::new();
    let serving = installation.serve(&[("BATON__SWEEPER__MAINTENANCE_SECONDS", "1")]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    routed(&mut leads, "vera@vega.example");
    for (member, pages) in [
        ("noah-fischer", ["/my", "/campaigns", "/intake", "/team"].as_slice()),
        ("olga-petrov", &["/floor", "/campaigns", "/intake", "/team", "/api/v1/floor", "/api/v1/intake"]),
        (
            "quinn-adams",
            &["/campaigns?days=30", "/intake", "/api/v1/campaigns", "/api/v1/team", "/api/v1/my"],
        ),
    ] {
        let browser = Browser::of(&installation, &serving, member);
        for page in pages {
            let answer = browser.get(page);
            assert_eq!(answer.status, 200, "{member} {page}: {}", answer.body);
        }
    }
    let manager = Browser::of(&installation, &serving, "paul-dupont");
    assert!(manager.get("/metrics").body.contains("baton_orphans 0"), "measured with target 0");
    // The first round counted an empty ledger, and the next one is minutes away.
    installation.execute(&installation.owner_url, "UPDATE hourly_roll SET rolled_to = NULL").unwrap();
    until("the hours of the form are counted", || {
        installation.number("SELECT coalesce(sum(count), 0)::bigint FROM hourly_count WHERE family = 'feed'")
            > 0
    });
    let gone = "UPDATE lead SET holder_id = 'somebody-gone'";
    installation.execute(&installation.owner_url, gone).unwrap();
    let board = manager.get("/").body;
    assert!(board.contains("open leads that nobody answers for"), "the board says so at once");
    assert!(manager.get("/floor").body.contains("1 with nobody who acts"));
    until("the lookout notes it, and the instance stays ready", || {
        let ready = manager.get("/readyz");
        ready.status == 200 && ready.body.contains("1 open leads without somebody who acts")
    });
}

#[test]
fn each_number_of_both_sides_duties_opens_its_leads_and_a_persons_own_are_for_that_person_and_the_manager() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let (lead, rep) = routed(&mut leads, "vera@vega.example");
    let mine = Browser::of(&installation, &serving, &rep);
    let fields =
        |page: &str| ["csrf", "handoff_id", "custody_version"].map(|name| (name, Browser::field(page, name)));
    let page = mine.get(&format!("/leads/{lead}")).body;
    let fields = fields(&page);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(mine.post(&format!("/leads/{lead}/accept"), &fields).status, 200);

    let duties = mine.get("/duties").body;
    assert!(duties.contains("Sales owes speed") && duties.contains("Marketing owes"), "{duties}");
    assert!(
        duties.contains("every feed is in")
            && duties.contains("offers accepted / (accepted + accept_by missed")
    );
    let own = format!("outcome=met&#38;person={rep}");
    let href = |page: &str, marked: &str| {
        let at = page.find(marked).unwrap_or_else(|| panic!("no {marked} in {page}"));
        let start = page[..at].rfind("href=\"").unwrap() + 6;
        page[start..].split('"').next().unwrap().replace("&#38;", "&")
    };
    let behind = mine.get(&href(&duties, &own));
    assert_eq!(behind.status, 200);
    assert!(
        behind.body.contains(&format!("/leads/{lead}"))
            && behind.body.contains("Accepts offers in time: met")
    );
    assert!(behind.body.contains("1 to 1 of 1") && behind.body.contains("Missed (0)"));

    let manager = Browser::of(&installation, &serving, "paul-dupont");
    assert!(manager.get("/duties").body.contains(&own), "the manager sees the rep's figures");
    let marketing = Browser::of(&installation, &serving, "noah-fischer");
    let page = marketing.get("/duties").body;
    assert!(!page.contains(&format!("person={rep}")), "nobody else does");
    assert!(page.contains("figure=completeness&#38;outcome=met"), "{page}");
    let forbidden = format!("/duties/leads?figure=accept_on_time&outcome=met&person={rep}&pool=mid-market");
    assert_eq!(marketing.get(&forbidden).status, 403);
    assert_eq!(marketing.get("/duties/leads?figure=accept_on_time&outcome=perhaps").status, 404);
    assert_eq!(marketing.get("/duties?week=2026-W99").status, 422);
    let past = marketing.get("/duties?week=2020-W07").body;
    assert!(past.contains("Nothing was due in this week."), "{past}");
    installation.check();
}

/// The form that posts to an address, up to its end.
fn form<'p>(page: &'p str, action: &str) -> &'p str {
    let at =
        page.find(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("no form to {action}: {page}"));
    page[at..].split("</form>").next().unwrap()
}

#[test]
fn marketing_contests_the_rejection_that_a_line_names_the_arbiter_decides_on_the_leads_page_and_all_are_paged()
 {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let email = |number: usize| format!("pat@returned-{number}.example");
    for number in 0..21 {
        produce(&installation, "marketing.form-fills.v1", &demo_request(&email(number)));
    }
    let mut returned = Vec::new();
    for number in 0..21 {
        let (lead, rep) = routed(&mut leads, &email(number));
        let reason = if number == 0 { "bad_timing" } else { "no_budget" };
        let rejected = crm("sales.lead.rejected.v1", &lead, &format!("u-{rep}"), json!({"reason": reason}));
        produce(&installation, "sales.feedback.v1", &rejected);
        returned.push(lead);
        let count = i64::try_from(returned.len()).unwrap();
        until("it is returned", || {
            installation.number("SELECT count(*) FROM audit WHERE event = 'lead_rejected'") == count
        });
    }
    let noah = Browser::of(&installation, &serving, "noah-fischer");
    let page = noah.get("/campaigns").body;
    assert!(
        !page.contains(&format!("href=\"/leads/{}\"", returned[0])),
        "twenty on a page, the latest first"
    );
    let start = page.find("returned=").expect("a way on") + "returned=".len();
    let older =
        noah.get(&format!("/campaigns?days=90&returned={}", page[start..].split('#').next().unwrap())).body;
    assert!(older.contains(&format!("href=\"/leads/{}\"", returned[0])), "{older}");
    assert!(!older.contains(&format!("href=\"/leads/{}\"", returned[1])), "each once");
    assert!(older.contains("this reason cannot be contested") && older.contains("Latest returns"));
    assert_eq!(noah.get("/campaigns?returned=nonsense").status, 404);

    let lead = &returned[20];
    let action = format!("/leads/{lead}/contest");
    let contest = form(&page, &action);
    let handoffs = installation.texts("SELECT lead_id::text || id::text FROM handoff");
    let handoff = handoffs.iter().find_map(|it| it.strip_prefix(lead.as_str())).unwrap();
    assert_eq!(Browser::field(contest, "handoff_id"), handoff, "its own handoff");
    assert!(page.contains("to be contested until"));
    let fields = ["csrf", "idempotency", "handoff_id", "custody_version", "back"]
        .map(|name| (name, Browser::field(contest, name)));
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("note", "The budget is confirmed in the form."));
    let after = noah.post(&action, &fields).body;
    assert!(
        after.contains("Contested. The arbiter decides") && after.contains("Rosa Lind decides in"),
        "{after}"
    );
    assert!(!after.contains(&format!("action=\"{action}\"")), "once for each handoff");

    let rosa = Browser::of(&installation, &serving, "rosa-lind");
    let waits = |who: &Browser| {
        let page = who.get("/my").body;
        page.contains("Waits for your verdict") && page.contains(&format!("href=\"/leads/{lead}\""))
    };
    assert!(waits(&rosa), "{}", rosa.get("/my").body);
    assert!(!waits(&noah), "who contests decides nothing");
    let story = rosa.get(&format!("/leads/{lead}")).body;
    assert!(story.contains("The budget is confirmed in the form."));
    let verdict = form(&story, &format!("/leads/{lead}/verdict"));
    let fields = ["csrf", "idempotency", "handoff_id", "custody_version"]
        .map(|name| (name, Browser::field(verdict, name)));
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("verdict", "overturn"));
    assert!(rosa.post(&format!("/leads/{lead}/verdict"), &fields).body.contains("Both sides are told"));
    assert!(noah.get("/campaigns").body.contains("contested by Noah Fischer: overturned"));
    assert!(!waits(&rosa), "a verdict is given once");
    installation.check();
}

#[test]
fn people_say_when_they_are_there_and_only_a_manager_who_has_left() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let ana = Browser::of(&installation, &serving, "ana-ruiz");
    let manager = Browser::of(&installation, &serving, "paul-dupont");
    let said = |browser: &Browser, fields: &[(&str, &str)]| {
        let page = browser.get("/team").body;
        let (csrf, key) = (Browser::field(&page, "csrf"), Browser::field(&page, "idempotency"));
        let around = [("csrf", csrf.as_str()), ("idempotency", &key)];
        browser.post("/team", &[&around, fields].concat()).body
    };
    let page = said(&ana, &[("member", "ana-ruiz"), ("say", "away"), ("until", "2099-01-05")]);
    assert!(page.contains("Noted of Ana Ruiz"), "{page}");
    assert!(page.contains("away, back"), "the page shows it at once: {page}");
    assert!(!page.contains("Has left"), "a rep switches nobody off");
    let page = said(&ana, &[("member", "ana-ruiz"), ("say", "away"), ("until", "2020-01-05")]);
    assert!(page.contains("the first moment back must lie ahead"), "{page}");
    let page = said(&ana, &[("member", "ben-okafor"), ("say", "away"), ("until", "2099-01-05")]);
    assert!(page.contains("You can say this of yourself only."), "{page}");
    let page = said(&manager, &[("member", "ben-okafor"), ("say", "leave")]);
    assert!(page.contains("Noted of Ben Okafor"), "{page}");
    let page = said(&manager, &[("member", "ben-okafor"), ("say", "leave")]);
    assert!(page.contains("Nothing had to change"), "{page}");
    assert!(manager.post("/team", &[("member", "ben-okafor"), ("say", "join")]).status == 403, "no csrf");

    // What a command says of somebody is on the page within seconds, though nobody asked anything of this instance.
    installation.run(&["team", "back", "ana-ruiz", "--by", "paul"]);
    until("the page shows who is back", || !ana.get("/team").body.contains("away, back"));
    let words = "SELECT count(*) FROM audit WHERE event = 'availability_said'";
    assert_eq!(installation.number(words), 3, "what was refused or known already is no word");
    installation.check();
}

#[test]
fn the_team_page_shows_the_text_in_force_and_managers_check_and_publish_another() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let ana = Browser::of(&installation, &serving, "ana-ruiz");
    let manager = Browser::of(&installation, &serving, "paul-dupont");
    let page = ana.get("/team").body;
    assert!(page.contains("published by baton migrate") && page.contains("[pool.enterprise]"));
    assert!(!page.contains("name=\"press\""), "a rep publishes no team");
    let page = manager.get("/team").body;
    let (csrf, over) = (Browser::field(&page, "csrf"), Browser::field(&page, "over"));
    let shipped = include_str!("../../../policy/team.toml");
    let sent = |press: &str, text: &str| {
        let fields = [("csrf", csrf.as_str()), ("over", &over), ("press", press), ("text", text)];
        manager.post("/team/text", &fields).body
    };
    let page = sent("publish", &shipped.replace("ben-okafor\" }", "ben-okafro\" }"));
    assert!(
        page.contains("did you mean") && page.contains("ben-okafro"),
        "nothing of the draft is lost: {page}"
    );
    let other = shipped.replacen("name = \"Enterprise\"\n", "name = \"Enterprises\"\n", 1);
    assert!(sent("check", &other).contains("Nothing was published yet."));
    assert!(sent("publish", &other).contains("The team is in force"));
    assert!(ana.get("/team").body.contains("published by paul-dupont"));
    assert!(sent("publish", shipped).contains("Another team is in force by now"));
    installation.check();
}

#[test]
fn marketing_sees_of_whom_too_little_is_known_until_a_record_tells_it() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let email = "tess@thin.example";
    let mut unknown = filled("content", email, "");
    unknown.data["person"] = json!({"email": email});
    produce(&installation, "marketing.form-fills.v1", &unknown);
    until("the lead is there", || installation.number("SELECT count(*) FROM lead") == 1);
    let lead = installation.texts("SELECT id::text FROM lead").remove(0);
    let token = token(&installation, "noah-fischer");
    let (status, shown) = ask(&serving, &token, "campaigns", None);
    assert_eq!(status, 200, "{shown}");
    let thin = &shown["thin"]["leads"][0];
    assert_eq!(
        (&thin["lead"], &thin["unknown"]),
        (&json!(lead), &json!(["employees", "industry", "country", "seniority", "function"]))
    );
    assert!(thin["since"].is_string() && shown["thin"]["partial"] == false, "{shown}");
    let noah = Browser::of(&installation, &serving, "noah-fischer");
    let page = noah.get("/campaigns").body;
    assert!(page.contains("company size, industry, country, seniority, function") && page.contains(&lead));

    produce(&installation, "marketing.form-fills.v1", &filled("content", email, "VP Sales"));
    until("nothing is left to find out", || {
        ask(&serving, &token, "campaigns", None).1["thin"]["leads"] == json!([])
    });
    assert!(noah.get("/campaigns").body.contains("Of every open lead enough is known"));
    installation.check();
}
