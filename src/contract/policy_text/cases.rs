//! Made-up leads and where they should go: the table that `baton route test` runs. It never routes anybody.

use super::error::TextError;
use super::policy::pairs;
use super::routes::PRIORITIES;
use super::section::Section;
use super::source::Text;
use crate::domain::lead::{Motion, Origin};
use crate::domain::policy::{Grade, Priority, Segment};
use crate::domain::routing::name_key;
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::Moment;
use serde_json::{Map, Value};

/// A lead that nobody has, as routing sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MadeUp {
    /// C where it is left out.
    pub grade: Option<Grade>,
    /// P3 where it is left out.
    pub priority: Option<Priority>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub employees: Option<u32>,
    /// Before what `employees` say.
    pub segment: Option<Segment>,
    pub motion: Motion,
    pub product: Option<String>,
    /// Marketing where it is left out.
    pub origin: Option<Origin>,
    pub campaign: Option<String>,
    pub source: Option<String>,
    /// The company's domain, name and record in the CRM (`system:id`).
    pub domain: Option<String>,
    pub company: Option<String>,
    pub crm: Option<String>,
    pub wanted: Option<MemberId>,
    /// Who had it before in this cycle.
    pub had_it: Vec<MemberId>,
    pub opportunity_owner: Option<MemberId>,
    pub cycle_holder: Option<MemberId>,
    pub account_owner: Option<MemberId>,
    /// When it is routed.
    pub at: Option<Moment>,
}

/// Where a lead should go; at least one of them is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    pub pool: Option<PoolId>,
    pub rep: Option<MemberId>,
    pub rule: Option<String>,
    /// Nobody is free, or no route takes it: the steward's queue.
    pub steward: bool,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteCase {
    pub name: String,
    pub line: u32,
    pub lead: MadeUp,
    pub expected: Expected,
}

/// Reads a table of cases.
///
/// # Errors
/// Every fault of the text, by line.
pub fn cases(text: &str) -> Result<Vec<RouteCase>, Vec<TextError>> {
    let reader = Text::new(text);
    let table = reader.parse();
    let cases = {
        let root = Section::root(&reader, &table);
        let sections = root.sections("case");
        if sections.is_empty() {
            root.missing_tables("case");
        }
        sections.iter().map(case).collect()
    };
    let faults = reader.into_faults();
    if faults.is_empty() { Ok(cases) } else { Err(faults) }
}

/// Reads one lead from named values, such as a JSON object holds.
///
/// # Errors
/// Every fault: unknown names and words, values of the wrong kind.
pub fn made_up(fields: &Map<String, Value>) -> Result<MadeUp, Vec<TextError>> {
    // A JSON text, number or list of texts is written alike in TOML.
    let lines: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{} = {value}\n", Value::String(name.clone())))
        .collect();
    let text = lines.concat();
    let reader = Text::new(&text);
    let table = reader.parse();
    let lead = read(&Section::root(&reader, &table));
    let faults = reader.into_faults();
    if faults.is_empty() { Ok(lead) } else { Err(faults) }
}

fn case(section: &Section<'_, '_>) -> RouteCase {
    let id = |key: &str| section.optional_word(key).map(|word| word.value);
    let expected = Expected {
        pool: id("pool").map(PoolId),
        rep: id("rep").map(MemberId),
        rule: id("rule"),
        steward: section.flag("steward", false),
    };
    if expected == Expected::default() {
        let message = "a case says where the lead goes: `pool`, `rep`, `rule` or `steward`".to_owned();
        section.text.fault(section.span(), message, None);
    }
    RouteCase {
        name: section.word("name").value,
        line: section.text.line(&section.span()),
        lead: read(&section.section("lead")),
        expected,
    }
}

fn read(section: &Section<'_, '_>) -> MadeUp {
    let word = |key: &str| section.optional_word(key).map(|word| word.value);
    let lower = |key: &str| word(key).map(|text| text.trim().to_lowercase());
    let member = |key: &str| word(key).map(MemberId);
    let at = section.optional_word("at");
    let moment = at.as_ref().map(|at| Moment::parse(&at.value));
    if let (Some(at), Some(Err(_))) = (&at, &moment) {
        let message = "`at` must be a time such as \"2026-01-07T10:00:00Z\"".to_owned();
        section.text.fault(at.span.clone(), message, None);
    }
    MadeUp {
        grade: chosen(section, "grade", &pairs(Grade::ALL, Grade::code)),
        priority: chosen(section, "priority", &PRIORITIES),
        country: word("country").map(|text| text.to_uppercase()),
        region: lower("region"),
        employees: section.optional_count("employees"),
        segment: chosen(section, "segment", &pairs(Segment::ALL, Segment::code)),
        motion: chosen(section, "motion", &pairs(Motion::ALL, Motion::code)).unwrap_or_default(),
        product: lower("product"),
        origin: chosen(section, "origin", &pairs(Origin::ALL, Origin::code)),
        campaign: word("campaign"),
        source: lower("source"),
        domain: lower("domain"),
        company: word("company").and_then(|name| name_key(&name)),
        crm: word("crm"),
        wanted: member("wanted"),
        had_it: section.words("had_it").into_iter().map(|word| MemberId(word.value)).collect(),
        opportunity_owner: member("opportunity_owner"),
        cycle_holder: member("cycle_holder"),
        account_owner: member("account_owner"),
        at: moment.and_then(Result::ok),
    }
}

fn chosen<T: Copy>(section: &Section<'_, '_>, key: &str, good: &[(&'static str, T)]) -> Option<T> {
    section.optional_word(key).and_then(|word| section.chosen(&word, good))
}
