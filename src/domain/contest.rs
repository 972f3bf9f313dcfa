//! Rejections that marketing may contest, and how it ends. Data only; `decide` says who may and when.

use super::custody::Clock;
use super::ids::HandoffId;
use super::lead::{Lead, RestReason, Stage};
use super::policy::RejectionCode;
use super::team::MemberId;
use super::time::Moment;
use serde::{Deserialize, Serialize};

/// Returned handoffs that a lead remembers: one for each passage that it remembers.
pub const RETURNED_MAX: usize = super::lead::PAST_CYCLES_MAX;

/// What an arbiter may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ruling {
    /// The rejection stands.
    Uphold,
    /// The rejection does not count, and the lead goes to another rep if it still rests under it.
    Overturn,
}

impl Ruling {
    /// The word of an ask.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Uphold => "uphold",
            Self::Overturn => "overturn",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Uphold, Self::Overturn].into_iter().find(|it| it.code() == code)
    }
}

/// How a contest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    Upheld,
    Overturned,
    /// No verdict came in time, so the rejection stands.
    Lapsed,
}

impl Verdict {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Overturned => "overturned",
            Self::Lapsed => "lapsed",
        }
    }
}

/// Marketing's word against a rejection; once for each handoff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contest {
    pub by: MemberId,
    /// Who is to decide: neither who rejected nor who contests.
    pub arbiter: MemberId,
    /// `verdict_by`; runs wherever the lead goes meanwhile.
    pub clock: Clock,
    /// `None` while it is open.
    pub verdict: Option<Verdict>,
}

/// The last rejection of a handoff that marketing may contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    pub handoff: HandoffId,
    pub cycle: u32,
    /// Version of the event that rejected it.
    pub version: u64,
    pub code: RejectionCode,
    pub at: Moment,
    pub by: Option<MemberId>,
    pub contest_until: Moment,
    pub contest: Option<Contest>,
}

impl Returned {
    /// The contest that waits for a verdict.
    #[must_use]
    pub fn open_contest(&self) -> Option<&Contest> {
        self.contest.as_ref().filter(|contest| contest.verdict.is_none())
    }
}

/// The open contest that a running `verdict_by` is about; whoever holds the lead meanwhile, its arbiter owes the verdict.
#[must_use]
pub fn awaited<'l>(lead: &'l Lead, clock: &Clock) -> Option<&'l Contest> {
    let mut open = lead.returned.iter().filter_map(Returned::open_contest);
    open.find(|contest| clock.kind == contest.clock.kind && clock.due_by == contest.clock.due_by)
}

/// Whether a lead still rests where the rejection of a handoff left it; of one that moved on, a verdict changes figures only.
#[must_use]
pub fn rests_under(lead: &Lead, handoff: HandoffId) -> bool {
    let under_rejection = match &lead.stage {
        Stage::Recycled { reason: RestReason::Rejected(_), .. } | Stage::Disqualified { .. } => true,
        Stage::Recycled { reason: RestReason::Dormant, .. }
        | Stage::Unseen
        | Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => false,
    };
    under_rejection && lead.handoff() == Some(handoff)
}
