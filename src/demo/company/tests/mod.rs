//! Claims about the simulated company, with a toy service in place of the real one. They never touch a broker.

mod toy;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use self::toy::{header, run};
use super::{Company, OutRecord, Rhythm, Settings};

fn settings(seed: u64) -> Settings {
    Settings::new(seed, "2026-01-05T00:00:00Z".parse().unwrap())
}

fn data(record: &OutRecord) -> Option<Value> {
    serde_json::from_slice(&record.value).ok()
}

fn kind(record: &OutRecord) -> &str {
    header(record, "ce_type").trim_start_matches("io.baton.")
}

fn is_litter(record: &OutRecord) -> bool {
    header(record, "ce_source") == "/marketing/old-forms"
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let first = run(settings(7), 30).records;
    assert_eq!(first, run(settings(7), 30).records);
    assert_ne!(first, run(settings(8), 30).records);
}

#[test]
fn ninety_days_are_a_believable_funnel() {
    let run = run(settings(1), 90);
    let counts = run.company.counts();
    let mut stages: BTreeMap<&str, u32> = BTreeMap::new();
    for lead in run.toy.leads.values() {
        *stages.entry(lead.stage).or_default() += 1;
    }
    let qualified = run.toy.leads.values().filter(|lead| lead.mql).count();
    let share = qualified * 100 / run.toy.leads.len();
    println!(
        "{counts:#?}\n{stages:?} leads {} mql {qualified} = {share} % reassigned {}",
        run.toy.leads.len(),
        run.toy.reassigned
    );
    assert!((900..1_300).contains(&counts.people), "{}", counts.people);
    assert!((5_000..8_500).contains(&counts.records), "{}", counts.records);
    assert!((28..48).contains(&share), "{share} % became MQL");
    for stage in ["captured", "mql", "sal", "sql", "opportunity", "won", "lost", "recycled", "disqualified"] {
        assert!(stages.get(stage).copied().unwrap_or(0) > 0, "nobody is {stage}: {stages:?}");
    }
    assert!(run.toy.reassigned > 10, "some reps let an offer lapse");
}

#[test]
fn what_is_counted_is_what_was_sent() {
    let run = run(settings(2), 40);
    let counts = run.company.counts();
    let ids: BTreeSet<&str> = run.records.iter().map(|record| header(record, "ce_id")).collect();
    assert_eq!(counts.records, u64::try_from(run.records.len()).unwrap());
    assert_eq!(counts.unique_ids, u64::try_from(ids.len()).unwrap());
    assert_eq!(counts.by_topic.values().sum::<u64>(), counts.records);
    assert_eq!(counts.by_type.values().sum::<u64>(), counts.records);
    let duplicates = counts.by_oddity.get("duplicate").copied().unwrap_or(0);
    assert_eq!(counts.unique_ids + duplicates, counts.records);
    for oddity in
        ["duplicate", "resubmitted", "late", "reordered", "mistyped", "bot", "test", "automated", "not_json"]
    {
        assert!(counts.by_oddity.contains_key(oddity), "no {oddity} in 40 days");
    }
}

#[test]
fn records_come_in_order_and_never_before_they_happened() {
    let records = run(settings(3), 30).records;
    assert!(records.is_sorted_by_key(|record| record.at));
    for record in &records {
        let time: Timestamp = header(record, "ce_time").parse().unwrap();
        assert!(time <= record.at, "{} of {time} goes out at {}", kind(record), record.at);
    }
}

#[test]
fn a_duplicate_repeats_every_byte_but_the_instant() {
    let records = run(settings(4), 60).records;
    let mut first: BTreeMap<&str, &OutRecord> = BTreeMap::new();
    let mut repeated = 0;
    for record in &records {
        if let Some(original) = first.get(header(record, "ce_id")) {
            repeated += 1;
            assert_eq!(
                (&original.key, &original.headers, &original.value),
                (&record.key, &record.headers, &record.value)
            );
        } else {
            first.insert(header(record, "ce_id"), record);
        }
    }
    assert!(repeated > 20);
}

