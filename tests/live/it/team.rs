//! The team while it runs: what the CRM says of managers and pools.

use crate::harness::{Event, Installation, client, produce, token, until};
use serde_json::{Value, json};

/// The shipped team, where a team of the CRM fills the pool for small companies.
fn mapped() -> String {
    include_str!("../../../policy/team.toml").replacen(
        "name = \"Small business\"\n",
        "name = \"Small business\"\ncrm_teams = [\"smb\"]\n",
        1,
    )
}

#[test]
fn the_crm_puts_somebody_into_a_pool_takes_them_out_again_and_names_their_manager() {
    let installation = Installation::new();
    let path = std::env::temp_dir().join(format!("baton-team-{}.toml", std::process::id()));
    std::fs::write(&path, mapped()).unwrap();
    installation.run(&["team", "publish", path.to_str().unwrap(), "--by", "tests"]);
    let _serving = installation.serve(&[]);
    let shown = || serde_json::from_str::<Value>(&installation.run(&["team", "show", "--json"])).unwrap();
    let small = || {
        let team = shown();
        let pool = team["pools"].as_array().unwrap().iter().find(|pool| pool["id"] == "small").cloned();
        let members = pool.unwrap()["members"].as_array().unwrap().clone();
        members.iter().map(|member| member["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let user = |id: &str| json!({"system": "crm", "object": "user", "id": id});
    let say = |teams: Value, manager: &str| {
        let data =
            json!({"user": user("u-ana-ruiz"), "active": true, "teams": teams, "manager": user(manager)});
        let event = Event::new("crm.user.updated.v1", "/crm", "u-ana-ruiz", data);
        produce(&installation, "crm.lead-events.v1", &event);
    };
    assert_eq!(small(), ["hugo-silva", "iris-novak", "jonas-weber"]);
    say(json!(["smb", "everybody"]), "u-quinn-adams");
    until("ana is in the pool", || small().contains(&"ana-ruiz".to_owned()));
    let team = shown();
    let ana = team["members"].as_array().unwrap().iter().find(|it| it["id"] == "ana-ruiz").unwrap();
    assert_eq!(ana["manager"], "quinn-adams");
    let hints = team["hints"].to_string();
    assert!(hints.contains("the CRM's team `everybody` (1 people)"), "{hints}");

    say(json!([]), "u-somebody-else");
    until("ana has left the pool", || !small().contains(&"ana-ruiz".to_owned()));
    let team = shown();
    let ana = team["members"].as_array().unwrap().iter().find(|it| it["id"] == "ana-ruiz").unwrap();
    assert_eq!(ana["manager"], "paul-dupont", "an unknown manager says nothing");
    assert!(team["hints"].to_string().contains("`crm:u-somebody-else` as manager of `ana-ruiz`"));
    until("each word stands in the audit", || {
        installation.number("SELECT count(*) FROM audit WHERE event = 'placement_said'") == 2
    });
    installation.check();
}

/// Status and body of a team's text that somebody sends, written from a version.
fn send(at: &str, token: &str, query: &str, over: Option<&str>, text: &str) -> (u16, Value) {
    let mut request = client()
        .post(format!("{at}/api/v1/team{query}"))
        .bearer_auth(token)
        .header("content-type", "application/toml")
        .body(text.to_owned());
    if let Some(over) = over {
        request = request.header("if-match", over);
    }
    let answer = request.send().unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().unwrap()).unwrap_or(Value::Null))
}

#[test]
fn two_editors_of_the_team_over_the_api_do_not_overwrite_each_other() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let (rep, manager) = (token(&installation, "ana-ruiz"), token(&installation, "paul-dupont"));
    let send = |token: &str, query: &str, over: Option<&str>, text: &str| {
        send(&serving.address, token, query, over, text)
    };
    let read =
        client().get(format!("{}/api/v1/team/text", serving.address)).bearer_auth(&rep).send().unwrap();
    let first = read.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(read.headers()["x-published-by"], "baton migrate");
    let shipped = read.text().unwrap();
    assert_eq!(shipped, include_str!("../../../policy/team.toml"));

    assert_eq!(send(&rep, "", Some(&first), &mapped()).0, 403, "a rep publishes no team");
    assert_eq!(send(&manager, "", None, &mapped()).0, 428, "whoever publishes says what they began from");
    let wrong = shipped.replace("time_zone = \"UTC\"", "time_zone = \"Europe/Belrin\"").replacen(
        "manager = \"paul-dupont\"",
        "manager = \"paul-dupond\"",
        1,
    );
    let (status, problem) = send(&manager, "", Some(&first), &wrong);
    let faults = problem["errors"].as_array().unwrap();
    assert_eq!((status, faults.len()), (422, 2), "every fault at once: {problem}");
    let line = shipped.lines().position(|line| line.starts_with("time_zone")).unwrap() + 1;
    assert_eq!(faults[0]["field"], format!("line {line}"));
    assert!(faults[0]["detail"].as_str().unwrap().ends_with("did you mean `Europe/Berlin`?"), "{problem}");

    let (status, checked) = send(&manager, "?dry_run=1", Some(&first), &mapped());
    assert_eq!((status, &checked["outcome"]), (200, &json!("checked")));
    let off = mapped().replacen("name = \"Ana Ruiz\"\n", "name = \"Ana Ruiz\"\nactive = false\n", 1);
    let (_, leaves) = send(&manager, "?dry_run=1", None, &off);
    assert_eq!(leaves["hand_over"], json!(["ana-ruiz"]));
    assert_eq!(installation.number("SELECT count(*) FROM published_text WHERE kind = 'team'"), 1);

    let (status, published) = send(&manager, "", Some(&first), &mapped());
    assert_eq!((status, &published["outcome"]), (200, &json!("published")));
    let (status, problem) = send(&manager, "", Some(&first), &off);
    assert_eq!((status, &problem["code"]), (412, &json!("overtaken")));
    assert!(problem["detail"].as_str().unwrap().contains(published["hash"].as_str().unwrap()), "{problem}");
    let second = format!("\"{}\"", published["hash"].as_str().unwrap());
    assert_eq!(send(&manager, "", Some(&second), &mapped()).1["outcome"], "in_force", "sent twice");
    let path = std::env::temp_dir().join(format!("baton-over-{}.toml", std::process::id()));
    std::fs::write(&path, &off).unwrap();
    let late = installation.output(&[
        "team",
        "publish",
        path.to_str().unwrap(),
        "--by",
        "tests",
        "--over",
        first.trim_matches('"'),
    ]);
    assert_eq!(late.status.code(), Some(1), "the command goes through the same door");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(installation.number("SELECT count(*) FROM audit WHERE event = 'text_published'"), 4);
    installation.check();
}
