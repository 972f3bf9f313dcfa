//! Notices in words: for a chat that understands Slack's incoming webhooks, and for e-mail. These two are the only channels
//! that carry the person's name; nothing here is ever stored. It never sends anything.

mod digest;
mod news;
mod offer;
mod readers;
mod summary;
mod text;
mod words;

#[cfg(test)]
mod tests;

pub use digest::{DIGEST_TYPE, Digest};
pub use news::{Circle, News};
pub use offer::{Buttons, Notice, Offer};
pub use readers::readers;
pub use summary::{SUMMARY_TYPE, Summary};
pub use text::Text;

use words::plain;

/// Notices of one kind that a receiver gets in an hour, at most: one in five minutes; more are read by nobody, and one
/// summary then says how many there were.
const AN_HOUR_MAX: i64 = 12;

/// What a notice tells; the words stand in rows and on pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A lead must be accepted.
    Offer,
    /// A part of the time for a duty is gone.
    Reminder,
    /// A deadline was missed; the duty stands.
    Breach,
    /// To the manager: a missed duty still stands.
    Escalation,
    /// To a former holder: the lead went on, there is nothing to do.
    TakenBack,
    /// A lead has come to somebody's name or queue without an offer.
    Given,
    /// The person of a lead that somebody works has raised a hand again.
    Reply,
    /// How many notices of a kind were left out.
    Summary,
    /// What somebody is told of a week.
    Digest,
    /// To an arbiter: marketing contests a rejection, and a verdict is owed.
    Contest,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Offer,
        Self::Reminder,
        Self::Breach,
        Self::Escalation,
        Self::TakenBack,
        Self::Given,
        Self::Reply,
        Self::Summary,
        Self::Digest,
        Self::Contest,
    ];

    /// The word of rows.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Reminder => "reminder",
            Self::Breach => "breach",
            Self::Escalation => "escalation",
            Self::TakenBack => "taken_back",
            Self::Given => "given",
            Self::Reply => "reply",
            Self::Summary => "summary",
            Self::Digest => "digest",
            Self::Contest => "contest",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// How many of them a receiver gets in an hour; `None`: every one. An offer is somebody's to take, and a rep's own
    /// bounds say how many leads they get.
    #[must_use]
    pub fn an_hour_max(self) -> Option<i64> {
        match self {
            Self::Offer | Self::Summary | Self::Digest => None,
            Self::Reminder
            | Self::Breach
            | Self::Escalation
            | Self::TakenBack
            | Self::Given
            | Self::Reply
            | Self::Contest => Some(AN_HOUR_MAX),
        }
    }
}

/// The person of whom the lead is, as a notice names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub job_title: Option<String>,
    pub company: Option<String>,
}

/// An e-mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
}

impl Named {
    /// Name, title and company in a line.
    fn line(&self) -> String {
        let parts = [Some(self.name()), self.job_title.as_deref().map(plain), self.company_line()];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// Name and company, as a heading has room for.
    fn short(&self) -> String {
        match self.company_line() {
            Some(company) => format!("{}, {company}", self.name()),
            None => self.name(),
        }
    }

    fn name(&self) -> String {
        let names = [&self.first_name, &self.last_name];
        let name: Vec<String> = names.into_iter().flatten().map(|it| plain(it)).collect();
        if name.is_empty() { "Somebody who gave no name".to_owned() } else { name.join(" ") }
    }

    fn company_line(&self) -> Option<String> {
        self.company.as_deref().map(plain)
    }
}
