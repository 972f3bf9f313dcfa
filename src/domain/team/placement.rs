//! What the CRM says of where a person stands: whom they report to, and which of its teams they are in. It never says who
//! is there or who holds what.

use super::{CrmUser, MemberId, PoolId};
use crate::domain::availability::Source;
use crate::domain::time::Moment;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Teams that one word names at most, as the record's schema has it.
pub const TEAMS_MAX: usize = 50;

/// Everything that one source says now of where one person stands. Stored: append only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub member: MemberId,
    pub source: Source,
    /// As the CRM names them; `None` says nothing.
    pub manager: Option<CrmUser>,
    /// Names of the CRM's teams, sorted, at most [`TEAMS_MAX`]; `None` says nothing, an empty list that they are in none.
    pub teams: Option<Vec<String>>,
    pub said_at: Moment,
}

impl Placement {
    /// Whether it says the same as before, whenever it was said.
    #[must_use]
    pub fn repeats(&self, before: &Self) -> bool {
        *self == Self { said_at: self.said_at, ..before.clone() }
    }

    /// Whether it says anything that the published team does not.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        self.manager.is_none() && self.teams.is_none()
    }
}

/// A word that says nothing for the team as it is, or leaves nobody where somebody is needed: for people to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// The manager whom the CRM names is nobody of the team: the published one stays.
    UnknownManager { member: MemberId, manager: CrmUser },
    /// The person would manage themselves, perhaps over others: the published manager stays.
    ManagerRing { member: MemberId },
    /// A team of the CRM that no pool names.
    UnknownTeam { team: String, people: u32 },
    /// By the CRM's word nobody is left in the pool.
    EmptyPool { pool: PoolId },
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownManager { member, manager } => write!(
                formatter,
                "the CRM names `{}:{}` as manager of `{member}`, who is nobody of the team: the published manager stays",
                manager.system, manager.id
            ),
            Self::ManagerRing { member } => write!(
                formatter,
                "by the CRM `{member}` would be their own manager's manager: the published manager stays"
            ),
            Self::UnknownTeam { team, people } => write!(
                formatter,
                "the CRM's team `{team}` ({people} people) is in no pool's `crm_teams`: it puts nobody anywhere"
            ),
            Self::EmptyPool { pool } => write!(
                formatter,
                "by the CRM nobody is left in the pool `{pool}`: its leads go to the next pool, or wait with the steward"
            ),
        }
    }
}
