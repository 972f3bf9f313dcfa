//! The reps of one pool as they stand while a batch is routed: who may take a lead, who not and why. It makes no offer.

use super::rotation::{Rotation, Runner, settled, turn};
use super::rule::RouteSubject;
use crate::domain::policy::Priority;
use crate::domain::team::{Absence, MemberId, Pool, PoolId, Team};
use crate::domain::time::Moment;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// A lead is handed from pool to next pool at most so often, so that a ring of full pools ends.
pub const POOL_STEPS_MAX: usize = 8;
/// Candidates that a receipt names at most (CONTRACT, `receipt.route.candidates`).
pub const CANDIDATES_MAX: usize = 20;

/// Why a rep was not chosen. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WhyNot {
    /// Not in the team.
    Unknown,
    Inactive,
    /// Had the lead before in this cycle.
    HadItBefore,
    /// Holds as many open leads as allowed.
    Full,
    /// Another's turn.
    NotNext,
    /// On vacation or off sick.
    Away,
    /// Outside their hours, and the lead cannot wait for them.
    OffShift,
    /// Got as many leads today as allowed.
    FullToday,
}

impl WhyNot {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Unknown,
        Self::Inactive,
        Self::HadItBefore,
        Self::Full,
        Self::NotNext,
        Self::Away,
        Self::OffShift,
        Self::FullToday,
    ];

    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Inactive => "inactive",
            Self::HadItBefore => "had_it_before",
            Self::Full => "full",
            Self::NotNext => "not_next",
            Self::Away => "away",
            Self::OffShift => "off_shift",
            Self::FullToday => "full_today",
        }
    }
}

/// One rep who was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub rep: MemberId,
    /// `None` for the one who was chosen.
    pub why_not: Option<WhyNot>,
}

/// What reps hold now and got today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub open: BTreeMap<MemberId, u32>,
    pub today: BTreeMap<MemberId, u32>,
}

/// The most that a rep takes; `None` is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    pub open_leads_max: Option<u32>,
    pub daily_leads_max: Option<u32>,
}

/// Who gets a lead of this pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub rep: Option<MemberId>,
    /// At most [`CANDIDATES_MAX`], the one who was chosen among them.
    pub candidates: Vec<Candidate>,
    /// How many more were looked at.
    pub more: u32,
}

#[derive(Clone, Debug)]
struct Seat {
    rep: MemberId,
    weight: i64,
    credit: i64,
    barred: Option<WhyNot>,
    off_shift: bool,
    caps: Caps,
    open: u32,
    today: u32,
}

/// One pool's reps.
#[derive(Clone, Debug)]
pub struct Seats {
    pub pool: PoolId,
    list: Vec<Seat>,
    runners: Vec<Runner>,
    moved: bool,
}

/// Why nobody may offer this person a lead of that priority now; caps and turns aside. Who is wanted by name gets it again,
/// though they had it before: somebody has said so since.
#[must_use]
pub fn unfit(team: &Team, subject: &RouteSubject, member: &MemberId, now: Moment) -> Option<WhyNot> {
    if subject.excluded.contains(member) && subject.wanted.as_ref() != Some(member) {
        return Some(WhyNot::HadItBefore);
    }
    let (barred, off_shift) = standing(team, member, now);
    barred.or((off_shift && cannot_wait(subject.priority)).then_some(WhyNot::OffShift))
}

/// A lead of the first priority is called within minutes: it goes to whoever is there (POLICY, SLA).
fn cannot_wait(priority: Priority) -> bool {
    priority == Priority::P1
}

fn standing(team: &Team, member: &MemberId, now: Moment) -> (Option<WhyNot>, bool) {
    if team.member(member).is_none() {
        return (Some(WhyNot::Unknown), false);
    }
    match team.absence(member, now) {
        None => (None, false),
        Some(Absence::Inactive) => (Some(WhyNot::Inactive), false),
        Some(Absence::Away { .. }) => (Some(WhyNot::Away), false),
        Some(Absence::OffShift { .. }) => (None, true),
    }
}

impl Seats {
    /// The pool's reps with their credits, and what they hold.
    #[must_use]
    pub fn new(team: &Team, pool: &Pool, rotation: &Rotation, load: &Load, now: Moment) -> Self {
        let credits = settled(&pool.members, rotation);
        let seats = pool.members.iter().zip(credits).map(|((rep, weight), credit)| {
            let (barred, off_shift) = standing(team, rep, now);
            Seat {
                rep: rep.clone(),
                weight: i64::from(*weight),
                credit,
                barred,
                off_shift,
                caps: team.caps(pool, rep),
                open: load.open.get(rep).copied().unwrap_or(0),
                today: load.today.get(rep).copied().unwrap_or(0),
            }
        });
        Self { pool: pool.id.clone(), list: seats.collect(), runners: Vec::new(), moved: false }
    }

