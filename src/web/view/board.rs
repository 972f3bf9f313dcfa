//! The board: leads by stage, latest handoffs with their reason, queues, orphans, the ledger. It reads nothing itself.

use super::receipt::standing;
use super::watch::{Orphans, unattended};
use super::{Countdown, grouped, percent, person_name};
use crate::domain::custody::Custody;
use crate::domain::event::Event;
use crate::domain::lead::{Lead, StageKind};
use crate::domain::scoring::{Receipt, ReceiptPart};
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::{DAY, MINUTE, Moment};
use crate::store::read::board::{BoardRead, HandoffRead, LedgerTotals, QueueCount};
use crate::transaction::loaded::Texts;
use crate::web::words::{
    ago, countdown, grade_words, member_name, pool_name, priority_words, span, stage_slug, stage_words,
};

/// The stages of the way from the first touch to a customer.
const WAY: [StageKind; 7] = [
    StageKind::Captured,
    StageKind::Queued,
    StageKind::Offered,
    StageKind::SalesAccepted,
    StageKind::SalesQualified,
    StageKind::Opportunity,
    StageKind::Won,
];
/// The stages aside of it.
const ASIDE: [StageKind; 5] =
    [StageKind::Recycled, StageKind::Lost, StageKind::Disqualified, StageKind::Suppressed, StageKind::Merged];
/// Reasons that a handoff's line names.
const REASONS_SHOWN: usize = 3;
/// A queue whose oldest lead waits longer is marked: the longest `route_by` of the default policy.
const QUEUE_OLD: i64 = 15 * MINUTE;

/// One stage of the funnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageCell {
    pub slug: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub count: String,
    /// Of the fullest stage.
    pub percent: i64,
}

/// A fact about the whole floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vital {
    pub name: &'static str,
    pub figure: String,
    pub hint: String,
    /// `good`, `warn`, `bad` or nothing.
    pub tone: &'static str,
    pub href: &'static str,
}

/// One handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffLine {
    pub key: String,
    pub href: String,
    pub name: String,
    pub company: String,
    pub grade: &'static str,
    /// Frozen when it became MQL.
    pub points: u16,
    /// As of now, like the reasons beside it.
    pub points_now: u16,
    pub priority: &'static str,
    pub campaign: String,
    pub why: String,
    pub to: String,
    pub route: String,
    pub when: String,
    /// The offer's deadline while it stands.
    pub due: Option<Countdown>,
    /// What became of it, once it does not stand any more.
    pub became: &'static str,
    /// `good`, `warn`, `bad` or nothing.
    pub became_tone: &'static str,
}

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueLine {
    pub pool: String,
    pub slug: String,
    pub waiting: String,
    pub held: i64,
    pub oldest: String,
    pub steward: String,
    pub old: bool,
}

/// The ledger's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    pub read: String,
    /// Count and name of each outcome.
    pub parts: Vec<(String, &'static str)>,
    pub adds_up: bool,
    pub difference: String,
}

/// The board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardView {
    pub now_ms: i64,
    pub as_of: String,
    /// Nothing has been read from Kafka yet and no lead is there.
    pub empty: bool,
    pub total: String,
    pub way: Vec<StageCell>,
    pub aside: Vec<StageCell>,
    pub vitals: Vec<Vital>,
    pub handoffs: Vec<HandoffLine>,
    pub queues: Vec<QueueLine>,
    pub ledger: LedgerLine,
    pub audit: String,
}

/// The board from what was read.
#[must_use]
pub fn board(read: &BoardRead, texts: &Texts) -> BoardView {
    let total: i64 = read.stages.iter().map(|(_, count)| count).sum();
    BoardView {
        now_ms: read.now.0.div_euclid(1_000),
        as_of: crate::web::words::moment_words(read.now),
        empty: total == 0 && read.ledger.read == 0,
        total: grouped(total),
        way: cells(read, &WAY),
        aside: cells(read, &ASIDE),
        vitals: vitals(read, texts),
        handoffs: read.handoffs.iter().filter_map(|handoff| handoff_line(handoff, read.now, texts)).collect(),
        queues: queues(read, texts),
        ledger: ledger_line(&read.ledger),
        audit: audit_line(read),
    }
}

