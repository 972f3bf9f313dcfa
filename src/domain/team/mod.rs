//! Who is there: people, pools, stewards, owners and deputies, their hours and absences. It never knows who holds which lead.

mod offices;
mod placed;
mod placement;

pub use offices::Offices;
pub use placement::{Hint, Placement, TEAMS_MAX};

use super::availability::{Availability, Away, Source};
use super::calendar::Calendar;
use super::routing::{Caps, chain};
use super::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A person of the team, by the id that the team file gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberId(pub String);

/// A pool of reps who share leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PoolId(pub String);

impl fmt::Display for MemberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for PoolId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The person's user record in a CRM.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CrmUser {
    pub system: String,
    pub id: String,
}

/// What a person may be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    Rep,
    Sales,
    Marketing,
    Operations,
    Manager,
    Arbiter,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] =
        &[Self::Rep, Self::Sales, Self::Marketing, Self::Operations, Self::Manager, Self::Arbiter];

    /// The word of the team file.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Rep => "rep",
            Self::Sales => "sales",
            Self::Marketing => "marketing",
            Self::Operations => "operations",
            Self::Manager => "manager",
            Self::Arbiter => "arbiter",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// Why nobody may be offered to somebody now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Not in the team any more, or switched off.
    Inactive,
    /// On vacation or off sick; `until` when they are back, if it is known.
    Away { until: Option<Moment> },
    /// Outside their working hours, which begin again then.
    OffShift { opens: Moment },
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: MemberId,
    pub name: String,
    pub crm: CrmUser,
    pub roles: Vec<Role>,
    pub manager: Option<MemberId>,
    pub active: bool,
    /// Who acts while this person is away; there for everybody who holds leads by office.
    pub deputy: Option<MemberId>,
    /// When they work.
    pub hours: Arc<Calendar>,
    /// Absences that somebody has told, whoever did.
    pub away: Vec<Away>,
    /// Own bounds, which count before the pool's.
    pub caps: Caps,
}

/// Reps who share leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    pub id: PoolId,
    pub name: String,
    /// In the order that breaks ties; the weight is the share of leads, at least 1.
    pub members: Vec<(MemberId, u32)>,
    pub steward: MemberId,
    /// Where leads go when nobody of this pool can take one.
    pub next_pool: Option<PoolId>,
    /// Where leads go once a rep of this pool has qualified them; `None`: the rep closes them.
    pub closer_pool: Option<PoolId>,
    /// A rep with so many open leads gets no more.
    pub open_leads_max: Option<u32>,
    /// A rep who got so many leads since midnight of the pool's time zone gets no more that day.
    pub daily_leads_max: Option<u32>,
    /// When the pool works; a rep may have other hours.
    pub hours: Arc<Calendar>,
    /// Teams of the CRM whose people are this pool's; empty: the text alone says who is in it.
    pub crm_teams: Vec<String>,
    /// Share of whoever has no weight of their own, at least 1.
    pub default_weight: u32,
}

/// Everybody, compiled: every id in it is known, every office is held by a person with a deputy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// SHA-256 of the text: the version.
    pub hash: [u8; 32],
    /// Version of what was said beside the text; 0 for the text alone.
    pub said_version: i64,
    said: BTreeMap<(MemberId, Source), Availability>,
    placed: BTreeMap<(MemberId, Source), Placement>,
    hints: Vec<Hint>,
    active_in_text: BTreeSet<MemberId>,
    /// Hours of whoever has no others.
    hours: Arc<Calendar>,
    members: BTreeMap<MemberId, Member>,
    by_crm: BTreeMap<CrmUser, MemberId>,
    pools: BTreeMap<PoolId, Pool>,
    offices: Offices,
}

impl Team {
    /// Puts a team together; the reader of the team file has checked that every id is known.
    #[must_use]
    pub fn new(hash: [u8; 32], members: Vec<Member>, pools: Vec<Pool>, offices: Offices) -> Self {
        Self {
            hash,
            said_version: 0,
            said: BTreeMap::new(),
            placed: BTreeMap::new(),
            hints: Vec::new(),
            active_in_text: members
                .iter()
                .filter(|member| member.active)
                .map(|member| member.id.clone())
                .collect(),
            hours: Arc::new(Calendar::office()),
            by_crm: members.iter().map(|member| (member.crm.clone(), member.id.clone())).collect(),
            members: members.into_iter().map(|member| (member.id.clone(), member)).collect(),
            pools: pools.into_iter().map(|pool| (pool.id.clone(), pool)).collect(),
            offices,
        }
    }

    /// This team with hours for whoever has no others.
    #[must_use]
    pub fn with_hours(self, hours: Arc<Calendar>) -> Self {
        Self { hours, ..self }
    }

    /// The team in force: the published text, and over it what was said of people since. Who is switched off by anybody is
    /// off; of two other hours or places the one said last holds; of somebody unknown nothing is said.
    #[must_use]
    pub fn in_force(&self, version: i64, mut said: Vec<Availability>) -> Self {
        said.sort_by_key(|word| (word.said_at, word.source));
        let mut team = Self { said_version: version, said: BTreeMap::new(), ..self.clone() };
        for word in said {
            let Some(member) = team.members.get_mut(&word.member) else { continue };
            member.active &= word.active;
            let zone = word.time_zone.as_deref().and_then(|name| jiff::tz::TimeZone::get(name).ok());
            if let Some(zone) = zone {
                member.hours = Arc::new(member.hours.in_zone(zone));
            }
            if let Some((opens, closes)) = word.hours {
                member.hours = Arc::new(member.hours.with_hours(opens, closes));
            }
            member.away.extend(&word.away);
            team.said.insert((word.member.clone(), word.source), word);
        }
        team
    }

