//! What happened to subjects that are no leads: companies, deals, users, campaigns, money spent, texts, positions. The
//! audit keeps each one's bytes. Variants are stored: append only. It holds no direct identifier of a person.

use super::availability::Availability;
use super::ids::{AccountId, OpportunityId};
use super::team::{MemberId, Placement};
use super::time::Moment;
use serde::{Deserialize, Serialize};

/// What a record says of a company; its name and keys stand in their own rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNews {
    pub kind: Option<String>,
    pub owner: Option<MemberId>,
    pub segment: Option<String>,
    pub region: Option<String>,
    /// Days since 1970-01-01.
    pub customer_since: Option<i32>,
}

/// A deal as it stands after a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpportunityNews {
    pub id: OpportunityId,
    pub revision: i64,
    /// `open`, `won`, `lost`, `void`.
    pub state: String,
    pub kind: String,
    pub account: Option<AccountId>,
    pub stage: Option<String>,
    /// Money in ten-thousandths of the currency's unit.
    pub ten_thousandths: Option<i64>,
    pub recurring_ten_thousandths: Option<i64>,
    pub currency: Option<String>,
    pub opened_at: Moment,
    /// Days since 1970-01-01.
    pub close_date: Option<i32>,
    pub closed_on: Option<i32>,
    pub owner: Option<MemberId>,
    pub reason: Option<String>,
}

/// What was decided about a subject that is no lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubjectEvent {
    AccountReported(AccountNews),
    OpportunityReported(OpportunityNews),
    UserReported {
        active: bool,
    },
    CampaignReported {
        channel: String,
        source: String,
        origin: String,
    },
    SpendReported {
        revision: i64,
        ten_thousandths: i64,
        currency: String,
        department: String,
        kind: String,
    },
    /// A policy, team or reference text is in force from now on.
    TextPublished {
        kind: String,
        hash: [u8; 32],
        publisher: String,
    },
    /// An operator moved a position.
    PositionMoved {
        topic: String,
        partition: i32,
        from: i64,
        to: i64,
        by: String,
        reason: String,
    },
    /// Marketing answered a pattern of rejections of this campaign's leads.
    PatternAnswered {
        code: String,
        begun_at: Moment,
    },
    /// Somebody said when a person of the team is there: all that this source says from now on.
    AvailabilitySaid(Availability),
    /// The CRM said whom a person of the team reports to and which of its teams they are in: all that it says from now on.
    PlacementSaid(Placement),
    /// Somebody knows that a source is away: its silence is no news until then.
    SilencePaused {
        family: String,
        name: String,
        until: Moment,
    },
}

impl SubjectEvent {
    /// The type as audit rows name it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AccountReported(_) => "account_reported",
            Self::OpportunityReported(_) => "opportunity_reported",
            Self::UserReported { .. } => "user_reported",
            Self::CampaignReported { .. } => "campaign_reported",
            Self::SpendReported { .. } => "spend_reported",
            Self::TextPublished { .. } => "text_published",
            Self::PositionMoved { .. } => "position_moved",
            Self::PatternAnswered { .. } => "pattern_answered",
            Self::AvailabilitySaid(_) => "availability_said",
            Self::PlacementSaid(_) => "placement_said",
            Self::SilencePaused { .. } => "silence_paused",
        }
    }
}