    /// Chooses whose turn it is for this lead; the turn is taken.
    pub fn choose(&mut self, subject: &RouteSubject) -> Choice {
        self.runners.clear();
        let mut reasons: Vec<Option<WhyNot>> = Vec::with_capacity(self.list.len());
        for (place, seat) in self.list.iter().enumerate() {
            let why_not = seat.why_not(subject);
            reasons.push(why_not);
            if why_not.is_none() && seat.weight > 0 {
                self.runners.push(Runner { place, weight: seat.weight, credit: seat.credit });
            }
        }
        let chosen = turn(&mut self.runners);
        if chosen.is_some() {
            self.moved = true;
            for runner in &self.runners {
                if let Some(seat) = self.list.get_mut(runner.place) {
                    seat.credit = runner.credit;
                }
            }
        }
        let rep = chosen.and_then(|place| self.list.get(place)).map(|seat| seat.rep.clone());
        let (candidates, more) = self.candidates(chosen, &reasons);
        Choice { rep, candidates, more }
    }

    /// Why nobody of these takes the lead; no turn is taken.
    #[must_use]
    pub fn why_not(&self, subject: &RouteSubject) -> Vec<Candidate> {
        let reps = self.list.iter();
        reps.map(|seat| Candidate { rep: seat.rep.clone(), why_not: seat.why_not(subject) }).collect()
    }

    /// Whether anybody could take the lead; no turn is taken.
    #[must_use]
    pub fn has_room(&self, subject: &RouteSubject) -> bool {
        self.list.iter().any(|seat| seat.weight > 0 && seat.why_not(subject).is_none())
    }

    /// Counts a lead that the rep got, whoever chose them.
    pub fn took(&mut self, rep: &MemberId) {
        for seat in self.list.iter_mut().filter(|seat| seat.rep == *rep) {
            seat.open += 1;
            seat.today += 1;
        }
    }

    /// Whether a turn was taken since the seats were made.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.moved
    }

    /// The credits, to be stored.
    #[must_use]
    pub fn rotation(&self) -> Rotation {
        Rotation { counters: self.list.iter().map(|seat| (seat.rep.clone(), seat.credit)).collect() }
    }

    /// The first of the list, with the chosen one in any case.
    fn candidates(&self, chosen: Option<usize>, reasons: &[Option<WhyNot>]) -> (Vec<Candidate>, u32) {
        let late = chosen.is_some_and(|place| place >= CANDIDATES_MAX);
        let room = CANDIDATES_MAX - usize::from(late);
        let shown = (0..self.list.len()).take(room).chain(chosen.filter(|_| late));
        let candidates: Vec<Candidate> = shown
            .filter_map(|place| {
                let seat = self.list.get(place)?;
                let reason = reasons.get(place).copied().flatten().or(Some(WhyNot::NotNext));
                let why_not = if chosen == Some(place) { None } else { reason };
                Some(Candidate { rep: seat.rep.clone(), why_not })
            })
            .collect();
        let more = u32::try_from(self.list.len() - candidates.len()).unwrap_or(u32::MAX);
        (candidates, more)
    }
}

impl Seat {
    fn why_not(&self, subject: &RouteSubject) -> Option<WhyNot> {
        let reached = |max: Option<u32>, count: u32| max.is_some_and(|max| count >= max);
        if self.barred.is_some() {
            self.barred
        } else if subject.excluded.contains(&self.rep) {
            Some(WhyNot::HadItBefore)
        } else if self.off_shift && cannot_wait(subject.priority) {
            Some(WhyNot::OffShift)
        } else if reached(self.caps.open_leads_max, self.open) {
            Some(WhyNot::Full)
        } else if reached(self.caps.daily_leads_max, self.today) {
            Some(WhyNot::FullToday)
        } else {
            None
        }
    }
}

/// The subject as these pools are to look at it: as it is while somebody of them could take it now, with their hours counted;
/// else as what waits for the opening. Rules look at the subject itself.
#[must_use]
pub fn seated<S: Borrow<Seats>>(subject: &RouteSubject, pools: impl IntoIterator<Item = S>) -> RouteSubject {
    let waits = cannot_wait(subject.priority) && !pools.into_iter().any(|it| it.borrow().has_room(subject));
    if waits { subject.at_opening() } else { subject.clone() }
}

/// The pool and those after it, each once.
#[must_use]
pub fn chain<'t>(team: &'t Team, first: &PoolId) -> Vec<&'t Pool> {
    let mut pools: Vec<&Pool> = Vec::new();
    let mut next = team.pool(first);
    while let Some(pool) = next {
        if pools.len() >= POOL_STEPS_MAX || pools.iter().any(|it| it.id == pool.id) {
            break;
        }
        pools.push(pool);
        next = pool.next_pool.as_ref().and_then(|id| team.pool(id));
    }
    pools
}

/// When the day of `now` began in the pool's time zone: since then daily leads are counted.
#[must_use]
pub fn day_start(pool: &Pool, now: Moment) -> Moment {
    pool.hours.midnight(pool.hours.date(now))
}

/// The reps of these pools, each once, and since when their leads of the day count: midnight of their pool, of the first that
/// bounds a day where a rep is in several; `None` where none does.
#[must_use]
pub fn counted_since(team: &Team, pools: &[&Pool], now: Moment) -> BTreeMap<MemberId, Option<Moment>> {
    let mut counted: BTreeMap<MemberId, Option<Moment>> = BTreeMap::new();
    for (pool, (rep, _)) in
        pools.iter().flat_map(|pool| pool.members.iter().map(move |member| (*pool, member)))
    {
        let since = counted.entry(rep.clone()).or_default();
        if since.is_none() && team.caps(pool, rep).daily_leads_max.is_some() {
            *since = Some(day_start(pool, now));
        }
    }
    counted
}
