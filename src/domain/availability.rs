//! What people, managers and the CRM say of when somebody is there, beside the published team. It never says who takes over.

use super::team::MemberId;
use super::time::Moment;
use serde::{Deserialize, Serialize};

/// Absences that one source may say of a person: more than anybody plans ahead.
pub const AWAY_MAX: usize = 50;

/// Who said it. Each has a word of its own, and takes back only that. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The person.
    Person,
    /// A manager, or an operator at the command line.
    Manager,
    /// The user's record in the CRM.
    Crm,
}

impl Source {
    /// Every source.
    pub const ALL: &'static [Self] = &[Self::Person, Self::Manager, Self::Crm];

    /// The word in rows and answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Manager => "manager",
            Self::Crm => "crm",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// One absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Away {
    pub from: Moment,
    /// The first moment back; `None` while nobody knows.
    pub until: Option<Moment>,
}

impl Away {
    /// Whether it holds at a moment.
    #[must_use]
    pub fn holds(&self, at: Moment) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// Everything that one source says of one person now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    pub member: MemberId,
    pub source: Source,
    /// False: gone, or may not be given leads.
    pub active: bool,
    /// IANA name of where they work now.
    pub time_zone: Option<String>,
    /// Other hours than the calendar's: opening and closing in minutes after midnight.
    pub hours: Option<(u32, u32)>,
    /// Sorted; at most [`AWAY_MAX`].
    pub away: Vec<Away>,
    pub said_at: Moment,
}

impl Availability {
    /// Nothing out of the ordinary.
    #[must_use]
    pub fn present(member: MemberId, source: Source, said_at: Moment) -> Self {
        Self { member, source, active: true, time_zone: None, hours: None, away: Vec::new(), said_at }
    }

    /// Whether it says the same as before, whenever it was said.
    #[must_use]
    pub fn repeats(&self, before: &Self) -> bool {
        *self == Self { said_at: self.said_at, ..before.clone() }
    }

    /// Whether it says anything that the published team does not.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        self.active && self.time_zone.is_none() && self.hours.is_none() && self.away.is_empty()
    }
}

/// What somebody asks to be changed in one source's word of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Away from a moment on; what was said of that time before is replaced.
    Away(Away),
    /// Back now; what lies ahead stays.
    Back,
    /// Other hours than the calendar's, in minutes after midnight; `None` takes them back.
    Hours(Option<(u32, u32)>),
    /// Switched off, or on again.
    Active(bool),
}

impl Availability {
    /// This word after a change, said at `at`. Absences that are over are forgotten.
    #[must_use]
    pub fn changed(mut self, change: Change, at: Moment) -> Self {
        self.said_at = at;
        self.away.retain(|away| away.until.is_none_or(|until| until > at));
        match change {
            Change::Away(new) => {
                let apart = |away: &Away| {
                    new.until.is_some_and(|until| until <= away.from)
                        || away.until.is_some_and(|until| until <= new.from)
                };
                self.away.retain(apart);
                self.away.push(new);
                self.away.sort_unstable();
                self.away.truncate(AWAY_MAX);
            }
            Change::Back => self.away.retain(|away| away.from > at),
            Change::Hours(hours) => self.hours = hours,
            Change::Active(active) => self.active = active,
        }
        self
    }
}
