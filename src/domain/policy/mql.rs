//! Whether a lead is marketing qualified, on what ground, and what stands against it. It never moves a lead.

use super::Policy;
use super::terms::{Grade, Priority};
use crate::domain::profile::{MailKind, Profile};
use crate::domain::scoring::{Missing, Score, Standing};
use crate::domain::signal::{Signal, SignalKind};
use crate::domain::time::{DAY, HOUR, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Facts about a lead that keep it from sales; they live in the lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read by name")]
pub struct Guards {
    pub hard_bounce: bool,
    pub own: bool,
    pub test: bool,
    pub competitor: bool,
    pub junk: bool,
    /// Disposable e-mail domain; the profile's mail kind says the same.
    pub disposable: bool,
    /// A bot score at or above the policy's bound was seen.
    pub bot: bool,
    /// No marketing e-mail; never a blocker by itself.
    pub email_opt_out: bool,
}

/// What keeps a lead from being marketing qualified, in the order in which it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Blocker {
    Test,
    Own,
    Competitor,
    Junk,
    Bot,
    Disposable,
    HardBounce,
    /// Neither e-mail nor phone is known.
    NoContact,
    /// E-mail is off, no phone is known and the person asks for nothing.
    NoLawfulBasis,
    /// Another handoff of the lead is open.
    OpenHandoff,
    /// A customer's weak signals never make an MQL (LIFECYCLE N8).
    Customer,
}

impl Blocker {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Own => "own",
            Self::Competitor => "competitor",
            Self::Junk => "junk",
            Self::Bot => "bot",
            Self::Disposable => "disposable",
            Self::HardBounce => "hard_bounce",
            Self::NoContact => "no_contact",
            Self::NoLawfulBasis => "no_lawful_basis",
            Self::OpenHandoff => "open_handoff",
            Self::Customer => "customer",
        }
    }
}

/// The ground on which a lead is marketing qualified; frozen with the cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MqlGround {
    HandRaise,
    /// A hand-raise of a grade that goes to the low-touch queue.
    HandRaiseLow,
    FitAndEngagement,
    EngagementOnly,
}

impl MqlGround {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::HandRaise => "hand_raise",
            Self::HandRaiseLow => "hand_raise_low",
            Self::FitAndEngagement => "fit_and_engagement",
            Self::EngagementOnly => "engagement_only",
        }
    }
}

/// What the definition says of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MqlVerdict {
    Qualifies {
        ground: MqlGround,
        priority: Priority,
        score: Score,
        /// The hand-raise is older than the policy's bound: late intake.
        late: bool,
    },
    Blocked {
        by: Blocker,
        /// Whether a hand-raise was being decided: it then waits with its steward.
        hand_raise: bool,
    },
    NotYet {
        score: Score,
    },
}

/// One ground on engagement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngagementGround {
    pub ground: MqlGround,
    pub grades: Vec<Grade>,
    /// Points since the cycle's start.
    pub points: u16,
    /// Kinds of human signal; 0 asks for none.
    pub human_kinds: u32,
    /// One of them within so many days; `None` asks for none.
    pub human_within_days: Option<u32>,
    pub priority: Priority,
}

/// The MQL definition of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqlDefinition {
    /// Bot scores (0-100) from here on block.
    pub bot_score_min: u8,
    /// Grades whose hand-raise goes to sales at `hand_raise_priority`; the others' at `low_priority`.
    pub hand_raise_grades: Vec<Grade>,
    pub hand_raise_priority: Priority,
    /// Priority of a hand-raise of another grade, and of late intake.
    pub low_priority: Priority,
    /// In the order in which they are tried.
    pub grounds: Vec<EngagementGround>,
}

impl MqlDefinition {
    /// What a lead of this score still lacks for the ground of its grade; empty when it qualifies on engagement.
    #[must_use]
    pub fn missing(&self, standing: &Standing<'_>, score: Score) -> Vec<Missing> {
        let ground = self.grounds.iter().find(|ground| ground.grades.contains(&score.grade));
        let Some(ground) = ground else {
            return vec![Missing::HandRaise { priority: self.low_priority }];
        };
        let mut missing = Vec::new();
        if score.points < ground.points {
            missing.push(Missing::Points { have: score.points, need: ground.points });
        }
        let human = Human::of(standing);
        if human.kinds < ground.human_kinds {
            missing.push(Missing::HumanKinds { have: human.kinds, need: ground.human_kinds });
        }
        if let Some(within_days) = ground.human_within_days
            && !human.is_within(standing.as_of, within_days)
        {
            missing.push(Missing::RecentHuman { within_days });
        }
        missing
    }
}

