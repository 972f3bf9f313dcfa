//! The simulation: the real `plan` and `recovery` over a database in memory that models locks, transactions and their
//! ends, with two instances, crashes at every statement, lost replies, zombies, and records late, twice and out of
//! order. Everything follows from a seed; `make simulate SEED=n` repeats one. It opens no connection and no thread.

mod check;
mod history;
mod instance;
mod log;
mod prng;
mod run;
mod store;
mod town;
mod transaction;

use baton::contract::Decoder;
use baton::contract::keys::Keys;
use baton::contract::policy_text;
use baton::domain::policy::Reference;
use history::Step;
use run::{Run, Without};
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use transaction::Finding;

static DECODER: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::new(Keys::new(b"a service key for tests", 1)).unwrap());
static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| policy_text::reference(policy_text::DEFAULT_REFERENCE).unwrap());

/// Seeds that every run lives through; a seed that once failed is added in `KNOWN`.
const SEEDS: u64 = 60;
/// So much of a finding tells its kind.
const KIND_CHARS: usize = 12;
/// Runs that shortening a failing history may take.
const TRIES: usize = 600;

/// Lives through a history; a panic is a finding too.
fn lived(steps: &[Step], without: Without) -> Result<(), Finding> {
    let run = || Run::new(without).live(steps).map(|_| ());
    std::panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

/// One seed; a failing one is shortened and told with the command that repeats it.
fn simulate(seed: u64) {
    let steps = history::of_seed(seed);
    let Err(finding) = lived(&steps, Without::default()) else { return };
    let same = |other: &Finding| other.get(..KIND_CHARS) == finding.get(..KIND_CHARS);
    let short = history::shortened(&steps, TRIES, |steps| {
        lived(steps, Without::default()).err().is_some_and(|it| same(&it))
    });
    let last = lived(&short, Without::default()).err().unwrap_or_default();
    panic!(
        "seed {seed} fails: {finding}\nrepeat it with: make simulate SEED={seed}\n{} of {} steps are enough for: {last}\n{}",
        short.len(),
        steps.len(),
        history::told(&short)
    );
}

#[test]
fn any_history_ends_with_nothing_lost_doubled_or_reordered() {
    for seed in 0..SEEDS {
        simulate(seed);
    }
}

#[test]
fn scan() {
    let mut kinds = std::collections::BTreeMap::new();
    for seed in 0..400 {
        let steps = history::of_seed(seed);
        if let Err(f) = lived(&steps, Without::default()) {
            kinds.entry(f.chars().take(14).collect::<String>()).or_insert((0, seed, steps.len())).0 += 1;
        }
    }
    println!("{kinds:#?}");
    for (_, (_, seed, _)) in kinds {
        let _ = std::panic::catch_unwind(|| simulate(seed));
    }
}
