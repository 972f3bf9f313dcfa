//! Ten thousand histories of any commands by anybody at any time: every open lead keeps a holder and a clock, versions
//! are gapless, the trail gives the lead, a refusal changes nothing, and signals tell the same in any order.

use super::cells::{COLUMNS, ROWS, Reached};
use crate::lifecycle;
use crate::simulation::history::shortened;
use crate::simulation::prng::Prng;
use crate::story::{POLICY, Story};
use crate::words;
use baton::domain::command::{Actor, Command, Nature};
use baton::domain::decide::Refusal;
use baton::domain::event::Event;
use baton::domain::policy::RejectionCode;
use baton::domain::scoring::Standing;
use baton::domain::signal::{Signal, SignalKind};
use baton::domain::time::{MINUTE, Moment};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

/// Histories of a run.
const HISTORIES: u64 = 10_000;
/// Commands of the longest.
const COMMANDS_MAX: usize = 20;
/// Of a hundred cells so many are reached at least.
const PERCENT_MIN: usize = 90;
const PEOPLE: &[&str] = &["dev", "emma", "ana", "hugo", "kira", "maya", "noah", "paul", "rosa", "stranger"];
/// Minutes that go by before a command.
const WAITS: [i64; 8] = [0, 1, 3, 10, 90, 700, 5_000, 60_000];

/// Leads that stand somewhere already, by events of their own: a history begins with one of them, or with nobody.
static STORIES: LazyLock<Vec<Story>> = LazyLock::new(|| lifecycle::stories().into_values().collect());

#[derive(Clone, Debug)]
enum Step {
    Said {
        row: &'static str,
        who: Who,
        command: &'static str,
        wait: i64,
    },
    /// The earliest clock comes due.
    Forgotten,
}

#[derive(Clone, Debug)]
enum Who {
    /// `fact feed`, as table.txt has it.
    Named(&'static str),
    Somebody(Nature, &'static str),
    Holder(Nature),
}

struct History {
    /// Which of the built leads it begins with; none: somebody unseen.
    from: Option<usize>,
    steps: Vec<Step>,
}

fn of_seed(seed: u64) -> History {
    let mut prng = Prng::new(seed);
    let from = (!prng.one_in(3)).then(|| prng.below(STORIES.len()));
    let count = 1 + prng.below(COMMANDS_MAX);
    let steps = (0..count)
        .map(|_| {
            if prng.one_in(6) {
                return Step::Forgotten;
            }
            let row = prng.pick(&ROWS);
            let (named, command) = row.command(&mut prng);
            let nature = if named.starts_with("ask") { Nature::Ask } else { Nature::Fact };
            let by_a_person = !["fact feed", "fact router", "fact sweeper"].contains(&named);
            let who = match prng.below(4) {
                0 if by_a_person => {
                    let nature = if prng.one_in(2) { Nature::Ask } else { nature };
                    Who::Somebody(nature, PEOPLE[prng.below(PEOPLE.len())])
                }
                1 if by_a_person => Who::Holder(nature),
                _as_it_says => Who::Named(named),
            };
            Step::Said { row: row.name, who, command, wait: *prng.pick(&WAITS) }
        })
        .collect();
    History { from, steps }
}

/// What a run has seen.
#[derive(Default)]
struct Seen {
    cells: Reached,
    codes: BTreeSet<&'static str>,
    commands: u64,
}

fn live(from: Option<usize>, steps: &[Step], seen: &mut Seen) {
    let mut story = from.map_or_else(Story::new, |from| STORIES[from].clone());
    let mut signals: Vec<(Moment, Command)> = Vec::new();
    for step in steps {
        seen.commands += 1;
        match step {
            Step::Forgotten => {
                let column = words::letter(story.stage());
                if story.pass_next().is_some() {
                    seen.cells.note(column, "deadline passed (fenced)", words::letter(story.stage()));
                }
            }
            Step::Said { row, who, command, wait } => {
                story.now = story.now.plus(wait * MINUTE);
                said(&mut story, row, who, command, &mut signals, seen);
            }
        }
    }
    assert_eq!(story.replayed(), story.lead, "the trail gives another lead");
    one_handoff_a_cycle(&story);
    seen.codes.extend(story.trail.iter().filter_map(|(_, event)| rejected(event)));
    in_any_order(&signals);
}

fn said(
    story: &mut Story,
    row: &'static str,
    who: &Who,
    line: &str,
    signals: &mut Vec<(Moment, Command)>,
    seen: &mut Seen,
) {
    if let Some(clock) = line.strip_prefix("due ")
        && let Some(due) = story.due(words::clock(clock.split_whitespace().next().unwrap()))
        && !line.ends_with("early")
    {
        story.now = story.now.max(due.rung_at);
    }
    let (nature, actor) = acting(story, who);
    let (at, command) = words::command(story, line);
    let before = story.lead.clone();
    let column = words::letter(story.stage());
    let became = match story.act(&actor, nature, at, &command) {
        Ok(_) => {
            if let Command::RecordSignal { .. } = command {
                told_again(story, &actor, nature, at, &command);
                signals.push((at, command.clone()));
            }
            words::letter(story.stage()).to_owned()
        }
        Err(Refusal::Impossible(impossible)) => panic!("{command:?}: {impossible}"),
        Err(refusal) => {
            assert_eq!(story.lead, before, "a refusal changed the lead: {refusal:?}");
            refused(&refusal)
        }
    };
    if COLUMNS.contains(&column) {
        seen.cells.note(column, row, &became);
    }
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NothingChanges => "=".to_owned(),
        Refusal::Stale => "stale".to_owned(),
        Refusal::Filtered(reason) => format!("filt:{reason}"),
        other => format!("#{}", other.code()),
    }
}

fn acting(story: &Story, who: &Who) -> (Nature, Actor) {
    match who {
        Who::Named(text) => words::who(text),
        Who::Somebody(nature, name) => (*nature, words::actor(name)),
        Who::Holder(nature) => {
            let holder = story.lead.holder().map(|holder| Actor::Member(holder.member().clone()));
            (*nature, holder.unwrap_or(Actor::Stranger))
        }
    }
}

/// The same signal again changes nothing, whatever time a retry gives it: the lead's own set is the second wall against
/// a producer that retries.
fn told_again(story: &Story, actor: &Actor, nature: Nature, at: Moment, command: &Command) {
    let Command::RecordSignal { signal, report } = command else { return };
    if !story.lead.signals.holds(signal.id) {
        return;
    }
    for later in [0, 3 * MINUTE] {
        let signal = Signal { at: signal.at.plus(later), ..*signal };
        let command = Command::RecordSignal { signal, report: report.clone() };
        let decided = story.clone().act(actor, nature, at.plus(later), &command);
        assert_eq!(decided, Err(Refusal::NothingChanges), "a signal counts twice: {command:?}");
    }
}

/// A cycle is handed off once, whatever happens in it.
fn one_handoff_a_cycle(story: &Story) {
    let mut handed_off = BTreeSet::new();
    let mut cycle = 1;
    for (_, event) in &story.trail {
        if let Event::CycleStarted { number, .. } = event {
            cycle = *number;
        }
        if let Event::LeadAbsorbed { united, .. } = event {
            cycle = united.cycle.number;
        }
        if let Event::LeadMarketingQualified { .. } = event {
            assert!(handed_off.insert(cycle), "cycle {cycle} was handed off twice");
        }
    }
}

fn rejected(event: &Event) -> Option<&'static str> {
    if let Event::LeadRejected { code, .. } = event { Some(code.code()) } else { None }
}

