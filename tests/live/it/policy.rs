//! A policy's text on a real database: the running one is checked, and held against a file with the leads that are open.

use crate::harness::{Event, Installation, form, produce, until};
use serde_json::{Value, json};

const SHIPPED: &str = include_str!("../../../policy/default.toml");

/// A file of a test's own; it goes when the test ends.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("baton-{name}-{}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _removed = std::fs::remove_file(&self.0);
    }
}

fn changed(from: &str, to: &str) -> String {
    assert!(SHIPPED.contains(from));
    SHIPPED.replacen(from, to, 1)
}

#[test]
fn a_lower_threshold_names_the_open_leads_that_would_become_mql_and_those_that_would_not_be() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let attended = |email: &str| {
        let data = json!({"kind": "webinar_attended", "person": {"email": email}});
        produce(
            &installation,
            "marketing.signals.v1",
            &Event::new("signal.recorded.v1", "/web", email, data),
        );
        for _ in 0..2 {
            produce(&installation, "marketing.form-fills.v1", &form("content", email, "VP Sales"));
        }
    };
    attended("vera@vega.example");
    attended("otto@orion.example");
    produce(&installation, "marketing.form-fills.v1", &form("demo", "nina@nova.example", "VP Sales"));
    until("two are captured with 44 points, and one is an MQL", || {
        installation.number("SELECT count(*) FROM lead WHERE stage = 1 AND points = 44") == 2
            && installation.number("SELECT count(*) FROM lead WHERE stage IN (2, 3)") == 1
    });
    let audited = installation.number("SELECT count(*) FROM audit");

    // 60 -> 40 points, and a demo asks for sales no more.
    let text =
        changed("points = 60                         # since", "points = 40                         # since")
            .replacen("[\"form.demo\", ", "[", 1);
    let file = File::new("lower", &text);
    let diff = installation.run(&["policy", "diff", "running", file.path(), "--json"]);
    let diff: Value = serde_json::from_str(&diff).unwrap();
    let words: Vec<&str> =
        diff["changes"].as_array().unwrap().iter().map(|it| it["words"].as_str().unwrap()).collect();
    assert_eq!(
        words,
        [
            "MQL threshold, grades A and B: 60 -> 40 points",
            "Demo, contact, pricing or trial form, signals: removed form.demo"
        ]
    );
    let leads = &diff["leads"];
    assert_eq!(
        (&leads["judged"], &leads["became_mql"], &leads["ceased_to_be_mql"], &leads["left_out"]),
        (&json!(3), &json!(2), &json!(1), &json!(0)),
        "{leads}"
    );
    let first = &leads["listed"][0];
    assert_eq!(first["before"], json!({"mql": false, "points": 44, "grade": "A"}));
    assert_eq!(first["after"], json!({"mql": true, "points": 44, "grade": "A"}));

    // The same by the published hash, the other way round, in words.
    let hash = diff["a"]["hash"].as_str().unwrap();
    let told = installation.run(&["policy", "diff", file.path(), &hash[..8]]);
    assert!(told.contains("MQL threshold, grades A and B: 40 -> 60 points"), "{told}");
    assert!(
        told.contains(
            "of 3 open leads that sales has not qualified, 1 would become MQL and 2 would not be MQL"
        )
    );
    let nobody = installation.output(&["policy", "diff", "running", "ffffffff"]);
    assert_eq!(nobody.status.code(), Some(2));

    assert!(installation.run(&["policy", "check"]).starts_with("the running policy: no errors, 0 warnings"));
    assert_eq!(installation.number("SELECT count(*) FROM audit"), audited, "looking changes nothing");
    drop(serving);
    installation.check();
}

#[test]
fn three_misspelled_keys_of_a_copied_policy_are_told_at_once() {
    let installation = Installation::without_topics();
    let text = changed("bot_score_min", "bot_scor_min").replacen("total_max", "totl_max", 1).replacen(
        "[durations]",
        "[duration]",
        1,
    );
    let file = File::new("misspelled", &text);
    let output = installation.output(&["policy", "check", file.path()]);
    assert_eq!(output.status.code(), Some(4));
    let told = String::from_utf8(output.stdout).unwrap();
    let ends: Vec<&str> = told.lines().map(|line| line.rsplit("; ").next().unwrap()).collect();
    assert_eq!(ends, ["write `bot_score_min`", "write `total_max`", "write `durations`"], "{told}");
    let json = installation.output(&["policy", "check", file.path(), "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let lines: Vec<&Value> = json["errors"].as_array().unwrap().iter().map(|it| &it["line"]).collect();
    let line = |part: &str| json!(text.lines().position(|line| line.starts_with(part)).unwrap() + 1);
    assert_eq!(lines, [&line("bot_scor_min"), &line("totl_max"), &line("[duration]")]);
}
