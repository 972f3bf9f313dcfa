//! Engagement points: rules, decay and caps over the signals of a cycle. It never looks at the profile.

use super::Standing;
use crate::domain::policy::Priority;
use crate::domain::signal::{Signal, SignalKind};
use crate::domain::time::{DAY, Moment};
use thiserror::Error;

/// Rules of one policy; the bound keeps a score's work small. The default policy has 19.
pub const RULES_MAX: usize = 64;

/// How signals of a rule become awards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Every signal is an award.
    EverySignal,
    /// One award a message; signals whose message is not known count as one message's.
    OncePerMessage,
    /// One award for so many signals, within so many days of each other where given.
    Together { count: u32, within_days: Option<u32> },
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngagementRule {
    /// Its name in receipts, such as `pricing_session`.
    pub id: String,
    /// Its words for people.
    pub label: String,
    pub kinds: Vec<SignalKind>,
    /// Points of one award before decay; negative ones do not decay.
    pub points: i32,
    /// The most that the rule gives in a cycle, of the sign of `points`.
    pub cap: i32,
    /// Place in [`EngagementRules::groups`]; only rules with positive points are in a group.
    pub group: Option<usize>,
    pub counting: Counting,
    pub hand_raise: bool,
    /// An MQL to which this rule gives points has at least this priority.
    pub priority: Option<Priority>,
}

/// A cap over several rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCap {
    pub id: String,
    pub label: String,
    pub cap: i32,
}

/// Up to this age in whole days, positive points count so many percent, truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecayBand {
    pub days_max: u32,
    pub percent: u32,
}

/// Why rules can't be compiled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    #[error("{found} rules; a policy holds at most {RULES_MAX}")]
    TooMany { found: usize },
    #[error("rule `{rule}`: the cap {cap} must have the sign of the points {points}")]
    CapSign { rule: String, points: i32, cap: i32 },
    #[error("rule `{rule}`: negative points are in no group")]
    NegativeInGroup { rule: String },
    #[error("decay bands must rise by days and fall by percent, from at most 100")]
    Decay,
}

/// The engagement rules of a policy, indexed by kind of signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngagementRules {
    rules: Vec<EngagementRule>,
    groups: Vec<GroupCap>,
    decay: Vec<DecayBand>,
    negative_days_max: u32,
    total_max: u16,
    /// By ordinal of the kind: places in `rules`.
    by_kind: Vec<Vec<usize>>,
}

/// What of the rules a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulePlace {
    All,
    /// The rule at that place.
    Rule(usize),
    /// The band of decay at that place.
    Band(usize),
}

/// One award, as the walk over the signals finds it.
pub(super) struct Award<'a> {
    pub rule: usize,
    /// After decay, before caps; never 0.
    pub points: i32,
    /// The signals that made it, newest first.
    pub signals: &'a [Signal],
}

impl EngagementRules {
    /// Compiles rules. `total_max` bounds the sum, whose floor is 0; negative points end after `negative_days_max`.
    ///
    /// # Errors
    /// More rules than [`RULES_MAX`], a cap of the wrong sign, a negative rule in a group, bands out of order.
    pub fn new(
        rules: Vec<EngagementRule>,
        groups: Vec<GroupCap>,
        decay: Vec<DecayBand>,
        negative_days_max: u32,
        total_max: u16,
    ) -> Result<Self, RuleError> {
        if let Some((_, fault)) = Self::faults(&rules, &groups, &decay).into_iter().next() {
            return Err(fault);
        }
        let mut by_kind = vec![Vec::new(); SignalKind::ALL.len()];
        for (place, rule) in rules.iter().enumerate() {
            for kind in &rule.kinds {
                by_kind[ordinal(*kind)].push(place);
            }
        }
        Ok(Self { rules, groups, decay, negative_days_max, total_max, by_kind })
    }