fn cells(read: &BoardRead, kinds: &[StageKind]) -> Vec<StageCell> {
    let count = |kind: StageKind| {
        read.stages.iter().find(|(number, _)| *number == kind.number()).map_or(0, |(_, count)| *count)
    };
    let most = kinds.iter().map(|kind| count(*kind)).max().unwrap_or(0);
    kinds
        .iter()
        .map(|kind| {
            let (label, hint) = stage_words(*kind);
            StageCell {
                slug: stage_slug(*kind),
                label,
                hint,
                count: grouped(count(*kind)),
                percent: percent(count(*kind), most),
            }
        })
        .collect()
}

/// Open leads that nobody answers for, as they are watched.
#[must_use]
pub fn orphans(read: &BoardRead, texts: &Texts) -> i64 {
    let holders = read.holders.iter().map(|holder| (holder.holder.as_str(), holder.open));
    let unattended = unattended(holders, &texts.team, read.now);
    let orphans = Orphans { unheld: read.unheld, unattended, stuck: read.stuck };
    orphans.total()
}

fn vitals(read: &BoardRead, texts: &Texts) -> Vec<Vital> {
    let orphans = orphans(read, texts);
    let open: i64 = read.holders.iter().map(|holder| holder.open).sum();
    let overdue: i64 = read.holders.iter().map(|holder| holder.overdue).sum();
    let late = read.holders.iter().filter(|holder| holder.overdue > 0).count();
    let waiting: i64 = read.queues.iter().map(|queue| queue.waiting).sum();
    let oldest = read.queues.iter().filter_map(|queue| queue.oldest_mql_at).min();
    // Said only while it is so: it is no figure to watch.
    let stopped = (read.parked > 0).then(|| Vital {
        name: "Stopped by a fault",
        figure: grouped(read.parked),
        hint: "operations has `baton parked list`".to_owned(),
        tone: "bad",
        href: "",
    });
    let vitals = vec![
        Vital {
            name: "Orphaned leads",
            figure: grouped(orphans),
            hint: if orphans == 0 {
                format!("all {} open leads have a holder and a clock", grouped(open))
            } else {
                "open leads that nobody answers for, or whose clock stands still".to_owned()
            },
            tone: if orphans == 0 { "good" } else { "bad" },
            href: "",
        },
        Vital {
            name: "Past their deadline",
            figure: grouped(overdue),
            hint: if overdue == 0 {
                "every duty is in time".to_owned()
            } else {
                format!("with {late} {}", if late == 1 { "person" } else { "people" })
            },
            tone: if overdue == 0 { "good" } else { "warn" },
            href: "/leads?overdue=yes",
        },
        Vital {
            name: "Waiting for a rep",
            figure: grouped(waiting),
            hint: oldest.map_or_else(
                || "the queues are empty".to_owned(),
                |at| format!("the oldest for {}", span(read.now.since(at))),
            ),
            tone: if oldest.is_some_and(|at| read.now.since(at) > QUEUE_OLD) { "warn" } else { "" },
            href: "/leads?stage=queued",
        },
        Vital {
            name: "Last read",
            figure: read.last_read_at.map_or_else(|| "none yet".to_owned(), |at| ago(read.now, at)),
            hint: read.last_read_at.map_or_else(String::new, crate::web::words::moment_words),
            tone: if read.last_read_at.is_some_and(|at| read.now.since(at) > DAY) { "warn" } else { "" },
            href: "",
        },
    ];
    stopped.into_iter().chain(vitals).collect()
}

fn queues(read: &BoardRead, texts: &Texts) -> Vec<QueueLine> {
    let mut lines: Vec<QueueLine> = texts
        .team
        .pools()
        .map(|pool| {
            let count = read.queues.iter().find(|queue| queue.pool == pool.id.0);
            queue_line(&pool.id, count, read.now, texts)
        })
        .collect();
    let strange = read.queues.iter().filter(|queue| texts.team.pool(&PoolId(queue.pool.clone())).is_none());
    lines.extend(strange.map(|queue| queue_line(&PoolId(queue.pool.clone()), Some(queue), read.now, texts)));
    lines
}

fn queue_line(pool: &PoolId, count: Option<&QueueCount>, now: Moment, texts: &Texts) -> QueueLine {
    let oldest = count.and_then(|queue| queue.oldest_mql_at);
    QueueLine {
        pool: if pool.0.is_empty() { "No route".to_owned() } else { pool_name(&texts.team, pool) },
        slug: pool.0.clone(),
        waiting: grouped(count.map_or(0, |queue| queue.waiting)),
        held: count.map_or(0, |queue| queue.held),
        oldest: oldest.map_or_else(String::new, |at| span(now.since(at))),
        steward: member_name(&texts.team, texts.team.acting(texts.team.steward_of(pool), now)),
        old: oldest.is_some_and(|at| now.since(at) > QUEUE_OLD),
    }
}

