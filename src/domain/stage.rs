//! Where a lead stands. Data only: a stage's data lives in its variant, and open stages own a custody.

use super::custody::Custody;
use super::ids::LeadId;
use super::policy::{DisqualifiedFor, RejectionCode};
use super::team::{MemberId, PoolId};
use super::time::Moment;
use serde::{Deserialize, Serialize};

/// Why a lead rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RestReason {
    /// A review of a captured lead ran out.
    Dormant,
    /// Sales rejected it with this code.
    Rejected(RejectionCode),
}

/// Why a lead is never contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SuppressedFor {
    OptOut,
    Legal,
    Erased,
}

/// Where a lead stands. The data of a stage lives in its variant; open variants own a custody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Not yet there: the state before the first event.
    #[default]
    Unseen,
    Captured(Custody),
    /// MQL, in the queue of a pool's steward; `held`: the router leaves it to the steward.
    Queued {
        pool: PoolId,
        held: bool,
        custody: Custody,
    },
    /// MQL, offered to a rep of a pool.
    Offered {
        rep: MemberId,
        pool: PoolId,
        custody: Custody,
    },
    SalesAccepted(Custody),
    SalesQualified(Custody),
    Opportunity(Custody),
    Won {
        at: Moment,
    },
    Lost {
        at: Moment,
        custody: Option<Custody>,
    },
    Recycled {
        reason: RestReason,
        at: Moment,
        custody: Custody,
    },
    Disqualified {
        reason: DisqualifiedFor,
        custody: Option<Custody>,
    },
    Suppressed {
        reason: SuppressedFor,
        custody: Option<Custody>,
    },
    Merged {
        into: LeadId,
    },
    /// Won, and somebody has to look at it: a win that the CRM took out, a request for no contact.
    WonUnderReview {
        at: Moment,
        custody: Custody,
    },
}

/// The letters of the lifecycle table, for matching stage by stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StageKind {
    Unseen,
    Captured,
    Queued,
    Offered,
    SalesAccepted,
    SalesQualified,
    Opportunity,
    Won,
    Lost,
    Recycled,
    Disqualified,
    Suppressed,
    Merged,
}

impl StageKind {
    /// Every stage, in the order of the table.
    pub const ALL: &'static [Self] = &[
        Self::Unseen,
        Self::Captured,
        Self::Queued,
        Self::Offered,
        Self::SalesAccepted,
        Self::SalesQualified,
        Self::Opportunity,
        Self::Won,
        Self::Lost,
        Self::Recycled,
        Self::Disqualified,
        Self::Suppressed,
        Self::Merged,
    ];

    /// The word on the wire; queue and offer are both `mql` there.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::Unseen => "unseen",
            Self::Captured => "captured",
            Self::Queued | Self::Offered => "mql",
            Self::SalesAccepted => "sal",
            Self::SalesQualified => "sql",
            Self::Opportunity => "opportunity",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Recycled => "recycled",
            Self::Disqualified => "disqualified",
            Self::Suppressed => "suppressed",
            Self::Merged => "merged",
        }
    }

    /// Whether somebody in sales has the lead in front of them.
    #[must_use]
    pub fn is_with_sales(self) -> bool {
        match self {
            Self::Offered | Self::SalesAccepted | Self::SalesQualified | Self::Opportunity => true,
            Self::Unseen
            | Self::Captured
            | Self::Queued
            | Self::Won
            | Self::Lost
            | Self::Recycled
            | Self::Disqualified
            | Self::Suppressed
            | Self::Merged => false,
        }
    }

    /// Whether a steward or a rep of sales answers for the lead: handed off, and not closed.
    #[must_use]
    pub fn is_handed_off(self) -> bool {
        self == Self::Queued || self.is_with_sales()
    }

    /// The number that rows store; append only.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::Unseen => 0,
            Self::Captured => 1,
            Self::Queued => 2,
            Self::Offered => 3,
            Self::SalesAccepted => 4,
            Self::SalesQualified => 5,
            Self::Opportunity => 6,
            Self::Won => 7,
            Self::Lost => 8,
            Self::Recycled => 9,
            Self::Disqualified => 10,
            Self::Suppressed => 11,
            Self::Merged => 12,
        }
    }
}

