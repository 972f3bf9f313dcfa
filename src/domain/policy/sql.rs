//! What makes a lead sales qualified: the facts a rep reports against the definition both teams signed. It never moves a lead.

use serde::{Deserialize, Serialize};

/// Whether the person needs what we sell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Need {
    Yes,
    No,
    #[default]
    Unknown,
}

/// The person's part in the decision to buy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authority {
    Decides,
    Influences,
    None,
    #[default]
    Unknown,
}

/// Whether there is money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Budget {
    Confirmed,
    Plausible,
    None,
    #[default]
    Unknown,
}

impl Need {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Yes, Self::No, Self::Unknown].into_iter().find(|it| it.code() == code)
    }
}

impl Authority {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Decides => "decides",
            Self::Influences => "influences",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Decides, Self::Influences, Self::None, Self::Unknown].into_iter().find(|it| it.code() == code)
    }

    fn is_enough(self) -> bool {
        match self {
            Self::Decides | Self::Influences => true,
            Self::None | Self::Unknown => false,
        }
    }
}

impl Budget {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Plausible => "plausible",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Confirmed, Self::Plausible, Self::None, Self::Unknown].into_iter().find(|it| it.code() == code)
    }

    fn is_enough(self) -> bool {
        match self {
            Self::Confirmed | Self::Plausible => true,
            Self::None | Self::Unknown => false,
        }
    }
}

/// What a rep knows of a deal in the making.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlFacts {
    pub need: Need,
    pub authority: Authority,
    pub budget: Budget,
    /// Months until they would buy; `None` is unknown.
    pub timeline_months: Option<u32>,
    /// Day of the next step, in days since 1970-01-01.
    pub next_step_on: Option<i32>,
    /// A two-way conversation or a held meeting took place.
    pub conversation: bool,
}

/// The SQL definition of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlDefinition {
    /// How many of authority, budget and timeline must be good.
    pub good_facts_min: u32,
    pub timeline_months_max: u32,
    /// The next step lies at most so many days ahead.
    pub next_step_days_max: u32,
}

impl SqlDefinition {
    /// The facts that the definition looks at, by their words in the contract; every one that it may find missing.
    #[must_use]
    pub fn facts(&self) -> Vec<&'static str> {
        let asked = ["conversation", "need", "next_step_on", "account"];
        let any_of =
            if self.good_facts_min > 0 { &["authority", "budget", "timeline_months"][..] } else { &[] };
        asked.iter().chain(any_of).copied().collect()
    }

    /// The facts that are missing on that day (days since 1970-01-01), by their words in the contract; none is an SQL.
    ///
    /// A fact reported as "none" is missing whatever the others say.
    #[must_use]
    pub fn missing(&self, facts: &SqlFacts, account_matched: bool, decided_on: i32) -> Vec<&'static str> {
        let timeline = facts.timeline_months.is_some_and(|months| months <= self.timeline_months_max);
        let good = [facts.authority.is_enough(), facts.budget.is_enough(), timeline];
        let enough = good.iter().filter(|it| **it).count() >= self.good_facts_min as usize;
        let next_step = facts.next_step_on.is_some_and(|day| {
            let ahead = i64::from(day) - i64::from(decided_on);
            (0..=i64::from(self.next_step_days_max)).contains(&ahead)
        });
        let checks = [
            ("conversation", facts.conversation),
            ("need", facts.need == Need::Yes),
            ("authority", good[0] || (enough && facts.authority != Authority::None)),
            ("budget", good[1] || (enough && facts.budget != Budget::None)),
            ("timeline_months", timeline || enough),
            ("next_step_on", next_step),
            ("account", account_matched),
        ];
        checks.into_iter().filter(|(_, met)| !met).map(|(name, _)| name).collect()
    }
}