fn handoff_line(read: &HandoffRead, now: Moment, texts: &Texts) -> Option<HandoffLine> {
    let Event::LeadOffered { rep, pool, rule, custody, offer_no, .. } = &read.event else {
        return None;
    };
    let lead = &read.lead;
    let terms = lead.cycle.terms.as_ref();
    let (due, became, became_tone) = fate(lead, rep, *offer_no, custody, now);
    let receipt = texts.policy.receipt(&standing(lead, now));
    Some(HandoffLine {
        key: format!("{}-{}", lead.id, read.version),
        href: format!("/leads/{}", lead.id),
        name: person_name(read.first_name.as_deref(), read.last_name.as_deref(), read.company.as_deref()),
        company: read.company.clone().unwrap_or_default(),
        grade: terms.map_or("", |terms| terms.grade.code()),
        points: terms.map_or(0, |terms| terms.points),
        points_now: receipt.score.points,
        priority: terms.map_or("", |terms| priority_words(terms.priority)),
        campaign: read.campaign.clone().unwrap_or_default(),
        why: why(lead, &receipt),
        to: member_name(&texts.team, rep),
        route: format!("{}, route \u{201c}{rule}\u{201d}", pool_name(&texts.team, pool)),
        when: ago(now, read.decided_at),
        due,
        became,
        became_tone,
    })
}

/// What an offer came to, as the lead stands now.
fn fate(
    lead: &Lead,
    rep: &MemberId,
    offer_no: u32,
    custody: &Custody,
    now: Moment,
) -> (Option<Countdown>, &'static str, &'static str) {
    let standing =
        lead.cycle.offers == offer_no && lead.holder().is_some_and(|holder| holder.member() == rep);
    match lead.stage.kind() {
        StageKind::Offered if standing => (Some(countdown(now, custody.deadline())), "", ""),
        StageKind::Queued | StageKind::Offered => (None, "moved on", "warn"),
        StageKind::SalesAccepted => (None, "accepted", "good"),
        StageKind::SalesQualified => (None, "qualified", "good"),
        StageKind::Opportunity => (None, "deal open", "good"),
        StageKind::Won => (None, "won", "good"),
        StageKind::Lost => (None, "lost", ""),
        StageKind::Captured | StageKind::Recycled => (None, "returned", ""),
        StageKind::Disqualified => (None, "disqualified", "bad"),
        StageKind::Suppressed => (None, "suppressed", "bad"),
        StageKind::Unseen | StageKind::Merged => (None, "merged", ""),
    }
}

/// Why a lead went to sales, in words: fit, then the rules that gave most points.
#[must_use]
pub fn why(lead: &Lead, receipt: &Receipt) -> String {
    let mut rules: Vec<(i32, &str)> = receipt
        .lines
        .iter()
        .filter(|line| line.part == ReceiptPart::Rule && line.points > 0)
        .map(|line| (line.points, line.label.as_str()))
        .collect();
    rules.sort_by_key(|(points, _)| -points);
    let mut parts: Vec<String> =
        rules.iter().take(REASONS_SHOWN).map(|(points, label)| format!("{label} (+{points})")).collect();
    let fit = lead.cycle.terms.as_ref().map_or(receipt.score.grade, |terms| terms.grade);
    parts.push(grade_words(fit).to_owned());
    parts.join(", ")
}

/// The ledger's line: what was read, and that the outcomes sum to it.
#[must_use]
pub fn ledger_line(totals: &LedgerTotals) -> LedgerLine {
    let parts = [
        (totals.applied, "applied"),
        (totals.duplicate, "duplicate"),
        (totals.filtered, "filtered"),
        (totals.refused, "refused"),
        (totals.parked, "parked"),
        (totals.quarantined, "quarantined"),
    ];
    LedgerLine {
        read: grouped(totals.read),
        parts: parts.into_iter().map(|(count, name)| (grouped(count), name)).collect(),
        adds_up: totals.read == totals.accounted(),
        difference: grouped(totals.read - totals.accounted()),
    }
}

fn audit_line(read: &BoardRead) -> String {
    if read.audit_rows == 0 {
        return "No decision has been recorded yet.".to_owned();
    }
    format!(
        "{} decisions on record in {} gapless, hash-chained streams. Check them yourself: baton audit verify",
        grouped(read.audit_rows),
        grouped(read.audit_streams),
    )
}
