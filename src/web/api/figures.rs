//! What the API shows of the pages' figures: fields of their own, so that a change inside never changes what programs read.

use super::pattern::PatternShape;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose leads.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MyQuery {
    /// A member's id, for their manager; one's own when absent.
    pub rep: Option<String>,
}

/// One lead that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MyLeadShape {
    pub id: String,
    pub name: String,
    pub grade: &'static str,
    pub points: u16,
    /// RFC 3339; of the clock that runs out first.
    pub due_by: String,
    /// Hundredths of the reporting currency that waiting costs each minute.
    pub at_risk_cents_a_minute: u64,
    pub talking_points: Vec<String>,
    /// What may be asked: the last parts of the asks' paths.
    pub asks: Vec<&'static str>,
    pub custody_version: u64,
    pub handoff_id: String,
}

/// What somebody holds, what loses most by waiting first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MyShape {
    pub late: i64,
    pub leads: Vec<MyLeadShape>,
    /// Contests that wait for this person's verdict, the one that lapses first first.
    pub verdicts: Vec<WaitingShape>,
    /// Leads that this person is to look at by name, as a steward, the nearest deadline first; at most 200.
    pub reviews: Vec<WaitingShape>,
    /// All of those.
    pub reviews_total: i64,
}

/// A lead that waits for somebody's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitingShape {
    pub id: String,
    pub name: String,
    /// Why, in words.
    pub what: String,
    /// RFC 3339.
    pub due_by: String,
}

/// Open leads that nobody answers for; the target of each is 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrphansShape {
    pub total: i64,
    /// Nobody acts for the holder.
    pub unattended: i64,
    /// A clock could have fired and did not.
    pub stuck: i64,
    /// No holder or clock.
    pub unheld: i64,
}

/// A queue by age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueShape {
    pub pool: String,
    pub waiting: i64,
    pub held: i64,
    /// Under 15 minutes, under an hour, under a day, older.
    pub ages: Vec<i64>,
}

/// What one person holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LoadShape {
    pub member: String,
    pub open: i64,
    /// What they may hold open; null without a bound.
    pub open_max: Option<u32>,
    /// Offers of their present day, and how many it may be.
    pub today: i64,
    pub daily_max: Option<u32>,
    pub late: i64,
    /// Why they take no lead now; empty while they do.
    pub absence: String,
    /// Breaches of 7 days; absent for others than that person and their manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaches: Option<i64>,
}

/// The floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FloorShape {
    pub orphans: OrphansShape,
    pub queues: Vec<QueueShape>,
    pub load: Vec<LoadShape>,
    pub breaches: i64,
    pub disagreements: usize,
    pub facts_due: usize,
    pub stale_deals: usize,
    pub escalations: usize,
}

/// How far back.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CampaignsQuery {
    /// 30, 90 or 365; 90 when absent.
    pub days: Option<i64>,
}

/// One code and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeCount {
    pub code: String,
    pub count: i64,
}

/// One campaign by outcome; money in units of the reporting currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignShape {
    /// Empty for leads of no campaign.
    pub campaign: String,
    pub mql: i64,
    pub accepted: i64,
    pub returned: Vec<CodeCount>,
    pub sql: i64,
    pub deals: i64,
    pub won: i64,
    pub pipeline: i64,
    pub revenue: i64,
    pub spend: i64,
    /// (revenue - spend) / spend; null without spend, or where a part of either has no rate.
    pub roi_percent: Option<i64>,
    /// Money without a published rate: in none of the sums.
    pub unconverted: Vec<Unconverted>,
}

/// Money that no rate is published for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unconverted {
    /// `pipeline`, `revenue`, `spend`.
    pub of: &'static str,
    /// ISO 4217, or `unknown`.
    pub currency: String,
    /// In units of that currency.
    pub units: i64,
}

/// What became of marketing's leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignsShape {
    pub days: i64,
    pub currency: String,
    pub campaigns: Vec<CampaignShape>,
    pub patterns: Vec<PatternShape>,
    pub thin: ThinShape,
}

/// Open leads whose grade is at most C for want of data, the most engaged first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThinShape {
    /// At most forty.
    pub leads: Vec<ThinLeadShape>,
    /// So many others were looked at, with fewer points.
    pub more: usize,
    /// There are open leads of grade C or D that were not looked at: those with fewer points than a thousand others.
    pub partial: bool,
}

/// A lead that better data could grade higher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThinLeadShape {
    pub lead: String,
    /// `employees`, `industry`, `country`, `seniority`, `function`, `company`.
    pub unknown: Vec<&'static str>,
    /// RFC 3339: when the lead was first seen; nobody has told these fields since.
    pub since: String,
    /// By its fit as it is.
    pub grade: &'static str,
    /// Of engagement, as they were counted last.
    pub points: i32,
}

/// One source against its habit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceShape {
    /// RFC 3339: its silence is expected until then, and no alarm; null for most.
    pub paused_until: Option<String>,
    /// `feed`, `source`, `form`, `type`.
    pub family: String,
    pub name: String,
    /// Records of the last 24 hours.
    pub day: u64,
    /// Thousandths of a record expected in 24 hours like these; absent before a week is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_milli: Option<u64>,
    /// Whole hours without any.
    pub quiet_hours: i64,
    pub silent: bool,
}

/// Intake health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct IntakeShape {
    /// The busiest, at most 200.
    pub sources: Vec<SourceShape>,
    /// All of those that there are.
    pub sources_total: i64,
    pub adds_up: bool,
    pub parked: i64,
    pub quarantined: i64,
    pub parked_leads: i64,
    pub erased: i64,
    /// Chats and calls of visitors who have not said who they are, the longest waiting first; at most forty lines.
    pub called: Vec<CalledShape>,
}

/// Chats or calls of one origin that wait for whoever made them to say who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CalledShape {
    /// `chat` or `call.inbound`.
    pub kind: String,
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub count: i64,
    /// RFC 3339: since when the first of them waits.
    pub since: String,
    /// RFC 3339: when the first of them is forgotten.
    pub ends_at: String,
}

/// What a rep of a pool holds and got since midnight of the pool's zone; a bound that is null is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RepLoadShape {
    pub member: String,
    pub open: u32,
    pub open_max: Option<u32>,
    pub today: u32,
    pub today_max: Option<u32>,
}

/// A pool and how fairly its offers were shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PoolShape {
    pub pool: String,
    pub members: Vec<String>,
    /// Jain's index of offers by weight over 30 days, in thousandths; absent while there are too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fairness_milli: Option<u32>,
    /// Of those whose figures the caller may see.
    pub loads: Vec<RepLoadShape>,
}

/// One person of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonOfTeam {
    pub member: String,
    pub name: String,
    /// Why they take no lead now; empty while they do.
    pub absence: String,
}

/// The team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TeamShape {
    pub pools: Vec<PoolShape>,
    pub people: Vec<PersonOfTeam>,
    /// What the CRM says of the team and nobody can use.
    pub hints: Vec<String>,
}
