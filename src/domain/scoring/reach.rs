//! The most that rules can give: bounds that no lead's signals can pass. It never looks at a lead.

use super::engagement::{Counting, EngagementRule, EngagementRules};
use super::fit::{FitField, FitRules};
use crate::domain::signal::{SignalKind, WINDOW_SIGNALS_MAX, WINDOW_SIGNALS_OF_ONE_KIND_MAX};

impl EngagementRules {
    /// The most that one award of a rule gives, at its best age; 0 where decay leaves nothing of it, or it takes points off.
    #[must_use]
    pub fn award_max(&self, rule: &EngagementRule) -> i32 {
        let best = self.decay().iter().map(|band| band.percent).max().unwrap_or(0);
        rule.points.max(0) * i32::try_from(best).unwrap_or(0) / 100
    }

    /// The most that a rule's awards sum up to before its cap: the window keeps so many signals of a kind, and in all.
    #[must_use]
    pub fn uncapped_max(&self, rule: &EngagementRule) -> i32 {
        self.award_max(rule) * i32::try_from(awards_max(rule)).unwrap_or(0)
    }

    /// The most that a rule gives.
    #[must_use]
    pub fn rule_max(&self, rule: &EngagementRule) -> i32 {
        self.uncapped_max(rule).min(rule.cap.max(0))
    }

    /// The most that the rules of a group give before the group's cap.
    #[must_use]
    pub fn group_max(&self, group: usize) -> i32 {
        self.rules().iter().filter(|rule| rule.group == Some(group)).map(|rule| self.rule_max(rule)).sum()
    }

    /// The most that all rules give, each group held at its cap, before the total is.
    #[must_use]
    pub fn sum_max(&self) -> i32 {
        let alone: i32 =
            self.rules().iter().filter(|rule| rule.group.is_none()).map(|rule| self.rule_max(rule)).sum();
        let grouped: i32 = self
            .groups()
            .iter()
            .enumerate()
            .map(|(place, group)| self.group_max(place).min(group.cap.max(0)))
            .sum();
        alone + grouped
    }
}

impl FitRules {
    /// The most points that a profile can have, 0 to 100.
    #[must_use]
    pub fn points_max(&self) -> u8 {
        let sum: u16 = FitField::ALL.iter().map(|field| u16::from(self.maximum(*field))).sum();
        u8::try_from(sum.min(100)).unwrap_or(100)
    }
}

/// How many awards the fullest window gives a rule.
fn awards_max(rule: &EngagementRule) -> usize {
    let signals = |kinds: usize| (kinds * WINDOW_SIGNALS_OF_ONE_KIND_MAX).min(WINDOW_SIGNALS_MAX);
    match rule.counting {
        Counting::EverySignal => signals(rule.kinds.len()),
        // Signals that know no message are as one message's.
        Counting::OncePerMessage => {
            let with_message = rule.kinds.iter().filter(|kind| names_message(**kind)).count();
            signals(with_message).max(usize::from(!rule.kinds.is_empty()))
        }
        Counting::Together { count, .. } => signals(rule.kinds.len()) / (count as usize).max(1),
    }
}

/// Whether signals of this kind may say which message they are about.
fn names_message(kind: SignalKind) -> bool {
    matches!(
        kind,
        SignalKind::EmailSent
            | SignalKind::EmailDelivered
            | SignalKind::EmailOpened
            | SignalKind::EmailClicked
            | SignalKind::EmailReplied
    )
}

#[cfg(test)]
mod tests {
    use super::super::{DecayBand, GroupCap};
    use super::*;
    use crate::domain::signal::{FormKind, PageKind};

    fn rule(kinds: &[SignalKind], points: i32, cap: i32, counting: Counting) -> EngagementRule {
        EngagementRule {
            id: "rule".to_owned(),
            label: "A rule".to_owned(),
            kinds: kinds.to_vec(),
            points,
            cap,
            group: None,
            counting,
            hand_raise: false,
            priority: None,
        }
    }

    fn rules(rules: Vec<EngagementRule>, best_percent: u32) -> EngagementRules {
        let group = GroupCap { id: "web".to_owned(), label: "Web".to_owned(), cap: 30 };
        let band = DecayBand { days_max: 7, percent: best_percent };
        EngagementRules::new(rules, vec![group], vec![band], 180, 150).unwrap()
    }

    const DEMO: SignalKind = SignalKind::Form(FormKind::Demo);
    const PRICING: SignalKind = SignalKind::Session(PageKind::Pricing);

    #[test]
    fn a_rule_gives_at_most_what_the_window_holds_decay_leaves_and_its_cap_lets_through() {
        let every = rules(vec![rule(&[DEMO], 10, 60, Counting::EverySignal)], 70);
        let of = |rules: &EngagementRules| {
            let rule = &rules.rules()[0];
            (rules.award_max(rule), rules.uncapped_max(rule), rules.rule_max(rule))
        };
        assert_eq!(of(&every), (7, 7 * 32, 60));
        let small = rules(vec![rule(&[DEMO], 1, 60, Counting::EverySignal)], 70);
        assert_eq!(of(&small), (0, 0, 0), "truncated away");
        let two = Counting::Together { count: 3, within_days: Some(7) };
        let together = rules(vec![rule(&[DEMO, PRICING], 10, 1_000, two)], 100);
        assert_eq!(of(&together), (10, 210, 210), "64 signals make 21 threes");
        let minus = rules(vec![rule(&[DEMO], -20, -20, Counting::EverySignal)], 100);
        assert_eq!(of(&minus), (0, 0, 0));
    }

    #[test]
    fn once_a_message_gives_one_award_where_signals_know_no_message() {
        let once = |kind| rules(vec![rule(&[kind], 6, 18, Counting::OncePerMessage)], 100);
        let most = |rules: &EngagementRules| rules.rule_max(&rules.rules()[0]);
        assert_eq!(most(&once(SignalKind::EmailClicked)), 18);
        assert_eq!(most(&once(DEMO)), 6);
    }

    #[test]
    fn groups_hold_their_rules_down_and_the_rest_adds_up() {
        let in_group = |kinds: &[SignalKind], cap| EngagementRule {
            group: Some(0),
            ..rule(kinds, 10, cap, Counting::EverySignal)
        };
        let all = vec![
            in_group(&[PRICING], 20),
            in_group(&[DEMO], 20),
            rule(&[SignalKind::Chat], 25, 25, Counting::EverySignal),
        ];
        let rules = rules(all, 100);
        assert_eq!((rules.group_max(0), rules.sum_max()), (40, 55));
    }
}