impl Stage {
    /// Which stage, without its data.
    #[must_use]
    pub fn kind(&self) -> StageKind {
        match self {
            Self::Unseen => StageKind::Unseen,
            Self::Captured(_) => StageKind::Captured,
            Self::Queued { .. } => StageKind::Queued,
            Self::Offered { .. } => StageKind::Offered,
            Self::SalesAccepted(_) => StageKind::SalesAccepted,
            Self::SalesQualified(_) => StageKind::SalesQualified,
            Self::Opportunity(_) => StageKind::Opportunity,
            Self::Won { .. } | Self::WonUnderReview { .. } => StageKind::Won,
            Self::Lost { .. } => StageKind::Lost,
            Self::Recycled { .. } => StageKind::Recycled,
            Self::Disqualified { .. } => StageKind::Disqualified,
            Self::Suppressed { .. } => StageKind::Suppressed,
            Self::Merged { .. } => StageKind::Merged,
        }
    }

    /// The custody of an open lead; closed ones have none.
    #[must_use]
    pub fn custody(&self) -> Option<&Custody> {
        match self {
            Self::Captured(custody)
            | Self::Queued { custody, .. }
            | Self::Offered { custody, .. }
            | Self::SalesAccepted(custody)
            | Self::SalesQualified(custody)
            | Self::Opportunity(custody)
            | Self::Recycled { custody, .. }
            | Self::WonUnderReview { custody, .. } => Some(custody),
            Self::Lost { custody, .. }
            | Self::Disqualified { custody, .. }
            | Self::Suppressed { custody, .. } => custody.as_ref(),
            Self::Unseen | Self::Won { .. } | Self::Merged { .. } => None,
        }
    }

    /// The same stage with another custody; stages that own none stay as they are.
    #[must_use]
    pub fn with_custody(self, custody: Custody) -> Self {
        match self {
            Self::Captured(_) => Self::Captured(custody),
            Self::Queued { pool, held, .. } => Self::Queued { pool, held, custody },
            Self::Offered { rep, pool, .. } => Self::Offered { rep, pool, custody },
            Self::SalesAccepted(_) => Self::SalesAccepted(custody),
            Self::SalesQualified(_) => Self::SalesQualified(custody),
            Self::Opportunity(_) => Self::Opportunity(custody),
            Self::Lost { at, .. } => Self::Lost { at, custody: Some(custody) },
            Self::Recycled { reason, at, .. } => Self::Recycled { reason, at, custody },
            Self::Disqualified { reason, .. } => Self::Disqualified { reason, custody: Some(custody) },
            Self::Suppressed { reason, .. } => Self::Suppressed { reason, custody: Some(custody) },
            Self::WonUnderReview { at, .. } => Self::WonUnderReview { at, custody },
            Self::Unseen | Self::Won { .. } | Self::Merged { .. } => self,
        }
    }

    /// The same stage closed: without the custody that kept it open. Stages that are always open stay as they are.
    #[must_use]
    pub fn closed(self) -> Self {
        match self {
            Self::WonUnderReview { at, .. } => Self::Won { at },
            Self::Lost { at, .. } => Self::Lost { at, custody: None },
            Self::Disqualified { reason, .. } => Self::Disqualified { reason, custody: None },
            Self::Suppressed { reason, .. } => Self::Suppressed { reason, custody: None },
            Self::Unseen
            | Self::Captured(_)
            | Self::Queued { .. }
            | Self::Offered { .. }
            | Self::SalesAccepted(_)
            | Self::SalesQualified(_)
            | Self::Opportunity(_)
            | Self::Won { .. }
            | Self::Recycled { .. }
            | Self::Merged { .. } => self,
        }
    }

    /// Held by the arbiter where nobody held it: a closed stage is open while a contest waits for its verdict.
    #[must_use]
    pub fn opened(self, custody: Custody) -> Self {
        if let Self::Won { at } = self {
            Self::WonUnderReview { at, custody }
        } else {
            self.with_custody(custody)
        }
    }
}