    /// Everything that keeps rules from being compiled, each with what it is about.
    #[must_use]
    pub fn faults(
        rules: &[EngagementRule],
        groups: &[GroupCap],
        decay: &[DecayBand],
    ) -> Vec<(RulePlace, RuleError)> {
        let found = rules.len().max(groups.len());
        if found > RULES_MAX {
            return vec![(RulePlace::All, RuleError::TooMany { found })];
        }
        let mut faults = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            if rule.points.signum() != rule.cap.signum() {
                let sign = RuleError::CapSign { rule: rule.id.clone(), points: rule.points, cap: rule.cap };
                faults.push((RulePlace::Rule(place), sign));
            }
            if rule.points < 0 && rule.group.is_some() {
                faults.push((RulePlace::Rule(place), RuleError::NegativeInGroup { rule: rule.id.clone() }));
            }
        }
        for (place, band) in decay.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|before| decay.get(before));
            let falls =
                before.is_none_or(|other| other.days_max < band.days_max && other.percent >= band.percent);
            if !falls || band.percent > 100 {
                faults.push((RulePlace::Band(place), RuleError::Decay));
            }
        }
        faults
    }

    /// The rules, in the order of the policy.
    #[must_use]
    pub fn rules(&self) -> &[EngagementRule] {
        &self.rules
    }

    /// The groups, in the order of the policy.
    #[must_use]
    pub fn groups(&self) -> &[GroupCap] {
        &self.groups
    }

    /// The decay of positive points, youngest band first.
    #[must_use]
    pub fn decay(&self) -> &[DecayBand] {
        &self.decay
    }

    /// The last whole day on which negative points count.
    #[must_use]
    pub fn negative_days_max(&self) -> u32 {
        self.negative_days_max
    }

    /// The most that a score may be.
    #[must_use]
    pub fn total_max(&self) -> u16 {
        self.total_max
    }

    /// Whether a rule of this kind of signal is a hand-raise.
    #[must_use]
    pub fn is_hand_raise(&self, kind: SignalKind) -> bool {
        self.of(kind).any(|rule| rule.hand_raise)
    }

    /// Points as of the standing's moment.
    #[must_use]
    pub fn points(&self, standing: &Standing<'_>) -> u16 {
        let mut rules = [0_i32; RULES_MAX];
        self.walk(standing, |award| {
            rules[award.rule] = self.within_cap(award.rule, rules[award.rule] + award.points);
        });
        let mut groups = [0_i32; RULES_MAX];
        let mut sum = 0;
        for (rule, points) in self.rules.iter().zip(rules) {
            match rule.group {
                Some(group) => groups[group] += points,
                None => sum += points,
            }
        }
        for (group, points) in self.groups.iter().zip(groups) {
            sum += points.min(group.cap);
        }
        self.within_total(sum)
    }

    /// The highest priority of the rules that give points now.
    #[must_use]
    pub fn priority(&self, standing: &Standing<'_>) -> Option<Priority> {
        let mut best: Option<Priority> = None;
        self.walk(standing, |award| {
            if let Some(priority) = self.rules[award.rule].priority {
                best = Some(best.map_or(priority, |other| other.min(priority)));
            }
        });
        best
    }

    pub(super) fn within_cap(&self, rule: usize, points: i32) -> i32 {
        let cap = self.rules[rule].cap;
        if cap < 0 { points.max(cap) } else { points.min(cap) }
    }

    pub(super) fn within_total(&self, sum: i32) -> u16 {
        u16::try_from(sum.clamp(0, i32::from(self.total_max))).unwrap_or(0)
    }

    /// Finds every award of the cycle's signals, newest first, so that a cap keeps the newest.
    pub(super) fn walk(&self, standing: &Standing<'_>, mut visit: impl FnMut(&Award<'_>)) {
        let mut messages: Vec<(usize, u32)> = Vec::new();
        let mut runs: Vec<(usize, Vec<Signal>)> = Vec::new();
        for signal in standing.signals.signals().iter().rev() {
            if signal.at < standing.cycle_started_at {
                break;
            }
            let age = standing.as_of.days_since(signal.at).max(0);
            for place in &self.by_kind[ordinal(signal.kind)] {
                let rule = &self.rules[*place];
                let points = self.aged(rule.points, age);
                if points == 0 {
                    continue;
                }
                match rule.counting {
                    Counting::EverySignal => {}
                    Counting::OncePerMessage => {
                        if messages.contains(&(*place, signal.about)) {
                            continue;
                        }
                        messages.push((*place, signal.about));
                    }
                    Counting::Together { count, within_days } => {
                        let run = run_of(&mut runs, *place);
                        run.push(*signal);
                        if let Some(moment) = completed(run, count, within_days) {
                            let age = standing.as_of.days_since(moment).max(0);
                            visit(&Award { rule: *place, points: self.aged(rule.points, age), signals: run });
                            run.clear();
                        }
                        continue;
                    }
                }
                visit(&Award { rule: *place, points, signals: std::slice::from_ref(signal) });
            }
        }
    }

    fn of(&self, kind: SignalKind) -> impl Iterator<Item = &EngagementRule> {
        self.by_kind[ordinal(kind)].iter().map(|place| &self.rules[*place])
    }

    /// Points at an age in whole days: positive ones decay and are truncated, negative ones end.
    fn aged(&self, points: i32, age: i64) -> i32 {
        if points < 0 {
            return if age <= i64::from(self.negative_days_max) { points } else { 0 };
        }
        self.decay
            .iter()
            .find(|band| age <= i64::from(band.days_max))
            .map_or(0, |band| points * i32::try_from(band.percent).unwrap_or(0) / 100)
    }
}

fn run_of(runs: &mut Vec<(usize, Vec<Signal>)>, rule: usize) -> &mut Vec<Signal> {
    let place = runs.iter().position(|(other, _)| *other == rule);
    let place = place.unwrap_or_else(|| {
        runs.push((rule, Vec::new()));
        runs.len() - 1
    });
    &mut runs[place].1
}

/// The moment of the newest signal of a run that is complete; a run that is too long loses its newest signals.
fn completed(run: &mut Vec<Signal>, count: u32, within_days: Option<u32>) -> Option<Moment> {
    let oldest = run.last()?.at;
    if let Some(days) = within_days {
        run.retain(|signal| signal.at.since(oldest) <= i64::from(days) * DAY);
    }
    if run.len() < count as usize {
        return None;
    }
    run.first().map(|signal| signal.at)
}

/// Place of a kind in [`SignalKind::ALL`].
fn ordinal(kind: SignalKind) -> usize {
    match kind {
        SignalKind::Form(form) => form as usize,
        SignalKind::PageView(page) => 9 + page as usize,
        SignalKind::Session(page) => 14 + page as usize,
        SignalKind::EmailSent => 19,
        SignalKind::EmailDelivered => 20,
        SignalKind::EmailOpened => 21,
        SignalKind::EmailClicked => 22,
        SignalKind::EmailReplied => 23,
        SignalKind::SoftBounce => 24,
        SignalKind::HardBounce => 25,
        SignalKind::EmailOptOut => 26,
        SignalKind::WebinarRegistered => 27,
        SignalKind::WebinarAttended => 28,
        SignalKind::EventAttended => 29,
        SignalKind::AdClick => 30,
        SignalKind::Chat => 31,
        SignalKind::InboundCall => 32,
        SignalKind::ProductActivated => 33,
        SignalKind::Intent => 34,
        SignalKind::ColleagueActive => 35,
        SignalKind::RecycleDateReached => 36,
    }
}
