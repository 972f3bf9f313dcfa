//! The policy that both teams signed, compiled for quick reading. It never reads text, a clock or a lead's stage.

pub mod diff;
pub mod mql;
pub mod reference;
pub mod rejection;
pub mod sql;
pub mod terms;

pub use mql::{Blocker, EngagementGround, Guards, MqlDefinition, MqlGround, MqlVerdict, human_kinds_max};
pub use reference::Reference;
pub use rejection::{
    Consequence, Demands, DisqualifiedFor, LossRule, RejectionCode, RejectionRule, RejectionTask,
};
pub use sql::{Authority, Budget, Need, SqlDefinition, SqlFacts};
pub use terms::{Durations, Grade, Priority, RequiredField, Segment, SlaTerms, Targets};

use super::profile::{Function, Profile, Seniority};
use super::routing::{NamedAccount, NamedAccounts, RouteRule};
use super::scoring::{EngagementRules, FitRules, Receipt, Score, Standing, TitleRules};
use super::signal::SignalKind;
use super::time::Moment;

/// Everything the text of a policy says; `Policy::compile` makes it quick to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTerms {
    /// A name for people, such as `default`.
    pub name: String,
    pub engagement: EngagementRules,
    pub fit: FitRules,
    pub title: TitleRules,
    pub mql: MqlDefinition,
    pub sql: SqlDefinition,
    /// Companies with more employees are enterprise.
    pub enterprise_above: u32,
    /// Companies with at least so many are mid-market; fewer or unknown are small.
    pub mid_market_from: u32,
    /// One for each priority, P1 first.
    pub sla: [SlaTerms; 4],
    pub durations: Durations,
    /// One for each code, in the order of [`RejectionCode::ALL`].
    pub rejections: [RejectionRule; 17],
    pub losses: Vec<LossRule>,
    /// The rule of a missing or unknown reason.
    pub loss_unmapped: LossRule,
    /// Companies that go to a person or pool before any route.
    pub named_accounts: Vec<NamedAccount>,
    /// Products that routes may ask for, lower case; what else a form names is not kept.
    pub products: Vec<String>,
    pub routes: Vec<RouteRule>,
    pub required_fields: Vec<RequiredField>,
    pub targets: Targets,
}

/// A compiled policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// SHA-256 of the text: the version.
    pub hash: [u8; 32],
    pub(in crate::domain) terms: PolicyTerms,
    named: NamedAccounts,
}

impl Policy {
    /// Compiles terms into a policy; the hash is that of the text they were read from.
    #[must_use]
    pub fn compile(hash: [u8; 32], terms: PolicyTerms) -> Self {
        let named = NamedAccounts::new(terms.named_accounts.clone());
        Self { hash, terms, named }
    }

    /// The same policy, with domains of named accounts as leads know them.
    #[must_use]
    pub fn sealed(mut self, seal: impl Fn(&str) -> String) -> Self {
        self.named = self.named.sealed(seal);
        self
    }

    /// The companies that come before any route.
    #[must_use]
    pub fn named_accounts(&self) -> &NamedAccounts {
        &self.named
    }

    /// The product that a form names, if the policy lists it.
    #[must_use]
    pub fn product(&self, text: &str) -> Option<String> {
        let word = text.trim().to_lowercase();
        self.terms.products.iter().find(|product| **product == word).cloned()
    }

    /// Everything the policy says.
    #[must_use]
    pub fn terms(&self) -> &PolicyTerms {
        &self.terms
    }

    /// The score as of `standing.as_of`.
    #[must_use]
    pub fn score(&self, standing: &Standing<'_>) -> Score {
        crate::domain::scoring::score(self, standing)
    }

    /// The explanation of the score: its lines sum to the score's points.
    #[must_use]
    pub fn receipt(&self, standing: &Standing<'_>) -> Receipt {
        crate::domain::scoring::receipt(self, standing)
    }

    /// Whether the lead is marketing qualified; `hand_raise` is the moment of the hand-raise being decided.
    #[must_use]
    pub fn mql(&self, standing: &Standing<'_>, hand_raise: Option<Moment>) -> MqlVerdict {
        mql::verdict(self, standing, hand_raise)
    }

    /// Whether a signal of this kind asks for sales.
    #[must_use]
    pub fn is_hand_raise(&self, kind: SignalKind) -> bool {
        self.terms.engagement.is_hand_raise(kind)
    }

    /// Whether a bot score (0-100) blocks.
    #[must_use]
    pub fn is_bot(&self, bot_score: u8) -> bool {
        bot_score >= self.terms.mql.bot_score_min
    }

    /// What a job title says, by the policy's word list; `None` where it says nothing.
    #[must_use]
    pub fn title(&self, job_title: &str) -> (Option<Seniority>, Option<Function>) {
        self.terms.title.read(job_title)
    }

    /// The size class of the lead's company.
    #[must_use]
    pub fn segment(&self, profile: &Profile) -> Segment {
        match Profile::value(profile.employees.as_ref()) {
            Some(count) if *count > self.terms.enterprise_above => Segment::Enterprise,
            Some(count) if *count >= self.terms.mid_market_from => Segment::MidMarket,
            Some(_) | None => Segment::Small,
        }
    }

    /// What a priority promises.
    #[must_use]
    pub fn sla(&self, priority: Priority) -> SlaTerms {
        self.terms.sla[priority as usize]
    }

    /// Every other time and count.
    #[must_use]
    pub fn durations(&self) -> &Durations {
        &self.terms.durations
    }

    /// What follows from a rejection code.
    #[must_use]
    pub fn rejection(&self, code: RejectionCode) -> &RejectionRule {
        &self.terms.rejections[code.index()]
    }

    /// What follows from a lost opportunity.
    #[must_use]
    pub fn loss(&self, reason: Option<&str>) -> &LossRule {
        reason
            .and_then(|reason| self.terms.losses.iter().find(|rule| rule.code == reason))
            .unwrap_or(&self.terms.loss_unmapped)
    }

    /// The SQL definition.
    #[must_use]
    pub fn sql_definition(&self) -> &SqlDefinition {
        &self.terms.sql
    }

    /// The facts that an SQL still misses on that day (days since 1970-01-01), by their words in the contract.
    #[must_use]
    pub fn sql_missing(&self, facts: &SqlFacts, account_matched: bool, decided_on: i32) -> Vec<&'static str> {
        self.terms.sql.missing(facts, account_matched, decided_on)
    }

    /// The routes, in the order in which they are tried.
    #[must_use]
    pub fn routes(&self) -> &[RouteRule] {
        &self.terms.routes
    }

    /// The fields that a handoff needs.
    #[must_use]
    pub fn required_fields(&self) -> &[RequiredField] {
        &self.terms.required_fields
    }

    /// The required fields that this profile lacks.
    #[must_use]
    pub fn missing_fields(&self, profile: &Profile) -> Vec<RequiredField> {
        let known = profile.known;
        self.terms
            .required_fields
            .iter()
            .copied()
            .filter(|field| !match field {
                RequiredField::Email => known.email,
                RequiredField::Name => known.name,
                RequiredField::Company => known.company || profile.company_domain.is_some(),
                RequiredField::Country => profile.country.is_some(),
                RequiredField::JobTitle => known.job_title,
                RequiredField::Phone => known.phone,
            })
            .collect()
    }

    /// What both teams aim at.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.terms.targets
    }
}
