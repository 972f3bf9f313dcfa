//! The same place (LIFECYCLE N13): records that came late, early, twice and between faults end where the same records
//! end in order and without any: stage, origin, number of cycles, cohort and money. Ids may differ.

use super::history::{Step, all_places, shortened, told};
use super::instance::{LANES, Worker};
use super::prng::Prng;
use super::run::{Run, Without};
use super::store::Tables;
use super::town::{Letter, Person, Scribe};
use super::transaction::Finding;
use super::{DECODER, KIND_CHARS};
use crate::story::start;
use baton::domain::time::{MINUTE, Moment};

/// Histories of each kind in a run.
const HISTORIES: u64 = 60;
/// Runs that shortening may take.
const TRIES: usize = 400;
/// Turns of every lane in which an instance has read whatever a history produces, some of it twice.
const READINGS: usize = 16;
const REP: &str = "u-dev-patel";
/// Records of `sold` that are told: the form, the acceptance, the call, the qualification, the deal, the win. A
/// qualification or a deal makes the lead by itself when it comes first.
const SOLD_MAX: usize = 6;

/// Records of one person in the order in which they occurred.
type Records = fn(&mut Scribe) -> Vec<Letter>;
/// The order in which they arrive.
type Order = fn(&mut Prng, Vec<Letter>) -> Vec<Letter>;
/// How they are read, and what happens meanwhile.
type Arrival = fn(&mut Prng, Vec<Letter>) -> Vec<Step>;

/// Where a person stands in the end, as far as the promise goes; `None`: nobody knows the person.
fn place(tables: &Tables, person: Person) -> Option<String> {
    let key = DECODER.keys().email(&person.email());
    let lead = &tables.leads[&(*tables.keys.get(&key)?)?].lead;
    let cohort = lead.cycle.terms.as_ref().map(|terms| terms.mql_at.map(|at| at.to_string()[..7].to_owned()));
    let won: Vec<_> = tables
        .opportunities
        .values()
        .filter(|row| row.state == "won")
        .map(|row| (&row.external_id, row.ten_thousandths))
        .collect();
    Some(format!(
        "{}, origin {}, cycle {}, cohort {cohort:?}, won {won:?}",
        lead.stage.kind().wire(),
        lead.origin.code(),
        lead.cycle.number,
    ))
}

/// The records once, in order, each read before the next comes.
fn in_order(letters: &[Letter]) -> Vec<Step> {
    let mut steps = vec![Step::Claim { instance: 0, places: all_places() }];
    for letter in letters {
        steps.push(Step::Produce(letter.clone()));
        steps.extend(reading(0));
    }
    steps
}

fn reading(instance: usize) -> impl Iterator<Item = Step> {
    (0..LANES).map(move |lane| Step::Work {
        instance,
        worker: Worker::Lane(lane),
        statements: 30,
        records: 1,
    })
}

/// The records in the order in which they arrive, some of them twice, between faults of the service.
fn with_faults(prng: &mut Prng, arriving: Vec<Letter>) -> Vec<Step> {
    let mut steps = vec![Step::Claim { instance: 0, places: all_places() }];
    let mut arrived: Vec<Letter> = Vec::new();
    for letter in arriving {
        arrived.push(letter.clone());
        steps.push(Step::Produce(letter));
        if prng.one_in(3) {
            steps.push(Step::Produce(prng.pick(&arrived).clone()));
        }
        for _ in 0..prng.below(4) {
            let instance = prng.below(2);
            let worker = Worker::Lane(prng.below(LANES));
            steps.push(match prng.below(8) {
                0 => Step::Crash { instance },
                1 => Step::Claim { instance, places: all_places() },
                2 => Step::LoseReply { instance, worker, commits: prng.one_in(2) },
                _work => Step::Work {
                    instance,
                    worker,
                    statements: 1 + prng.below(30),
                    records: 1 + prng.below(3),
                },
            });
        }
    }
    steps
}

fn ended(steps: &[Step]) -> Result<Option<String>, Finding> {
    let without = Without { turns: true, ..Without::default() };
    let run = || Run::new(without).live(steps);
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err("panicked".to_owned()))?;
    Ok(place(&ended.tables, Person(0)))
}

/// One history of a kind: its finding, told in as few steps as will do.
fn differing(seed: u64, records: Records, order: Order, arriving: Arrival) -> Option<String> {
    let mut prng = Prng::new(seed);
    let letters = records(&mut Scribe::new(prng.clone()));
    let expected = match ended(&in_order(&letters)) {
        Ok(expected) => expected,
        Err(finding) => return Some(format!("seed {seed}, in order: {finding}")),
    };
    let letters = order(&mut prng, letters);
    let steps = arriving(&mut prng, letters);
    let finding = |steps: &[Step]| match ended(steps) {
        Ok(got) if got == expected => None,
        Ok(got) => Some(format!("in order: {expected:?}\nas it came: {got:?}")),
        Err(finding) => Some(finding),
    };
    let first = finding(&steps)?;
    // Records stay: without one of them the place would be another one.
    let fails = |fewer: &[Step]| {
        arriving_of(fewer) >= arriving_of(&steps)
            && finding(fewer).is_some_and(|it| it.get(..KIND_CHARS) == first.get(..KIND_CHARS))
    };
    let short = shortened(&steps, TRIES, fails);
    Some(format!("seed {seed}: {}\n{}", finding(&short).unwrap_or(first), told(&short)))
}

