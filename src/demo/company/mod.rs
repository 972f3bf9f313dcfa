//! A simulated company, pure and seeded: its campaigns, the people who show up, and the reps who work what they are
//! handed. It does no IO, reads no clock and starts no thread; the same seed and the same observations give the same bytes.
//!
//! ```text
//! loop {
//!     for record in company.advance(now) { produce(record) }       // what happened up to now, in order
//!     for (ce_type, data) in new_records_of("handoff.leads.v1") {  // what the CRM reads
//!         company.observe(&ce_type, &data, now)                    // the reps will react, in their own time
//!     }
//! }
//! ```
//!
//! One agenda (a heap by instant) holds everything to come: `world` fills it day by day, `people` invents who comes,
//! `journey` plans what they do, `steps` turns that into records of marketing. `desk` is the CRM: it knows only
//! what it observed; `entry` holds its own records, and `selling`, `verdict` and `deals` are what the reps make of it. Somebody's hidden worth
//! drives both how they behave and whether a deal comes of it, so that well scored leads close more often. `record`
//! makes the bytes and lets faults befall them: duplicates, late and swapped records, broken producers.
//!
//! A rep answers within minutes of the company's time: let `observe` follow `advance` in steps that are short beside
//! the deadlines when these matter (in a history that is told fast they do not). Everybody who ever came stays in
//! memory, a few kilobytes each.
//!
//! Marketing's records do not depend on what is observed. Times are UTC; reps work 09:00 to 17:30, Monday to Friday,
//! unless the rhythm is another one.

mod deals;
mod desk;
mod entry;
mod hours;
mod journey;
mod people;
mod prng;
mod record;
mod roster;
mod selling;
mod steps;
mod verdict;
mod words;
mod world;

#[cfg(test)]
mod tests;

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

use jiff::Timestamp;

pub use self::hours::Rhythm;
use self::hours::{Millis, timestamp};
pub use self::record::{Counts, OutRecord};
pub use self::words::{COMPETITOR_DOMAINS, DISPOSABLE_DOMAINS, FREE_MAIL_DOMAINS, OWN_DOMAIN};

/// The busiest day that fits: its arrivals stand on the agenda at once, and everybody who came stays in memory.
pub const MOST_LEADS_PER_DAY: u32 = 200_000;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The same seed (and observations) give the same bytes.
    pub seed: u64,
    /// The company's first instant; its campaigns, users and accounts are published then.
    pub start: Timestamp,
    /// New people on an average day; weekdays see more, weekends fewer. More than [`MOST_LEADS_PER_DAY`] count as that.
    pub leads_per_day: u32,
    /// When people come and when reps work.
    pub rhythm: Rhythm,
    /// How often things go wrong.
    pub noise: Noise,
}

/// How often things go wrong, per 1,000 records, forms or people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noise {
    /// Records sent a second time with the same id.
    pub duplicate_per_mille: u16,
    /// Forms sent again under a new id.
    pub resubmitted_per_mille: u16,
    /// Records produced hours after they happened.
    pub late_per_mille: u16,
    /// Records overtaken by later ones.
    pub reordered_per_mille: u16,
    /// Forms with a typing error in the address.
    pub mistyped_per_mille: u16,
    /// Hand-raisers who write again from their private address.
    pub private_address_per_mille: u16,
    /// People who are programs.
    pub bots_per_mille: u16,
    /// People who are our own, testing.
    pub staff_per_mille: u16,
    /// Values that are not JSON, for each other record.
    pub not_json_per_mille: u16,
    /// Records of a type that nobody has defined, for each other record.
    pub unknown_type_per_mille: u16,
    /// Forms without what a form needs, for each other record.
    pub schema_broken_per_mille: u16,
}

impl Default for Noise {
    /// Shares as one finds them in an ordinary company's data.
    fn default() -> Self {
        Self {
            duplicate_per_mille: 12,
            resubmitted_per_mille: 25,
            late_per_mille: 12,
            reordered_per_mille: 20,
            mistyped_per_mille: 25,
            private_address_per_mille: 80,
            bots_per_mille: 35,
            staff_per_mille: 15,
            not_json_per_mille: 2,
            unknown_type_per_mille: 1,
            schema_broken_per_mille: 1,
        }
    }
}

