//! A history: what happens, step by step, drawn from a seed; and how a failing one is made shorter. It runs nothing.

use super::instance::{LANES, Worker};
use super::prng::Prng;
use super::town::{Letter, PARTITIONS, Scribe, TOPICS, restamped};

/// Instances of the service.
pub const INSTANCES: usize = 2;

/// What happens next. A step that does not fit, as when a worker has nothing to do, does nothing.
#[derive(Clone, Debug)]
pub enum Step {
    Produce(Letter),
    /// Minutes go by.
    Wait(i64),
    /// An instance takes over partitions: bit by place.
    Claim {
        instance: usize,
        places: u16,
    },
    /// A worker executes so many statements, beginning a batch of at most so many records when it has none.
    Work {
        instance: usize,
        worker: Worker,
        statements: usize,
        records: usize,
    },
    /// A worker goes on until it stands before COMMIT, and the reply is lost.
    LoseReply {
        instance: usize,
        worker: Worker,
        commits: bool,
    },
    TimeOut {
        instance: usize,
        worker: Worker,
    },
    Crash {
        instance: usize,
    },
    Heartbeat {
        instance: usize,
    },
    /// Somebody presses a button about a lead, seeing it as it stands or as it stood.
    Ask {
        instance: usize,
        lead: usize,
        what: usize,
        stale: bool,
    },
    /// The same button again, with the same key.
    AskAgain {
        instance: usize,
        ask: usize,
    },
}

/// Every (topic, partition), in the order of the bits of a claim.
pub fn places() -> Vec<(String, i32)> {
    TOPICS
        .iter()
        .flat_map(|topic| (0..PARTITIONS).map(|partition| ((*topic).to_owned(), partition)))
        .collect()
}

pub fn all_places() -> u16 {
    (1 << (TOPICS.len() * PARTITIONS as usize)) - 1
}

/// Any history of a seed: records, late, twice and out of order; workers, faults, takeovers, asks, time.
pub fn of_seed(seed: u64) -> Vec<Step> {
    let mut prng = Prng::new(seed);
    let people = 1 + prng.below(4);
    let count = 8 + prng.below(30);
    let letters = Scribe::new(prng.clone()).records(count, people);
    let mut steps: Vec<Step> =
        (0..INSTANCES).map(|instance| Step::Claim { instance, places: half(instance) }).collect();
    let mut left = letters;
    displace(&mut prng, &mut left);
    let mut produced: Vec<Letter> = Vec::new();
    let mut left = left.into_iter();
    loop {
        if prng.one_in(3) {
            let Some(letter) = left.next() else { break };
            produced.push(letter.clone());
            steps.push(Step::Produce(letter));
        } else if prng.one_in(14) && !produced.is_empty() {
            let again = prng.pick(&produced).clone();
            let again = if prng.one_in(3) { restamped(&again) } else { again };
            let partition = i32::try_from(prng.below(PARTITIONS as usize)).unwrap();
            steps.push(Step::Produce(Letter { partition, ..again }));
        } else {
            steps.push(any_step(&mut prng));
        }
    }
    steps.extend((0..40).map(|_| any_step(&mut prng)));
    steps
}

/// The partitions that an instance is given at the start.
fn half(instance: usize) -> u16 {
    let odd = 0xaaaa & all_places();
    if instance == 0 { odd } else { all_places() & !odd }
}

/// Records arrive near their turn, but a few much later.
fn displace(prng: &mut Prng, letters: &mut Vec<Letter>) {
    for place in 1..letters.len() {
        if prng.one_in(3) {
            letters.swap(place, place - 1);
        }
    }
    for _ in 0..letters.len() / 8 {
        let late = letters.remove(prng.below(letters.len()));
        letters.push(late);
    }
}

fn any_step(prng: &mut Prng) -> Step {
    let instance = prng.below(INSTANCES);
    let worker = match prng.below(10) {
        0 => Worker::Router,
        1 => Worker::Sweeper,
        2 => Worker::Desk,
        lane => Worker::Lane(lane % LANES),
    };
    match prng.below(40) {
        0 => Step::Crash { instance },
        1 | 2 => {
            Step::Claim { instance, places: u16::try_from(prng.next() & 0xffff).unwrap() & all_places() }
        }
        3 | 4 => Step::LoseReply { instance, worker, commits: prng.one_in(2) },
        5 => Step::TimeOut { instance, worker },
        6 | 7 => Step::Wait(*prng.pick(&[1, 5, 30, 90, 1_500, 20_000])),
        8 | 9 => Step::Heartbeat { instance },
        10 | 11 => Step::Ask { instance, lead: prng.below(8), what: prng.below(64), stale: prng.one_in(4) },
        12 => Step::AskAgain { instance, ask: prng.below(8) },
        _work => Step::Work { instance, worker, statements: 1 + prng.below(40), records: 1 + prng.below(6) },
    }
}

/// Leaves out steps for as long as what is left still fails; `fails` is asked at most so many times.
pub fn shortened<T: Clone>(steps: &[T], mut tries: usize, fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut kept = steps.to_vec();
    let mut size = (kept.len() / 2).max(1);
    loop {
        let before = kept.len();
        let mut from = 0;
        while from < kept.len() && tries > 0 {
            let mut without = kept.clone();
            without.drain(from..(from + size).min(kept.len()));
            tries -= 1;
            if fails(&without) {
                kept = without;
            } else {
                from += size;
            }
        }
        if tries == 0 || (size == 1 && kept.len() == before) {
            return kept;
        }
        size = (size / 2).max(1);
    }
}

/// A history as lines to read.
pub fn told(steps: &[Step]) -> String {
    let line = |(place, step): (usize, &Step)| match step {
        Step::Produce(letter) => format!(
            "{place:4} Produce {} at {} to {}/{}",
            letter.says, letter.at, letter.topic, letter.partition
        ),
        other => format!("{place:4} {other:?}"),
    };
    steps.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}
