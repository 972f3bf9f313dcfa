//! The commands that random histories are made of, and the cells of the table that they reach. Both come from the data
//! file of the lifecycle: a row that gets its cases there is drawn here without another line.

use crate::lifecycle::lines;
use crate::simulation::prng::Prng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const TABLE: &str = include_str!("../lifecycle/table.txt");
/// The columns that a lead can stand in before a command.
pub const COLUMNS: [&str; 12] = ["U", "C", "Q", "O", "A", "S", "P", "W", "L", "R", "D", "X"];

/// Lines beside a row's own cases: row, who, command. Variety that the cells do not name.
const MORE: &[(&str, &str, &str)] = &[
    ("signal (weak)", "fact feed", "signal intent customer"),
    ("signal (weak)", "fact feed", "signal session.pricing ago=900h"),
    ("signal (weak)", "fact feed", "signal webinar.attended person=small"),
    ("hand-raise", "fact feed", "signal form.pricing person=student"),
    ("hand-raise", "fact feed", "signal form.demo person=plain origin=partner"),
    ("hand-raise", "fact feed", "signal form.demo id=7"),
    ("contact attempt", "fact dev", "attempt meeting booked meeting=3d"),
    ("contact attempt", "fact dev", "attempt meeting held"),
    ("contact attempt", "fact dev", "attempt phone voicemail ago=30h"),
    ("qualify(facts)", "fact dev", "qualify ago=50h"),
    ("reassign (person, CRM owner)", "ask maya", "reassign kira"),
    ("offer (router)", "fact router", "offer emma"),
    ("offer (router)", "fact router", "offer hugo"),
    ("offer (router)", "fact router", "pass_pool small"),
    ("offer (router)", "fact router", "pass_pool low-touch"),
    ("opportunity opened", "fact feed", "deal opened d3 renewal"),
    ("opportunity won (unknown: opened* first)", "fact feed", "deal won d3 expansion"),
    ("CRM record created by a person", "fact feed", "record person owner=emma"),
];

/// One row of the table: its name, and (who, command) of its cases.
pub struct Row {
    pub name: &'static str,
    commands: Vec<(&'static str, &'static str)>,
}

impl Row {
    pub fn command(&self, prng: &mut Prng) -> (&'static str, &'static str) {
        *prng.pick(&self.commands)
    }
}

/// Rows that are not marked `later`.
pub static ROWS: LazyLock<Vec<Row>> = LazyLock::new(rows);

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut is_later = false;
    for (number, line) in lines(TABLE) {
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        match parts[0] {
            "later" => is_later = true,
            "row" => {
                is_later = false;
                let more = MORE.iter().filter(|more| more.0 == parts[1]).map(|more| (more.1, more.2));
                rows.push(Row { name: parts[1], commands: more.collect() });
            }
            _case if is_later => {}
            _case => {
                let [_, who, command, _] = parts[..] else { panic!("table.txt:{number}: {line}") };
                rows.last_mut().unwrap().commands.push((who, command));
            }
        }
    }
    for (row, _, _) in MORE {
        assert!(rows.iter().any(|it| it.name == *row), "no such row: {row}");
    }
    for row in &mut rows {
        row.commands.sort_unstable();
        row.commands.dedup();
    }
    rows
}

/// What came of the commands of a row in a stage, and how often.
#[derive(Default)]
pub struct Reached(BTreeMap<(&'static str, &'static str), BTreeMap<String, u64>>);

impl Reached {
    pub fn note(&mut self, column: &'static str, row: &'static str, became: &str) {
        *self.0.entry((row, column)).or_default().entry(became.to_owned()).or_insert(0) += 1;
    }

    /// The cells and what came of them, a line for each row and column; then the share that was reached, in percent.
    pub fn told(&self) -> (String, usize) {
        let mut text = Vec::new();
        let mut cells = 0;
        let mut reached = BTreeSet::new();
        for row in ROWS.iter() {
            for column in COLUMNS {
                cells += 1;
                let Some(became) = self.0.get(&(row.name, column)) else {
                    text.push(format!("{} x {column}: not reached", row.name));
                    continue;
                };
                reached.insert((row.name, column));
                let became: Vec<String> =
                    became.iter().map(|(became, times)| format!("{became}:{times}")).collect();
                text.push(format!("{} x {column}: {}", row.name, became.join(" ")));
            }
        }
        let percent = reached.len() * 100 / cells;
        text.push(format!("{} of {cells} cells reached ({percent} %)", reached.len()));
        (text.join("\n"), percent)
    }
}
