//! A duty, who owes it, and how often it was met, with the leads behind both. Pure; it counts nothing by itself.

use std::collections::BTreeMap;
use uuid::Uuid;

/// What has neither pool nor source stands under this word.
pub const UNKNOWN: &str = "unknown";

/// Who owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Sales,
    Marketing,
}

impl Side {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Sales, Self::Marketing];

    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Marketing => "marketing",
        }
    }
}

/// What one side owes the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    Accept,
    Contact,
    Disposition,
    Reasoned,
    Reason,
    Acceptance,
    Completeness,
    DataFix,
    Patterns,
}

impl Duty {
    /// Every duty, sales' before marketing's.
    pub const ALL: [Self; 9] = [
        Self::Accept,
        Self::Contact,
        Self::Disposition,
        Self::Reasoned,
        Self::Reason,
        Self::Acceptance,
        Self::Completeness,
        Self::DataFix,
        Self::Patterns,
    ];

    /// The figure's name on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Accept => "accept_on_time",
            Self::Contact => "contact_on_time",
            Self::Disposition => "disposition_on_time",
            Self::Reasoned => "disposition_with_reason",
            Self::Reason => "reason_given",
            Self::Acceptance => "acceptance",
            Self::Completeness => "completeness",
            Self::DataFix => "data_fixed_on_time",
            Self::Patterns => "patterns_answered_on_time",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.code() == code)
    }

    /// Who owes it.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::Accept | Self::Contact | Self::Disposition | Self::Reasoned | Self::Reason => Side::Sales,
            Self::Acceptance | Self::Completeness | Self::DataFix | Self::Patterns => Side::Marketing,
        }
    }

    /// What is counted, in the words that every tile shows.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Accept => "offers accepted / (accepted + accept_by missed and not voided), in the week",
            Self::Contact => {
                "first human attempt by contact_by / contact_by due in the week; no attempt is a breach"
            }
            Self::Disposition => {
                "decided by disposition_by / disposition_by due in the week; an extended one counts at its new date"
            }
            Self::Reasoned => {
                "decided by disposition_by, a rejection with a known reason and what it demands / disposition_by due in the week"
            }
            Self::Reason => "rejections with a known reason and what it demands / rejections, in the week",
            Self::Acceptance => {
                "accepted / (accepted + rejected with a counting reason before SQL, not overturned), decided in the week"
            }
            Self::Completeness => "MQLs of the week that had all required fields / MQLs of the week",
            Self::DataFix => {
                "returned leads whose data was mended in time / (mended + deadline of the fix missed), in the week; one mended late is missed once"
            }
            Self::Patterns => {
                "patterns answered in time / patterns whose answer was due in the week; the first lead of each stands for it"
            }
        }
    }
}

/// The leads for which a duty was met, and missed; a lead stands there once for each handoff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub met: Vec<Uuid>,
    pub missed: Vec<Uuid>,
}

impl Tally {
    /// Share met in tenths of a percent, half up; `None` is "n/a": nothing was due.
    #[must_use]
    pub fn per_mille(&self) -> Option<u32> {
        let all = self.due();
        let share = (self.met.len() * 2_000 + all).checked_div(2 * all)?;
        u32::try_from(share).ok()
    }

    /// How often it was due.
    #[must_use]
    pub fn due(&self) -> usize {
        self.met.len() + self.missed.len()
    }

    fn add(&mut self, lead: Uuid, met: bool) {
        if met { self.met.push(lead) } else { self.missed.push(lead) }
    }
}

/// Whose a lead is in the figures: the pool, the campaign's source, the person who owes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Whose<'a> {
    pub pool: Option<&'a str>,
    pub source: Option<&'a str>,
    pub person: Option<&'a str>,
}

/// One duty of one side in the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub duty: Duty,
    pub all: Tally,
    pub by_pool: BTreeMap<String, Tally>,
    /// By the campaign's source.
    pub by_source: BTreeMap<String, Tally>,
    /// By the person who owed it; whose figures are shown to whom, `web/sight.rs` says.
    pub by_person: BTreeMap<String, Tally>,
}

impl Figure {
    pub(super) fn new(duty: Duty) -> Self {
        let (by_pool, by_source, by_person) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { duty, all: Tally::default(), by_pool, by_source, by_person }
    }

    pub(super) fn add(&mut self, lead: Uuid, whose: Whose<'_>, met: bool) {
        let word = |text: Option<&str>| text.unwrap_or(UNKNOWN).to_owned();
        self.all.add(lead, met);
        self.by_pool.entry(word(whose.pool)).or_default().add(lead, met);
        self.by_source.entry(word(whose.source)).or_default().add(lead, met);
        if let Some(person) = whose.person {
            self.by_person.entry(person.to_owned()).or_default().add(lead, met);
        }
    }

    /// The tally of a group; `None` where the week has none.
    #[must_use]
    pub fn of(&self, group: Group<'_>) -> Option<&Tally> {
        match group {
            Group::All => Some(&self.all),
            Group::Pool(pool) => self.by_pool.get(pool),
            Group::Source(source) => self.by_source.get(source),
            Group::Person(person) => self.by_person.get(person),
        }
    }
}

/// Whose part of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group<'a> {
    All,
    Pool(&'a str),
    Source(&'a str),
    Person(&'a str),
}