/// Holds a lead against the MQL definition.
pub(super) fn verdict(policy: &Policy, standing: &Standing<'_>, hand_raise: Option<Moment>) -> MqlVerdict {
    if let Some(by) = blocker(standing, hand_raise.is_some()) {
        return MqlVerdict::Blocked { by, hand_raise: hand_raise.is_some() };
    }
    let score = policy.score(standing);
    let definition = &policy.terms.mql;
    if let Some(raised_at) = hand_raise {
        let hours_max = i64::from(policy.terms.durations.late_hand_raise_hours);
        let late = standing.as_of.since(raised_at) > hours_max * HOUR;
        let wanted = definition.hand_raise_grades.contains(&score.grade);
        return MqlVerdict::Qualifies {
            ground: if wanted { MqlGround::HandRaise } else { MqlGround::HandRaiseLow },
            priority: if wanted && !late { definition.hand_raise_priority } else { definition.low_priority },
            score,
            late,
        };
    }
    let met = definition.grounds.iter().find(|ground| ground.grades.contains(&score.grade));
    match met {
        Some(ground) if definition.missing(standing, score).is_empty() => {
            let raised = policy.terms.engagement.priority(standing);
            MqlVerdict::Qualifies {
                ground: ground.ground,
                priority: raised.map_or(ground.priority, |other| other.min(ground.priority)),
                score,
                late: false,
            }
        }
        Some(_) | None => MqlVerdict::NotYet { score },
    }
}

/// What keeps this lead from sales, if anything.
fn blocker(standing: &Standing<'_>, hand_raise: bool) -> Option<Blocker> {
    let guards = standing.guards;
    let known = standing.profile.known;
    let mail = Profile::value(standing.profile.mail.as_ref());
    let checks = [
        (Blocker::Test, guards.test),
        (Blocker::Own, guards.own),
        (Blocker::Competitor, guards.competitor),
        (Blocker::Junk, guards.junk),
        (Blocker::Bot, guards.bot),
        (Blocker::Disposable, guards.disposable || mail == Some(&MailKind::Disposable)),
        (Blocker::HardBounce, guards.hard_bounce),
        (Blocker::NoContact, !known.email && !known.phone),
        (Blocker::NoLawfulBasis, guards.email_opt_out && !known.phone && !hand_raise),
        (Blocker::OpenHandoff, standing.other_open_handoff),
        (Blocker::Customer, standing.customer && !hand_raise),
    ];
    checks.into_iter().find(|(_, stands)| *stands).map(|(blocker, _)| blocker)
}

/// The human signals of a cycle: how many kinds, and the newest.
struct Human {
    kinds: u32,
    newest: Option<Moment>,
}

impl Human {
    fn of(standing: &Standing<'_>) -> Self {
        let human = |signal: &&Signal| signal.at >= standing.cycle_started_at && signal.kind.is_human();
        let mut kinds: Vec<&'static str> = Vec::new();
        let mut newest = None;
        for signal in standing.signals.signals().iter().filter(human) {
            newest = Some(signal.at);
            let kind = human_kind(signal.kind);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Self { kinds: u32::try_from(kinds.len()).unwrap_or(u32::MAX), newest }
    }

    fn is_within(&self, as_of: Moment, days: u32) -> bool {
        self.newest.is_some_and(|newest| as_of.since(newest) <= i64::from(days) * DAY)
    }
}

/// How many kinds of human signal there are; more no definition can ask for.
#[must_use]
pub fn human_kinds_max() -> u32 {
    let kinds: BTreeSet<&str> =
        SignalKind::ALL.iter().filter(|kind| kind.is_human()).map(|kind| human_kind(*kind)).collect();
    u32::try_from(kinds.len()).unwrap_or(u32::MAX)
}

/// The kind that counts: one visit makes page views and sessions of many pages, and is one kind.
fn human_kind(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::PageView(_) | SignalKind::Session(_) => "visit",
        SignalKind::Form(_)
        | SignalKind::EmailSent
        | SignalKind::EmailDelivered
        | SignalKind::EmailOpened
        | SignalKind::EmailClicked
        | SignalKind::EmailReplied
        | SignalKind::SoftBounce
        | SignalKind::HardBounce
        | SignalKind::EmailOptOut
        | SignalKind::WebinarRegistered
        | SignalKind::WebinarAttended
        | SignalKind::EventAttended
        | SignalKind::AdClick
        | SignalKind::Chat
        | SignalKind::InboundCall
        | SignalKind::ProductActivated
        | SignalKind::Intent
        | SignalKind::ColleagueActive
        | SignalKind::RecycleDateReached => kind.code(),
    }
}
