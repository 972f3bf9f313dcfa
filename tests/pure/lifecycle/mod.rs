//! The table of LIFECYCLE as a data file, and a case for every branch of its cells. `decide` never reads the file.

use crate::expect::{Decided, faults};
use crate::story::Story;
use crate::words;
use baton::domain::custody::Rung;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const TABLE: &str = include_str!("table.txt");
const STAGES: &str = include_str!("stages.txt");
/// The columns, in the order of the specification.
const COLUMNS: [&str; 12] = ["U", "C", "Q", "O", "A", "S", "P", "W", "L", "R", "D", "X"];
/// Rungs that a wait may pass: more than any ladder has before its daily rung.
const RUNGS_MAX: usize = 40;

/// One row of the table, with its cases.
struct Row {
    name: String,
    cells: Vec<String>,
    cases: Vec<Case>,
}

struct Case {
    line: usize,
    stage: String,
    who: String,
    command: String,
    expected: String,
}

static STORIES: LazyLock<BTreeMap<String, Story>> = LazyLock::new(stories);

/// Every stage of the files, built by real events.
pub fn stories() -> BTreeMap<String, Story> {
    let mut built: BTreeMap<String, Story> = BTreeMap::new();
    let mut name = String::new();
    for (number, line) in lines(STAGES) {
        if let Some(rest) = line.strip_prefix("stage ") {
            let (stage, from) =
                rest.split_once(" from ").map_or((rest, None), |(stage, from)| (stage, Some(from)));
            let story = from.map_or_else(Story::new, |from| {
                built
                    .get(from)
                    .unwrap_or_else(|| panic!("stages.txt:{number}: {from} stands further down"))
                    .clone()
            });
            name = stage.to_owned();
            built.insert(name.clone(), story);
            continue;
        }
        let story = built.get_mut(&name).unwrap();
        step(story, line).unwrap_or_else(|refusal| panic!("stages.txt:{number}: {line}: {refusal}"));
    }
    for (name, story) in &built {
        let letter = words::letter(story.stage());
        assert!(name.starts_with(letter), "{name} is built as {letter}");
    }
    built
}

/// The lead that stands at a stage of the files.
pub fn lead_of(stage: &str) -> baton::domain::lead::Lead {
    STORIES.get(stage).unwrap_or_else(|| panic!("no stage {stage}")).lead.clone()
}

/// The lines of a file that say something, with their numbers from 1.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// One step of a story: a command, a wait, the rungs up to one, the service going live, or something said of the team.
pub fn step(story: &mut Story, line: &str) -> Decided {
    if let Some(time) = line.strip_prefix("wait ") {
        story.now = story.now.plus(words::span(time));
        return Ok(Vec::new());
    }
    if line == "goes live" {
        story.live_from = story.now;
        return Ok(Vec::new());
    }
    if let Some(time) = line.strip_prefix("at ") {
        story.now = baton::domain::time::Moment::parse(time).unwrap();
        return Ok(Vec::new());
    }
    if let Some(said) = line.strip_prefix("team ").or_else(|| line.strip_prefix("shift ")) {
        crate::speaking::speak_of_team(story, line.starts_with("shift "), said);
        return Ok(Vec::new());
    }
    if let Some(rung) = line.strip_prefix("until ") {
        until(story, rung);
        return Ok(Vec::new());
    }
    let (who, command) = line.split_once(" | ").unwrap_or_else(|| panic!("who | command: {line}"));
    story.tick();
    act(story, who, command)
}

fn act(story: &mut Story, who: &str, command: &str) -> Decided {
    if let Some(clock) = command.strip_prefix("due ")
        && !command.ends_with("early")
        && let Some(due) = story.due(words::clock(clock.split_whitespace().next().unwrap()))
    {
        story.now = story.now.max(due.rung_at);
    }
    let (nature, actor) = words::who(who);
    let (at, command) = words::command(story, command);
    story.act(&actor, nature, at, &command)
}

