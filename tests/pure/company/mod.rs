//! Whole companies, drawn: teams, calendars, absences, rules and histories, through the real plan, router and clocks. At
//! every instant each open lead has one holder who may act and a clock that runs; clocks fire in working time and within
//! seconds of when they may; shares stay by weight; nobody who has left is given anything. It decides nothing itself.

mod drawn;
mod live;
mod records;
mod turns;

use live::Company;

/// Histories of a run, and what happens in each.
const HISTORIES: u64 = 40;
const STEPS: usize = 60;

/// What a run has seen.
#[derive(Debug, Default)]
pub struct Tally {
    pub leads: u64,
    pub fired: u64,
    pub put_off: u64,
    pub taken_back: u64,
    pub offered_by_turn: u64,
    pub offered_by_name: u64,
    pub offered_to_closers: u64,
    pub passed_to_next_pool: u64,
    pub nobody_free: u64,
    pub rejected: u64,
    pub handed_over: u64,
    /// The furthest that anybody was from their share by weight, in hundredths of a lead.
    pub off_share_hundredths: u64,
}

impl Tally {
    /// Takes in what another history has seen.
    pub fn add(&mut self, other: &Self) {
        self.leads += other.leads;
        self.fired += other.fired;
        self.put_off += other.put_off;
        self.taken_back += other.taken_back;
        self.offered_by_turn += other.offered_by_turn;
        self.offered_by_name += other.offered_by_name;
        self.offered_to_closers += other.offered_to_closers;
        self.passed_to_next_pool += other.passed_to_next_pool;
        self.nobody_free += other.nobody_free;
        self.rejected += other.rejected;
        self.handed_over += other.handed_over;
        self.off_share_hundredths = self.off_share_hundredths.max(other.off_share_hundredths);
    }

    /// What must have happened often enough.
    pub fn counted(&self) -> [(&'static str, u64); 11] {
        [
            ("leads", self.leads),
            ("clocks fired", self.fired),
            ("clocks put off", self.put_off),
            ("leads taken back", self.taken_back),
            ("offers by turn", self.offered_by_turn),
            ("offers to whoever knows the person", self.offered_by_name),
            ("offers to closers", self.offered_to_closers),
            ("leads passed to another pool", self.passed_to_next_pool),
            ("leads for whom nobody was free", self.nobody_free),
            ("rejections", self.rejected),
            ("leads handed over", self.handed_over),
        ]
    }
}

/// `COMPANY_SEED` alone lives through one history, with `COMPANY_HISTORIES` through so many from there on.
#[test]
fn over_random_companies_every_lead_is_held_every_clock_keeps_its_time_and_nobody_gone_is_asked() {
    let first = crate::simulation::given("COMPANY_SEED");
    let count =
        crate::simulation::given("COMPANY_HISTORIES").unwrap_or(if first.is_some() { 1 } else { HISTORIES });
    let first = first.unwrap_or(0);
    let (mut sum, mut failed) = (Tally::default(), Vec::new());
    for seed in first..first + count {
        let lived = std::panic::catch_unwind(|| {
            let mut company = Company::new(seed);
            for _ in 0..STEPS {
                company.step();
            }
            company.tally
        });
        match lived {
            Ok(tally) => sum.add(&tally),
            Err(_told) => failed.push(seed),
        }
    }
    assert!(failed.is_empty(), "a promise is broken; repeat one with COMPANY_SEED=n, n of {failed:?}");
    println!("{count} histories from seed {first} on: {sum:#?}");
    if first == 0 && count == HISTORIES {
        for (what, times) in sum.counted() {
            assert!(times >= 10, "too seldom to prove anything: {what} {times} times");
        }
    }
}
