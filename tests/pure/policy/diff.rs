//! Two policies in words: what each kind of change is called, and that no change of the text goes unsaid.

use super::{change, changed};
use baton::contract::policy_text::{DEFAULT_POLICY, policy};
use baton::domain::policy::diff::{Part, diff};

/// What changed from the shipped policy, line by line.
fn said(text: &str) -> Vec<String> {
    between(DEFAULT_POLICY, text)
}

fn between(before: &str, after: &str) -> Vec<String> {
    let read = |text: &str| policy(text).unwrap_or_else(|faults| panic!("{faults:?}"));
    diff(&read(before), &read(after)).iter().map(ToString::to_string).collect()
}

/// What stands in the shipped policy, what is written in its place, and what is said of it.
const CASES: &[(&str, &str, &[&str])] = &[
    (
        "points = 60                         # since",
        "points = 50                         # since",
        &["MQL threshold, grades A and B: 60 -> 50 points"],
    ),
    (
        "points = 60\ncap = 60\n",
        "points = 50\ncap = 60\n",
        &["Demo, contact, pricing or trial form: 60 -> 50 points"],
    ),
    ("cap = 24", "cap = 36", &["Gated content, cap in a cycle: 24 -> 36 points"]),
    (
        "cap = 30\n\n[[engagement.group]]",
        "cap = 35\n\n[[engagement.group]]",
        &["Web visits, cap of the group: 30 -> 35 points"],
    ),
    ("id = \"intent\"", "id = \"buying_intent\"", &["Intent match: renamed intent -> buying_intent"]),
    (
        "id = \"intent\"\nlabel = \"Intent match\"",
        "id = \"intent\"\nlabel = \"Intent\"",
        &["Rule `intent`, its words: Intent match -> Intent"],
    ),
    (
        "[[engagement.rule]]\nid = \"intent\"\nlabel = \"Intent match\"\nsignals = [\"intent\"]\npoints = 5\ncap = 10\n",
        "[[engagement.rule]]\nid = \"ads\"\nlabel = \"Ads\"\nsignals = [\"ad.clicked\"]\npoints = 4\ncap = 8\n",
        &["Intent match: removed (5 points, cap 10: intent)", "Ads: added (4 points, cap 8: ad.clicked)"],
    ),
    (
        "\"webinar.attended\", \"event.attended\"",
        "\"webinar.attended\"",
        &["Webinar or event attended, signals: removed event.attended"],
    ),
    (
        "together = 3\nwithin_days = 7",
        "together = 2\nwithin_days = 7",
        &["Three visits in 7 days, counted: 3 within 7 days -> 2 within 7 days"],
    ),
    (
        "days_max = 30, percent = 70",
        "days_max = 30, percent = 60",
        &[
            "Points by age: to 7 days 100 %, to 30 days 70 %, to 60 days 40 %, to 90 days 20 % -> to 7 days 100 %, to 30 days \
         60 %, to 60 days 40 %, to 90 days 20 %",
        ],
    ),
    ("contact = \"15 min\"", "contact = \"20 min\"", &["P1, time to first contact: 15 min -> 20 min"]),
    ("accept = \"1 bd\"", "accept = \"2 bd\"", &["P4, time to answer: 1 bd -> 2 bd"]),
    (
        "[rejection.no_need]\nthen = \"recycle\"\ndays = 180",
        "[rejection.no_need]\nthen = \"recycle\"\ndays = 90",
        &[
            "Rejected as `no_need`: back after 180 days -> back after 90 days",
            "Lost for `no_need`, back after: 180 -> 90 days",
        ],
    ),
    ("note_chars = 15", "note_chars = 20", &["Rejected as `other`, demands a note of: 15 -> 20 characters"]),
    ("price = { days = 120 }\n", "", &["Lost for `price`: removed (back after 120 days)"]),
    ("\"NO\", \"FI\"", "\"NO\", \"PL\"", &["Countries of tier 1: added PL; removed FI"]),
    ("\"head of\"]", "\"head of\", \"team head\"]", &["Job titles, director: added team head"]),
    (
        "segments = [\"small\"]\npool = \"small\"",
        "segments = [\"small\"]\npool = \"low-touch\"",
        &["Route `small`, pool: small -> low-touch"],
    ),
    (
        "good_facts_min = 2",
        "good_facts_min = 1",
        &["SQL, good ones of authority, budget and timeline: 2 -> 1"],
    ),
    (
        "grades = [\"C\"]\npoints",
        "grades = [\"C\", \"D\"]\npoints",
        &["MQL by engagement only, grades: C -> C, D"],
    ),
    ("\"country\", \"job_title\"]", "\"country\"]", &["Fields that a handoff needs: removed job_title"]),
];

#[test]
fn every_kind_of_change_is_said_in_words_that_both_teams_know() {
    for (from, to, expected) in CASES {
        assert_eq!(said(&changed(from, to)), *expected, "{to}");
    }
}

