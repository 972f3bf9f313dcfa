//! A policy's text as its authors should see it before they sign: every fault, and of a good text what is probably not meant.
//! It refuses nothing that the reader accepts, and publishes nothing.

mod definitions;
mod engagement;
mod titles;

use super::error::TextError;
use super::lint::unreached;
use super::source::Text;
use crate::domain::policy::Policy;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A text that can be read, and what in it is probably not meant.
#[derive(Clone, Debug)]
pub struct PolicyCheck {
    pub policy: Policy,
    /// By line: rules that can never fire, thresholds that no sum can reach, groups that overlap or hold nothing down.
    pub warnings: Vec<TextError>,
}

/// Checks a policy's text. `carried`: the facts of an SQL that records can bring, by their words.
///
/// # Errors
/// Every fault of the text, by line; warnings are told of a text without faults only, since they need all of it.
pub fn check_policy(text: &str, carried: &BTreeSet<&str>) -> Result<PolicyCheck, Vec<TextError>> {
    let policy = super::policy(text)?;
    let warnings = Warnings::new(text);
    engagement::check(&policy.terms().engagement, &warnings);
    definitions::check(&policy, carried, &warnings);
    titles::check(&policy.terms().title, &warnings);
    for finding in unreached(&policy) {
        let place = policy.routes().iter().position(|route| route.line == finding.line).unwrap_or(0);
        warnings.warn(&format!("route.{place}"), finding.message);
    }
    Ok(PolicyCheck { warnings: warnings.text.into_faults(), policy })
}

/// Warnings, each at its place in the text.
struct Warnings<'t> {
    text: Text<'t>,
    table: Spanned<DeTable<'t>>,
}

impl<'t> Warnings<'t> {
    fn new(text: &'t str) -> Self {
        let text = Text::new(text);
        Self { table: text.parse(), text }
    }

    /// Warns of what stands at a path: `engagement.rule.3.points`, tables of a list by their number from 0. Where a key is
    /// left out, of the table in which it is missing.
    fn warn(&self, path: &str, message: String) {
        self.text.fault(self.span(path), message, None);
    }

    fn span(&self, path: &str) -> Range<usize> {
        let mut steps = path.split('.');
        let first = steps.next().and_then(|key| self.table.get_ref().get(key));
        let mut at = first;
        let mut span = first.map_or(0..0, Spanned::span);
        for step in steps {
            at = at.and_then(|value| match value.get_ref() {
                DeValue::Table(table) => table.get(step),
                DeValue::Array(list) => step.parse::<usize>().ok().and_then(|place| list.get(place)),
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_) => None,
            });
            match at {
                Some(value) => span = value.span(),
                None => break,
            }
        }
        span
    }
}