/// Lets rungs pass in their order until the named one is the next of its clock, and its time has come.
fn until(story: &mut Story, word: &str) {
    let (clock, rung) = word.split_once(':').unwrap();
    let kind = words::clock(clock);
    let rung = match rung {
        "Due" => Rung::Due,
        "TakeBack" => Rung::TakeBack,
        "Escalate" => Rung::Escalate,
        "Daily" => Rung::Daily,
        other => panic!("no such rung: {other}"),
    };
    for _ in 0..RUNGS_MAX {
        let custody = story.lead.stage.custody().unwrap();
        let clock = custody.clock(kind).unwrap_or_else(|| panic!("{kind:?} does not run"));
        if clock.rung == rung && clock.rung_at == custody.next_due_at() {
            story.now = story.now.max(clock.rung_at);
            return;
        }
        story.pass_next().unwrap();
    }
    panic!("{word} never comes");
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (number, line) in lines(TABLE) {
        let parts: Vec<String> = line.split(" | ").map(|part| part.trim().to_owned()).collect();
        if parts[0] == "row" {
            let (name, cells) = (parts[1].clone(), parts[2..].to_vec());
            rows.push(Row { name, cells, cases: Vec::new() });
            continue;
        }
        let [stage, who, command, expected] =
            parts.try_into().unwrap_or_else(|_| panic!("table.txt:{number}: {line}"));
        rows.last_mut().unwrap().cases.push(Case { line: number, stage, who, command, expected });
    }
    rows
}

#[test]
fn every_case_of_the_table_is_decided_as_it_says() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for row in rows() {
        for case in &row.cases {
            cases += 1;
            let before = STORIES.get(&case.stage).unwrap_or_else(|| panic!("no stage {}", case.stage));
            let mut after = before.clone();
            after.tick();
            let decided = act(&mut after, &case.who, &case.command);
            let faults = faults(&case.expected, before, &after, &decided);
            if !faults.is_empty() {
                wrong.push(format!(
                    "table.txt:{} ({}) {} | {} | {}\n    {}",
                    case.line,
                    row.name,
                    case.stage,
                    case.who,
                    case.command,
                    faults.join("\n    ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_architecture_page_shows_the_table_as_it_is() {
    const PAGE: &str = include_str!("../../../ARCHITECTURE.md");
    for row in rows() {
        let line = format!("| {} | {} |", row.name, row.cells.join(" | "));
        assert!(
            PAGE.lines().any(|shown| shown == line),
            "ARCHITECTURE.md lacks or changes this row:\n{line}"
        );
    }
}

#[test]
fn every_cell_of_every_row_has_a_case() {
    for row in rows() {
        assert_eq!(row.cells.len(), COLUMNS.len(), "{}: a cell for each stage", row.name);
        for (column, cell) in COLUMNS.iter().zip(&row.cells) {
            let cases: Vec<&Case> = row
                .cases
                .iter()
                .filter(|case| case.stage == *column || case.stage.starts_with(&format!("{column}.")))
                .collect();
            assert!(!cases.is_empty(), "{}: no case for {column}", row.name);
            let natures: BTreeSet<&str> =
                cases.iter().filter_map(|case| case.who.split(' ').next()).collect();
            // In U a fact either parks or makes the lead before it is decided on.
            let both = cell.contains("F:") && *column != "U";
            assert!(
                !both || natures.len() == 2,
                "{}, {column}: `{cell}` differs for an ask and a fact",
                row.name
            );
        }
    }
}

#[test]
fn every_stage_that_a_case_starts_from_replays_from_its_events() {
    for (name, story) in STORIES.iter() {
        assert_eq!(story.replayed(), story.lead, "{name}");
    }
}

#[test]
fn turning_any_cell_turns_its_case_red() {
    let mut turned = 0;
    for row in rows() {
        for case in &row.cases {
            let before = &STORIES[&case.stage];
            let mut after = before.clone();
            after.tick();
            let decided = act(&mut after, &case.who, &case.command);
            let (first, rest) = case.expected.split_once(' ').unwrap_or((&case.expected, ""));
            for other in COLUMNS.iter().chain(&["=", "#closed"]).filter(|other| **other != first) {
                let text = format!("{other} {rest}");
                assert!(
                    !faults(&text, before, &after, &decided).is_empty(),
                    "table.txt:{} holds as {other}",
                    case.line
                );
                turned += 1;
            }
        }
    }
    assert!(turned > 2_000, "the table has lost its cases: {turned}");
}

/// Every event that stages and cases decide.
pub fn every_event() -> Vec<baton::domain::event::Event> {
    let mut events = Vec::new();
    for story in STORIES.values() {
        events.extend(story.trail.iter().map(|(_, event)| event.clone()));
        let mut forgotten = story.clone();
        for _ in 0..8 {
            if forgotten.pass_next().is_none() {
                break;
            }
        }
        events.extend(forgotten.trail.iter().map(|(_, event)| event.clone()));
    }
    for case in rows().iter().flat_map(|row| &row.cases) {
        let mut after = STORIES[&case.stage].clone();
        after.tick();
        events.extend(act(&mut after, &case.who, &case.command).unwrap_or_default());
    }
    events
}
