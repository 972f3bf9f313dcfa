//! What changed, gathered part by part, and how it reads. It never compares more than two values.

use std::collections::BTreeSet;
use std::fmt;

/// Characters of one value in words: a few lines of a terminal.
const VALUE_CHARS_MAX: usize = 300;

/// Which part of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    #[default]
    Name,
    Mql,
    Sql,
    Engagement,
    Fit,
    Titles,
    Segments,
    Times,
    Rejections,
    Routes,
    Targets,
}

impl Part {
    /// The word of JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Mql => "mql",
            Self::Sql => "sql",
            Self::Engagement => "engagement",
            Self::Fit => "fit",
            Self::Titles => "titles",
            Self::Segments => "segments",
            Self::Times => "times",
            Self::Rejections => "rejections",
            Self::Routes => "routes",
            Self::Targets => "targets",
        }
    }
}

/// How something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    Changed { before: String, after: String, unit: &'static str },
    Added { says: String },
    Removed { said: String },
    Renamed { before: String, after: String },
    Members { added: Vec<String>, removed: Vec<String> },
    Reordered,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub part: Part,
    /// What changed, in words: `MQL threshold, grades A and B`.
    pub what: String,
    pub how: How,
}

impl fmt::Display for Change {
    /// `MQL threshold, grades A and B: 60 -> 50 points`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.what)?;
        match &self.how {
            How::Changed { before, after, unit } => {
                write!(formatter, "{} -> {}{unit}", shown(before), shown(after))
            }
            How::Added { says } if says.is_empty() => write!(formatter, "added"),
            How::Added { says } => write!(formatter, "added ({})", shown(says)),
            How::Removed { said } if said.is_empty() => write!(formatter, "removed"),
            How::Removed { said } => write!(formatter, "removed ({})", shown(said)),
            How::Renamed { before, after } => write!(formatter, "renamed {before} -> {after}"),
            How::Members { added, removed } => {
                let words = |what: &str, members: &[String]| {
                    (!members.is_empty()).then(|| format!("{what} {}", shown(&members.join(", "))))
                };
                let parts = [words("added", added), words("removed", removed)];
                write!(formatter, "{}", parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
            }
            How::Reordered => write!(formatter, "stand in another order"),
        }
    }
}

/// A value, or that there is none.
fn shown(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None if value.is_empty() => "none".to_owned(),
        None => value.to_owned(),
    }
}

/// A list of named values of one thing, the same names in the same order for both sides.
pub(super) type Row = (&'static str, String, &'static str);

/// The differences found so far, each in the part that is being compared.
#[derive(Default)]
pub(super) struct Notes {
    part: Part,
    changes: Vec<Change>,
}

impl Notes {
    pub(super) fn part(&mut self, part: Part) {
        self.part = part;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    pub(super) fn note(&mut self, what: impl Into<String>, how: How) {
        self.changes.push(Change { part: self.part, what: what.into(), how });
    }

    /// One value.
    pub(super) fn value<T: PartialEq + ToString + ?Sized>(
        &mut self,
        what: impl Into<String>,
        before: &T,
        after: &T,
        unit: &'static str,
    ) {
        if before != after {
            let (before, after) = (before.to_string(), after.to_string());
            self.note(what, How::Changed { before, after, unit });
        }
    }

    /// The values of one thing; `name` stands before each where it is not empty.
    pub(super) fn rows(&mut self, name: &str, before: Vec<Row>, after: Vec<Row>) {
        for ((words, before, unit), (_, after, _)) in before.into_iter().zip(after) {
            let what = match (name.is_empty(), words.is_empty()) {
                (true, _) => words.to_owned(),
                (false, true) => name.to_owned(),
                (false, false) => format!("{name}, {words}"),
            };
            self.value(what, &before, &after, unit);
        }
    }

    /// A list in which only the members count; where only their order differs, that.
    pub(super) fn members(&mut self, what: &str, before: &[String], after: &[String]) {
        let lacking = |list: &[String], other: &[String]| -> Vec<String> {
            let other: BTreeSet<&String> = other.iter().collect();
            list.iter().filter(|word| !other.contains(word)).cloned().collect()
        };
        let (added, removed) = (lacking(after, before), lacking(before, after));
        if !added.is_empty() || !removed.is_empty() {
            self.note(what, How::Members { added, removed });
        } else if before != after {
            self.note(what, How::Reordered);
        }
    }

    /// What both have stands in another order.
    pub(super) fn order(&mut self, what: &str) {
        self.note(what, How::Reordered);
    }
}

/// `yes` or `no`.
pub(super) fn yes(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}