#[test]
fn routes_and_entries_in_another_order_are_said_since_the_first_wins() {
    let (enterprise, mid_market) = (
        "[[route]]\nid = \"enterprise\"\nsegments = [\"enterprise\"]\npool = \"enterprise\"\n",
        "[[route]]\nid = \"mid_market\"\nsegments = [\"mid-market\"]\npool = \"mid-market\"\n",
    );
    let text = changed(&format!("{enterprise}\n{mid_market}"), &format!("{mid_market}\n{enterprise}"));
    assert_eq!(
        said(&text),
        [
            "Routes are tried in the order: low_touch, enterprise, mid_market, small -> low_touch, mid_market, \
          enterprise, small"
        ]
    );
    let (buying, adjacent) = (
        "[[title.function]]\nis = \"adjacent\"\nwords = [\"customer success\"",
        "[[title.function]]\nis = \"buying\"\nwords = [\"data engineering\"]\n\n",
    );
    let before = changed(buying, &format!("{adjacent}{buying}"));
    let after = format!("{DEFAULT_POLICY}\n{adjacent}");
    assert_eq!(between(&before, &after), ["Functions by title: the entries: stand in another order"]);
}

#[test]
fn comments_and_spaces_are_no_change_and_the_same_text_has_none() {
    assert!(said(DEFAULT_POLICY).is_empty());
    let text = format!("# Of the spring.\n\n{}", DEFAULT_POLICY.replace("    ", " "));
    assert!(said(&text).is_empty());
    let named =
        diff(&policy(DEFAULT_POLICY).unwrap(), &policy(&changed("\"default\"", "\"spring\"")).unwrap());
    assert_eq!(
        (named.len(), named[0].part, named[0].to_string().as_str()),
        (1, Part::Name, "Name: default -> spring")
    );
}

/// Places of whole numbers that are values: digits after `= `, in no text and no comment.
fn numbers(line: &str) -> Vec<(usize, usize)> {
    let code = line.split('#').next().unwrap_or("");
    let starts = code.match_indices("= ").map(|(place, sign)| place + sign.len());
    starts
        .filter_map(|start| {
            let digits =
                code[start..].trim_start_matches('-').chars().take_while(char::is_ascii_digit).count();
            let sign = usize::from(code[start..].starts_with('-'));
            (digits > 0).then_some((start, start + sign + digits))
        })
        .collect()
}

#[test]
fn no_number_of_the_text_changes_in_silence() {
    let mut tried = 0;
    let mut begin = 0;
    for line in DEFAULT_POLICY.split_inclusive('\n') {
        for (start, end) in numbers(line) {
            let number: i64 = line[start..end].parse().unwrap();
            for other in [number + 1, number - 1] {
                let text =
                    format!("{}{other}{}", &DEFAULT_POLICY[..begin + start], &DEFAULT_POLICY[begin + end..]);
                let Ok(after) = policy(&text) else { continue };
                tried += 1;
                let before = policy(DEFAULT_POLICY).unwrap();
                assert!(!diff(&before, &after).is_empty(), "{line:?} with {other}");
                assert_eq!(diff(&before, &after).len(), diff(&after, &before).len(), "{line:?} with {other}");
            }
        }
        begin += line.len();
    }
    assert!(tried > 250, "{tried} changes were tried");
}

#[test]
fn no_word_or_flag_of_the_text_changes_in_silence() {
    let swaps = [
        ("counts = true", "counts = false"),
        ("contestable = false", "contestable = true"),
        ("hand_raise = true", "hand_raise = false"),
        ("once = \"message\"\n", ""),
        ("retry_on = true", "retry_on = false"),
        ("competitor = true", "competitor = false"),
        ("field = true", "field = false"),
        ("duplicate_of = true", "duplicate_of = false"),
        ("scope = true", "scope = false"),
        ("proposal = true", "proposal = false"),
        ("note = true", "note = false"),
        ("task = \"another_contact\"  ", ""),
        ("\"use_case\"", "\"use_cases\""),
        ("target = [\"software\", ", "target = ["),
        ("adjacent = [\"retail\", ", "adjacent = ["),
        ("group = \"web\"", "group = \"email\""),
        ("reporting_currency = \"USD\"", "reporting_currency = \"EUR\""),
        ("out_of_hours_contact = \"15 min\"", "out_of_hours_contact = \"15 s\""),
        ("hand_raise_grades = [\"A\", ", "hand_raise_grades = ["),
        (
            "[[route]]\nid = \"small\"",
            "[[named_account]]\nid = \"v\"\nname = \"Vega\"\npool = \"small\"\n[[route]]\nid = \"small\"",
        ),
        ("[[route]]\nid = \"small\"", "[routing]\nproducts = [\"planner\"]\n[[route]]\nid = \"small\""),
    ];
    for (from, to) in swaps {
        let text = change(DEFAULT_POLICY, from, to);
        assert_eq!(said(&text).len(), 1, "{to}: {:?}", said(&text));
    }
}