#[test]
fn marketing_does_not_depend_on_what_sales_does() {
    let marketing = |records: Vec<OutRecord>| -> Vec<(String, Vec<u8>)> {
        let of_people =
            records.into_iter().filter(|record| record.topic.starts_with("marketing.") && !is_litter(record));
        let mut sent: Vec<_> =
            of_people.map(|record| (header(&record, "ce_id").to_owned(), record.value)).collect();
        sent.sort();
        sent
    };
    let end = "2026-02-14T00:00:00Z".parse().unwrap();
    let mut alone = Company::new(settings(5)).advance(end);
    let last: Timestamp = "2026-02-13T00:00:00Z".parse().unwrap();
    alone.retain(|record| record.at < last);
    let mut together = run(settings(5), 40).records;
    together.retain(|record| record.at < last);
    assert_eq!(marketing(alone), marketing(together));
}

#[test]
fn steps_of_any_length_give_the_same_records() {
    let end: Timestamp = "2026-01-20T00:00:00Z".parse().unwrap();
    let whole = Company::new(settings(6)).advance(end);
    let mut company = Company::new(settings(6));
    let mut pieces = Vec::new();
    while let Some(next) = company.next_at().filter(|next| *next <= end) {
        pieces.extend(company.advance(next));
    }
    assert_eq!(whole, pieces);
}

#[test]
fn every_reason_code_of_the_first_leg_is_given_and_with_what_it_demands() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 10..14 {
        for record in
            run(settings(seed), 90).records.iter().filter(|record| kind(record) == "sales.lead.rejected.v1")
        {
            let data = data(record).unwrap();
            let reason = data["reason"].as_str().unwrap().to_owned();
            let demanded = match reason.as_str() {
                "unreachable" => "attempts",
                "bad_timing" => "retry_on",
                "no_fit" | "junk" => "sub_reason",
                "competitor_chosen" => "competitor",
                "bad_data" => "fields",
                "wrong_territory" => "proposed_owner",
                "wrong_segment" => "proposed_pool",
                "duplicate" => "duplicate_of",
                "opt_out" => "scope",
                "other" => "note",
                _ => "actor",
            };
            assert!(!data[demanded].is_null(), "{reason} without {demanded}");
            *seen.entry(reason).or_default() += 1;
        }
    }
    println!("{seen:?}");
    assert_eq!(seen.len(), 16, "{seen:?}");
    assert!(!seen.contains_key("return"));
}

#[test]
fn revisions_of_a_deal_rise_and_it_closes_once() {
    let mut deals: BTreeMap<String, BTreeSet<(i64, String)>> = BTreeMap::new();
    for record in
        run(settings(9), 90).records.iter().filter(|record| kind(record).starts_with("crm.opportunity."))
    {
        let data = data(record).unwrap();
        let id = data["opportunity"]["id"].as_str().unwrap().to_owned();
        deals.entry(id).or_default().insert((data["revision"].as_i64().unwrap(), kind(record).to_owned()));
    }
    assert!(deals.len() > 30, "{} deals", deals.len());
    for history in deals.values() {
        let revisions: Vec<i64> = history.iter().map(|step| step.0).collect();
        assert!(
            revisions
                .iter()
                .enumerate()
                .all(|(place, revision)| usize::try_from(*revision).unwrap() == place + 1)
        );
        assert_eq!(history.first().unwrap().1, "crm.opportunity.opened.v1");
        assert!(
            history.iter().filter(|step| step.1.ends_with("won.v1") || step.1.ends_with("lost.v1")).count()
                <= 1
        );
    }
}

