//! Lists of the floor that may be long: what is shown of each before somebody asks for all of it. Plain values.

/// Escalations and disagreements before somebody asks for all: what a manager decides in a morning.
const LISTED_SHOWN: usize = 20;
/// Lines of each list of hygiene: the most overdue.
const HYGIENE_SHOWN: usize = 12;

/// Lines of a list and how many there are in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    pub lines: Vec<T>,
    pub all: usize,
    /// The word that opens all of it.
    pub slug: &'static str,
}

impl<T> Listed<T> {
    pub(super) fn of(list: FloorList, mut lines: Vec<T>, all: usize, ask: &FloorAsk<'_>) -> Self {
        if ask.all != Some(list) {
            lines.truncate(list.shown());
        }
        Self { all: all.max(lines.len()), lines, slug: list.slug() }
    }

    /// How many are not shown.
    #[must_use]
    pub fn beyond(&self) -> usize {
        self.all - self.lines.len()
    }
}

/// A list of the page that may be long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloorList {
    Disagreements,
    Escalations,
    FactsDue,
    StaleDeals,
}

impl FloorList {
    /// Its word in the page's address.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Disagreements => "disagreements",
            Self::Escalations => "escalations",
            Self::FactsDue => "facts",
            Self::StaleDeals => "deals",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(slug: &str) -> Option<Self> {
        let all = [Self::Disagreements, Self::Escalations, Self::FactsDue, Self::StaleDeals];
        all.into_iter().find(|list| list.slug() == slug)
    }

    /// Lines that stand there before somebody asks for all.
    fn shown(self) -> usize {
        match self {
            Self::Disagreements | Self::Escalations => LISTED_SHOWN,
            Self::FactsDue | Self::StaleDeals => HYGIENE_SHOWN,
        }
    }
}

/// What is to be shown of the floor.
#[derive(Clone, Copy, Debug, Default)]
pub struct FloorAsk<'a> {
    /// Leads of this person instead of what is late, held or with nobody.
    pub of: Option<&'a str>,
    /// How many of them stand on the pages before.
    pub from: usize,
    /// The list that is shown in full.
    pub all: Option<FloorList>,
}