/// The signals of a history, told to somebody known forwards, backwards and twice: the same window, profile and score.
fn in_any_order(signals: &[(Moment, Command)]) {
    // A bounce of somebody who is not there yet is filtered, by the table: it makes no lead.
    let bounce = |command: &Command| matches!(command, Command::RecordSignal { signal, .. } if signal.kind == SignalKind::HardBounce);
    let signals: Vec<&(Moment, Command)> = signals.iter().filter(|(_, command)| !bounce(command)).collect();
    let told = |order: &mut dyn Iterator<Item = &&(Moment, Command)>| {
        let mut story = Story::new();
        // Somebody known: what a mail system says of a stranger is filtered, and so does hang on the order.
        let (at, known) = words::command(&mut story, "profile person=plain");
        story.act(&Actor::Feed, Nature::Fact, at, &known).unwrap();
        for (at, command) in order {
            let _decided = story.act(&Actor::Feed, Nature::Fact, *at, command);
        }
        story.lead
    };
    let first = told(&mut signals.iter());
    let second = told(&mut signals.iter().rev().chain(signals.iter().step_by(2)));
    // What machines did is counted, not kept, so only the set of what people did is the same.
    assert_eq!(first.signals.signals(), second.signals.signals(), "the window hangs on the order");
    assert_eq!(first.first_seen_at, second.first_seen_at);
    assert_eq!(first.guards, second.guards, "what bars the lead hangs on the order");
    assert_eq!(first.profile, second.profile, "the profile hangs on the order");
    let score = |lead: &baton::domain::lead::Lead| {
        POLICY.score(&Standing {
            profile: &lead.profile,
            signals: &lead.signals,
            cycle_started_at: Moment::EVER,
            as_of: crate::story::start(),
            guards: lead.guards,
            customer: lead.customer,
            other_open_handoff: false,
        })
    };
    assert_eq!(score(&first), score(&second), "the score hangs on the order");
}

/// What a history fails with, if it does.
fn fault(from: Option<usize>, steps: &[Step], seen: &mut Seen) -> Option<String> {
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| live(from, steps, seen))).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned())).unwrap_or_default())
}

#[test]
fn ten_thousand_histories_keep_every_promise_and_reach_the_table() {
    let mut seen = Seen::default();
    for seed in 0..HISTORIES {
        let History { from, steps } = of_seed(seed);
        let Some(first) = fault(from, &steps, &mut seen) else { continue };
        let short = shortened(&steps, 300, |fewer| fault(from, fewer, &mut Seen::default()).is_some());
        let stage = from.map(|from| (STORIES[from].stage(), &STORIES[from].lead.cycle));
        panic!("seed {seed} fails: {first}\nbegins with {stage:?}\n{short:#?}");
    }
    let (cells, percent) = seen.cells.told();
    // The harness keeps what a green test prints to itself; what was reached is to be seen in every run.
    let codes = seen.codes.iter().copied().collect::<Vec<_>>().join(" ");
    let told = format!("{HISTORIES} histories, {} commands\n{cells}\nreason codes: {codes}\n", seen.commands);
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    assert!(percent >= PERCENT_MIN, "the histories reach {percent} % of the cells");
    let missing: Vec<&str> =
        RejectionCode::ALL.iter().map(|code| code.code()).filter(|code| !seen.codes.contains(code)).collect();
    assert!(missing.is_empty(), "no history rejects with {missing:?}");
}