/// How many different records are produced.
fn arriving_of(steps: &[Step]) -> usize {
    let values = steps.iter().filter_map(|step| match step {
        Step::Produce(letter) => Some(&letter.value),
        _other => None,
    });
    values.collect::<std::collections::BTreeSet<_>>().len()
}

fn all(records: Records, order: Order, arrival: Arrival) {
    for seed in 0..HISTORIES {
        if let Some(finding) = differing(seed, records, order, arrival) {
            panic!("{finding}");
        }
    }
}

/// What sales did is read before the form is produced: its records come by two topics, and which of these is read first
/// is nobody's promise once the person is known.
fn read_first(prng: &mut Prng, mut letters: Vec<Letter>) -> Vec<Step> {
    let form = letters.remove(0);
    let mut steps = with_faults(prng, letters);
    steps.push(Step::Claim { instance: 0, places: all_places() });
    steps.extend((0..READINGS).flat_map(|_| reading(0)));
    steps.push(Step::Produce(form));
    steps.extend(reading(0));
    steps
}

fn signals(scribe: &mut Scribe) -> Vec<Letter> {
    let count = 2 + scribe.prng.below(6);
    let mut at = start().plus(-200 * MINUTE);
    (0..count)
        .map(|_| {
            at = at.plus(20 * MINUTE);
            let kind = *scribe.prng.pick(&["demo", "pricing", "content"]);
            if scribe.prng.one_in(2) {
                scribe.signal(Person(0), at)
            } else {
                scribe.form(Person(0), at, kind)
            }
        })
        .collect()
}

/// A form, and then what sales did, up to some point; all of it on one partition of the CRM.
fn sold(scribe: &mut Scribe) -> Vec<Letter> {
    dealt_with(scribe, "won")
}

/// The same, with a deal that came to nothing; of some the CRM never told that it was opened.
fn lost(scribe: &mut Scribe) -> Vec<Letter> {
    let mut letters = dealt_with(scribe, "lost");
    if letters.len() == SOLD_MAX && scribe.prng.one_in(2) {
        letters.remove(SOLD_MAX - 2);
    }
    letters
}

fn dealt_with(scribe: &mut Scribe, end: &str) -> Vec<Letter> {
    let at = |step: i64| start().plus((step * 20 - 200) * MINUTE);
    let person = Person(0);
    let mut letters = vec![
        scribe.form(person, at(0), "demo"),
        scribe.sales(person, at(1), "crm.lead.accepted.v1", REP),
        scribe.sales(person, at(2), "crm.lead.contacted.v1", REP),
        scribe.sales(person, at(3), "crm.lead.qualified.v1", REP),
        scribe.deal(&[person], at(4), 0, 1, "opened"),
        scribe.deal(&[person], at(5), 0, 2, end),
    ];
    letters.truncate(2 + scribe.prng.below(SOLD_MAX - 1));
    for letter in &mut letters {
        letter.partition = 0;
    }
    letters
}

/// A form, and a rejection after the acceptance, a call, or the qualification, which makes the lead by itself.
fn rejected(scribe: &mut Scribe) -> Vec<Letter> {
    let at = |step: i64| start().plus((step * 20 - 200) * MINUTE);
    let person = Person(0);
    let steps = ["crm.lead.accepted.v1", "crm.lead.contacted.v1", "crm.lead.qualified.v1"];
    let count = 1 + scribe.prng.below(steps.len());
    let mut letters = vec![scribe.form(person, at(0), "demo")];
    for (step, kind) in (1..).zip(steps.into_iter().take(count).chain(["sales.lead.rejected.v1"])) {
        letters.push(named(scribe, at(step), kind));
    }
    for letter in &mut letters {
        letter.partition = 0;
    }
    letters
}

/// A record of sales that names the person by the address; the CRM's key alone would wait for ever.
fn named(scribe: &mut Scribe, at: Moment, kind: &str) -> Letter {
    loop {
        let letter = scribe.sales(Person(0), at, kind, REP);
        if String::from_utf8_lossy(&letter.value).contains('@') {
            return letter;
        }
    }
}

fn any_order(prng: &mut Prng, mut letters: Vec<Letter>) -> Vec<Letter> {
    prng.shuffle(&mut letters);
    letters
}

/// The first record, the form, arrives after some or all of the others.
fn form_late(prng: &mut Prng, mut letters: Vec<Letter>) -> Vec<Letter> {
    let form = letters.remove(0);
    let place = 1 + prng.below(letters.len());
    letters.insert(place, form);
    letters
}

#[test]
fn signals_in_any_order_end_in_the_same_place() {
    all(signals, any_order, with_faults);
}

#[test]
fn what_sales_did_before_the_form_came_ends_in_the_same_place() {
    all(sold, form_late, with_faults);
}

#[test]
fn a_deal_that_was_lost_before_the_form_came_ends_in_the_same_place() {
    all(lost, form_late, with_faults);
}

#[test]
fn a_rejection_from_before_the_form_came_ends_in_the_same_place() {
    all(rejected, |_, letters| letters, read_first);
}
