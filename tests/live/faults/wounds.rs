//! The faults. Each is done to a running system and waits until work has gone on; none of them repairs anything.

use super::chance::Chance;
use super::ground::Ground;
use super::proxy::Cut;
use std::time::Duration;

/// Work goes on within this after a fault: a session's timeout, a rebalance, a lease, on a busy machine.
const RESUMES: Duration = Duration::from_secs(60);
/// An instance stays dead for up to so many milliseconds.
const DEAD_MAX: usize = 1_500;

/// Cuts until one is settled as it would be without a rebalance in between.
const CUTS_MAX: usize = 10;
/// What a session says once it knows what became of a COMMIT.
const LOST: &str = "the reply to COMMIT was lost";

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wound {
    /// `kill -9` of an instance, and a new one in its place.
    Kill,
    /// SIGSTOP until others own what it had, then SIGCONT.
    Freeze,
    /// Postgres shut down at once, recovered and started.
    Postgres,
    /// The broker killed, or stopped in order, and started.
    Broker,
    /// A connection cut before COMMIT reaches the server, or before its reply comes back.
    Commit(Cut),
}

impl Wound {
    /// So many kills, and each of the others once for every five of them, in an order that the seed gives.
    pub fn plan(kills: usize, chance: &mut Chance) -> Vec<Self> {
        let mut wounds = vec![Self::Kill; kills];
        for _ in 0..kills.div_ceil(5) {
            wounds.extend([
                Self::Freeze,
                Self::Postgres,
                Self::Broker,
                Self::Commit(Cut::Request),
                Self::Commit(Cut::Reply),
            ]);
        }
        chance.shuffle(&mut wounds);
        wounds
    }

    /// Does it, and waits until its mark is there.
    pub fn inflict(self, ground: &mut Ground, chance: &mut Chance) {
        match self {
            Self::Kill => kill(ground, chance),
            Self::Freeze => freeze(ground, chance),
            Self::Postgres => ground.cluster.restart(),
            Self::Broker => broker(ground, chance),
            Self::Commit(cut) => commit(ground, cut),
        }
    }
}

/// Waits until something more is read than before the fault; how long it took.
pub fn resumed(ground: &mut Ground, before: i64) -> Duration {
    ground.wait("work goes on", RESUMES, |ground| ground.read().is_some_and(|read| read > before))
}

fn kill(ground: &mut Ground, chance: &mut Chance) {
    let place = chance.below(ground.instances.len());
    ground.instances[place].kill();
    // Random, so that the new one comes before, during and after the others' rebalance.
    std::thread::sleep(Duration::from_millis(chance.below(DEAD_MAX).try_into().unwrap()));
    ground.replace(place);
}

fn owned(ground: &Ground, process: u32) -> Option<i64> {
    ground.number(&format!("SELECT count(*) FROM input_position WHERE owner LIKE '% {process}-%'"))
}

/// Whether an instance owns what it was assigned last: rows alone may be left from before a rebalance.
fn is_at_work(ground: &Ground, place: usize) -> bool {
    let log = ground.instances[place].log();
    let last =
        log.lines().rfind(|line| line.contains("\"partitions assigned\"") || line.contains("given back"));
    let owned = owned(ground, ground.instances[place].child.id()).unwrap_or_default();
    owned > 0 && last.is_some_and(|line| line.contains(&format!("\"kafka.partitions\":{owned},")))
}

fn freeze(ground: &mut Ground, chance: &mut Chance) {
    let place = chance.below(ground.instances.len());
    ground.wait("the one to be stopped is at work", RESUMES, |ground| is_at_work(ground, place));
    let process = ground.instances[place].child.id();
    ground.instances[place].signal("STOP");
    ground.wait("others own its partitions", RESUMES, |ground| owned(ground, process) == Some(0));
    ground.wait("others hold its leases", RESUMES, |ground| {
        let held = format!("SELECT count(*) FROM relay_shard WHERE owner LIKE '{process}-%'");
        ground.number(&held) == Some(0)
    });
    let before = fenced(ground);
    ground.instances[place].signal("CONT");
    // Sooner or later, by the database's epoch or by the group: it learns that others own what it had.
    ground.wait("the one that woke is fenced", RESUMES, |ground| fenced(ground) > before);
}

/// How often an instance learned that others own what it had.
pub fn fenced(ground: &Ground) -> usize {
    ground.logged(&["fence miss: the batch was rolled back"])
        + ground.logged(&["partitions given back", "\"kafka.lost\":true"])
}

fn broker(ground: &mut Ground, chance: &mut Chance) {
    if chance.per_mille(500) {
        ground.installation.broker("kill");
        ground.installation.broker("start");
    } else {
        ground.installation.broker("restart");
    }
}

/// How often a lane learned from the positions what became of a COMMIT: `Done` or `Redo`.
pub fn settled(ground: &Ground, next: &str) -> usize {
    ground.logged(&[LOST, &format!("\"{next}\"")])
}

fn commit(ground: &mut Ground, cut: Cut) {
    let next = match cut {
        Cut::Request => "Redo",
        Cut::Reply => "Done",
    };
    let before = settled(ground, next);
    for _ in 0..CUTS_MAX {
        let (done, told) = (ground.proxy.done(cut), ground.logged(&[LOST]));
        ground.proxy.arm(cut);
        ground.wait("a COMMIT is cut", RESUMES, |ground| ground.proxy.done(cut) > done);
        ground.wait("the positions tell what became of it", RESUMES, |ground| ground.logged(&[LOST]) > told);
        // Where a rebalance came between, the lane was fenced instead: the next cut may meet a calmer one.
        if settled(ground, next) > before {
            return;
        }
    }
    panic!("{CUTS_MAX} cuts, and never {next}");
}