impl Settings {
    /// A company of ordinary size: 12 new people a day, ordinary faults.
    #[must_use]
    pub fn new(seed: u64, start: Timestamp) -> Self {
        Self { seed, start, leads_per_day: 12, rhythm: Rhythm::Office, noise: Noise::default() }
    }
}

/// Something on the agenda.
#[derive(Debug, Clone)]
enum Act {
    Day,
    Arrive,
    Spend,
    CorrectSpend(Box<(String, world::Spend)>),
    Announce(usize),
    Step(usize, journey::Step),
    Desk { lead: usize, assignment: u32, rep: Option<usize>, act: desk::DeskAct },
    Deal(usize, deals::DealAct),
    Send(Box<record::Outgoing>),
}

/// An act with its instant; `order` keeps acts of one instant in the order in which they were put down.
#[derive(Debug)]
struct Entry {
    at: Millis,
    order: u64,
    act: Act,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The company; see the module's page for the loop around it.
#[derive(Debug)]
pub struct Company {
    settings: Settings,
    now: Millis,
    agenda: BinaryHeap<Reverse<Entry>>,
    order: u64,
    firms: Vec<people::Firm>,
    people: Vec<people::Person>,
    by_email: BTreeMap<String, usize>,
    leads: Vec<desk::CrmLead>,
    by_lead_id: BTreeMap<String, usize>,
    by_crm_id: BTreeMap<String, usize>,
    /// The last `topic_sequence` that the CRM read, by lead id.
    read_up_to: BTreeMap<String, u64>,
    leads_by_email: BTreeMap<String, usize>,
    deals: Vec<deals::Deal>,
    /// Holidays (from, until) by colleague.
    away: Vec<Option<(Millis, Millis)>>,
    counts: Counts,
}

impl Company {
    /// A company at its first instant; nothing has been sent.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let mut company = Self {
            now: settings.start.as_millisecond(),
            settings,
            agenda: BinaryHeap::new(),
            order: 0,
            firms: Vec::new(),
            people: Vec::new(),
            by_email: BTreeMap::new(),
            leads: Vec::new(),
            by_lead_id: BTreeMap::new(),
            by_crm_id: BTreeMap::new(),
            read_up_to: BTreeMap::new(),
            leads_by_email: BTreeMap::new(),
            deals: Vec::new(),
            away: vec![None; roster::COLLEAGUES.len()],
            counts: Counts::default(),
        };
        company.take_inventory();
        company
    }

    /// Lets everything happen up to `until` (included); gives the records due by then, in the order to produce them.
    pub fn advance(&mut self, until: Timestamp) -> Vec<OutRecord> {
        let until = until.as_millisecond();
        let mut records = Vec::new();
        while self.agenda.peek().is_some_and(|Reverse(next)| next.at <= until) {
            let Some(Reverse(Entry { at, act, .. })) = self.agenda.pop() else { break };
            self.now = self.now.max(at);
            match act {
                Act::Send(outgoing) => records.push(self.hand_over(*outgoing)),
                Act::Day => self.day(),
                Act::Arrive => self.arrive(),
                Act::Spend => self.weekly_spend(),
                Act::CorrectSpend(correction) => self.record_spend(&correction.0, 2, &correction.1),
                Act::Announce(colleague) => self.announce(colleague),
                Act::Step(who, step) => self.step(who, step),
                Act::Desk { lead, assignment, rep, act } => self.desk(lead, assignment, rep, act),
                Act::Deal(place, act) => self.deal(place, act),
            }
        }
        self.now = self.now.max(until);
        records
    }

    /// The instant of the next thing that will happen (not always a record).
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        self.agenda.peek().map(|Reverse(next)| timestamp(next.at))
    }

    /// What was sent so far, by topic and by kind.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Puts an act on the agenda, never before now.
    fn schedule(&mut self, at: Millis, act: Act) {
        self.order += 1;
        let entry = Entry { at: at.max(self.now), order: self.order, act };
        self.agenda.push(Reverse(entry));
    }
}