    /// Whether the published text has the person switched on, whatever was said since.
    #[must_use]
    pub fn is_active_in_text(&self, member: &MemberId) -> bool {
        self.active_in_text.contains(member)
    }

    /// What a source has said of a person.
    #[must_use]
    pub fn said(&self, member: &MemberId, source: Source) -> Option<&Availability> {
        self.said.get(&(member.clone(), source))
    }

    /// When a person works; somebody unknown in the hours of whoever has no others.
    #[must_use]
    pub fn hours(&self, member: &MemberId) -> &Calendar {
        self.members.get(member).map_or(&self.hours, |member| &member.hours)
    }

    /// When a pool works.
    #[must_use]
    pub fn pool_hours(&self, pool: &PoolId) -> &Calendar {
        self.pools.get(pool).map_or(&self.hours, |pool| &pool.hours)
    }

    /// The pool itself where somebody of it works at that moment, else the next along its chain in which somebody does:
    /// the next region on shift. `None` where everybody sleeps.
    #[must_use]
    pub fn on_shift(&self, pool: &PoolId, at: Moment) -> Option<&Pool> {
        chain(self, pool).into_iter().find(|pool| {
            let somebody = || pool.members.iter().any(|(member, _)| self.absence(member, at).is_none());
            pool.hours.is_open(at) && somebody()
        })
    }

    /// A person by id.
    #[must_use]
    pub fn member(&self, id: &MemberId) -> Option<&Member> {
        self.members.get(id)
    }

    /// Everybody, by id.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// A person by CRM user.
    #[must_use]
    pub fn by_crm(&self, system: &str, id: &str) -> Option<&Member> {
        let user = CrmUser { system: system.to_owned(), id: id.to_owned() };
        self.by_crm.get(&user).and_then(|it| self.members.get(it))
    }

    /// A pool by id.
    #[must_use]
    pub fn pool(&self, id: &PoolId) -> Option<&Pool> {
        self.pools.get(id)
    }

    /// Every pool, by id.
    pub fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.pools.values()
    }

    /// The first pool, by id, that the person is in.
    #[must_use]
    pub fn pool_of(&self, member: &MemberId) -> Option<&Pool> {
        self.pools.values().find(|pool| pool.members.iter().any(|(id, _)| id == member))
    }

    /// The person's manager.
    #[must_use]
    pub fn manager_of(&self, member: &MemberId) -> Option<&MemberId> {
        self.members.get(member)?.manager.as_ref()
    }

    /// How many leads a rep takes from a pool: own bounds before the pool's.
    #[must_use]
    pub fn caps(&self, pool: &Pool, rep: &MemberId) -> Caps {
        let own = self.members.get(rep).map(|member| member.caps).unwrap_or_default();
        Caps {
            open_leads_max: own.open_leads_max.or(pool.open_leads_max),
            daily_leads_max: own.daily_leads_max.or(pool.daily_leads_max),
        }
    }

    /// Why the person cannot take a lead at this moment; nobody who is unknown can.
    #[must_use]
    pub fn absence(&self, member: &MemberId, at: Moment) -> Option<Absence> {
        let Some(member) = self.members.get(member).filter(|member| member.active) else {
            return Some(Absence::Inactive);
        };
        if let Some(away) = member.away.iter().find(|away| away.holds(at)) {
            return Some(Absence::Away { until: back(&member.away, away.until) });
        }
        (!member.hours.is_open(at)).then(|| Absence::OffShift { opens: member.hours.opening(at) })
    }

    /// Whether the person is in the team, switched on, and not away; at night too.
    #[must_use]
    pub fn is_there(&self, member: &MemberId, at: Moment) -> bool {
        match self.absence(member, at) {
            None | Some(Absence::OffShift { .. }) => true,
            Some(Absence::Inactive | Absence::Away { .. }) => false,
        }
    }

    /// The person, or while away or inactive the deputy, and the deputy's. Where nobody of them is there: the first who is
    /// only away, else the last.
    #[must_use]
    pub fn acting<'a>(&'a self, member: &'a MemberId, at: Moment) -> &'a MemberId {
        let mut id = member;
        let mut only_away = None;
        for _ in 0..self.members.len() {
            if self.is_there(id, at) {
                return id;
            }
            let Some(member) = self.members.get(id) else { break };
            if member.active && only_away.is_none() {
                only_away = Some(id);
            }
            match &member.deputy {
                Some(deputy) => id = deputy,
                None => break,
            }
        }
        only_away.unwrap_or(id)
    }
}

/// When somebody is back for good who is away until a moment: absences that join count as one.
fn back(away: &[Away], until: Option<Moment>) -> Option<Moment> {
    let mut until = until?;
    for _ in 0..away.len() {
        match away.iter().find(|away| away.holds(until)) {
            Some(next) => until = next.until?,
            None => break,
        }
    }
    Some(until)
}
