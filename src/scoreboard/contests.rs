//! Contests of a week: raised by marketing against a rejection of sales, and how they ended, with the leads behind every
//! count. Pure; it never judges a reason.

use super::figure::{Group, UNKNOWN};
use super::week::Span;
use crate::domain::time::Moment;
use crate::store::read::handshake::ContestRead;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A step or end of a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contested {
    Raised,
    Upheld,
    Overturned,
    Lapsed,
    /// Of those that ended: the lead had moved on, so that the verdict changed figures alone.
    Moot,
}

impl Contested {
    /// Each, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Raised, Self::Upheld, Self::Overturned, Self::Lapsed, Self::Moot];

    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Upheld => "upheld",
            Self::Overturned => "overturned",
            Self::Lapsed => "lapsed",
            Self::Moot => "moot",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }

    /// What is counted, in the words that every tile shows.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Raised => "rejections that marketing contested in the week",
            Self::Upheld => "contests that the arbiter decided for the rejecter in the week",
            Self::Overturned => {
                "contests that the arbiter decided for marketing in the week; the rejection counts no more"
            }
            Self::Lapsed => "contests whose verdict did not come in time, in the week: the rejection stands",
            Self::Moot => {
                "of the contests that ended in the week, those whose lead had moved on: figures only"
            }
        }
    }
}

/// The leads of a week's contests; a lead stands there once for each handoff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContestCounts {
    pub raised: Vec<Uuid>,
    pub upheld: Vec<Uuid>,
    pub overturned: Vec<Uuid>,
    pub lapsed: Vec<Uuid>,
    pub moot: Vec<Uuid>,
}

impl ContestCounts {
    /// The leads of a step or end.
    #[must_use]
    pub fn of(&self, step: Contested) -> &[Uuid] {
        match step {
            Contested::Raised => &self.raised,
            Contested::Upheld => &self.upheld,
            Contested::Overturned => &self.overturned,
            Contested::Lapsed => &self.lapsed,
            Contested::Moot => &self.moot,
        }
    }

    fn add(&mut self, read: &ContestRead) {
        let ended = match read.kind.as_str() {
            "contested" => {
                self.raised.push(read.lead_id);
                return;
            }
            "upheld" => &mut self.upheld,
            "overturned" => &mut self.overturned,
            "lapsed" => &mut self.lapsed,
            // The statement reads no other kind.
            _ => return,
        };
        ended.push(read.lead_id);
        if read.moot {
            self.moot.push(read.lead_id);
        }
    }
}

/// The week's contests: sales' side by the pool that rejected, marketing's by the campaign's source, and both by person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contests {
    pub all: ContestCounts,
    /// The rejecter's side.
    pub by_pool: BTreeMap<String, ContestCounts>,
    /// Marketing's side: the campaign's source.
    pub by_source: BTreeMap<String, ContestCounts>,
    /// Who rejected, and who contested.
    pub by_person: BTreeMap<String, ContestCounts>,
}

impl Contests {
    /// The counts of a group; `None` where the week has none.
    #[must_use]
    pub fn of(&self, group: Group<'_>) -> Option<&ContestCounts> {
        match group {
            Group::All => Some(&self.all),
            Group::Pool(pool) => self.by_pool.get(pool),
            Group::Source(source) => self.by_source.get(source),
            Group::Person(person) => self.by_person.get(person),
        }
    }
}

/// The contests that were raised or ended in the span.
#[must_use]
pub fn contests(reads: &[ContestRead], span: Span) -> Contests {
    let mut found = Contests::default();
    for read in reads.iter().filter(|read| span.holds(Moment(read.at))) {
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        found.all.add(read);
        found.by_pool.entry(word(&read.pool)).or_default().add(read);
        found.by_source.entry(word(&read.source)).or_default().add(read);
        let people: BTreeSet<&String> = [&read.rejecter, &read.contester].into_iter().flatten().collect();
        for person in people {
            found.by_person.entry(person.clone()).or_default().add(read);
        }
    }
    found
}