#[test]
fn better_people_win_more_often() {
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for seed in 20..23 {
        let run = run(settings(seed), 90);
        for lead in &run.company.leads {
            let email = lead.email.as_deref().unwrap();
            match run.toy.leads.get(email).map(|toy| toy.stage) {
                Some("won") => won.push(lead.worth),
                Some("recycled" | "lost" | "disqualified") => lost.push(lead.worth),
                _ => {}
            }
        }
    }
    let mean = |worth: &[i64]| worth.iter().sum::<i64>() / i64::try_from(worth.len()).unwrap();
    println!("won {} mean {}, not won {} mean {}", won.len(), mean(&won), lost.len(), mean(&lost));
    assert!(mean(&won) > mean(&lost) + 10);
}

#[test]
fn every_record_satisfies_its_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut checked = 0;
    let mut validators = BTreeMap::new();
    for record in run(settings(11), 90).records.iter().filter(|record| !is_litter(record)) {
        let name = format!("{}/{}.schema.json", record.topic, kind(record));
        let validator = validators.entry(name.clone()).or_insert_with(|| {
            let text =
                std::fs::read_to_string(folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
        });
        let data = data(record).unwrap();
        let faults: Vec<String> = validator.iter_errors(&data).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}\n{data:#}");
        checked += 1;
    }
    assert!(checked > 4_000);
}

#[test]
fn nobody_lives_outside_the_reserved_domains() {
    for record in run(settings(12), 30).records.iter().filter_map(data) {
        if let Some(email) = record.pointer("/person/email").and_then(Value::as_str) {
            assert!(email.ends_with(".example"), "{email}");
        }
    }
}

#[test]
fn a_record_of_the_service_that_comes_twice_is_reacted_to_once() {
    let routed = serde_json::json!({
        "lead_id": "3cf730e4-8da7-5ede-a045-31f37a2b3b0b", "handoff_id": "15253239-3c4d-5c38-8f1d-340e4ad9c00f",
        "topic_sequence": 1, "priority": 1, "person": {"email": "a.stranger@elsewhere.example"},
        "holder": {"kind": "rep", "id": "dev-patel", "crm": {"system": "crm", "object": "user", "id": "u-dev-patel"}},
    });
    let reactions = |times: usize| {
        let mut company = Company::new(Settings { leads_per_day: 0, ..settings(1) });
        let at: Timestamp = "2026-01-06T10:00:00Z".parse().unwrap();
        company.advance(at);
        for _ in 0..times {
            company.observe("io.baton.lead.routed.v1", &routed, at);
        }
        let end = "2026-01-06T16:00:00Z".parse().unwrap();
        company
            .advance(end)
            .into_iter()
            .filter(|record| record.topic == "crm.lead-events.v1")
            .collect::<Vec<_>>()
    };
    let once = reactions(1);
    let kinds: Vec<&str> = once.iter().map(kind).collect();
    assert!(kinds.contains(&"crm.lead.created.v1") && kinds.contains(&"crm.lead.accepted.v1"), "{kinds:?}");
    assert_eq!(data(&once[1]).unwrap()["actor"]["id"], "u-dev-patel");
    assert_eq!(once, reactions(3));
}

#[test]
fn a_company_that_never_sleeps_has_visitors_on_a_sunday_night_at_once() {
    let sunday: Timestamp = "2026-01-11T02:00:00Z".parse().unwrap();
    let mut company = Company::new(Settings { start: sunday, leads_per_day: 0, ..settings(5) });
    company.advance(sunday);
    company.change_pace(20_000, Rhythm::RoundTheClock);
    let mut forms = Vec::new();
    let mut records = Vec::new();
    for minute in 1..=20 {
        let sent = company.advance(sunday + jiff::SignedDuration::from_mins(minute));
        forms.push(sent.iter().filter(|record| kind(record) == "form.submitted.v1").count());
        records.push(sent.len());
    }
    println!("records {records:?} forms {forms:?} people {}", company.counts().people);
    assert!(forms.iter().skip(5).sum::<usize>() > 30, "{forms:?}");
}
