//! Reference data: what foreign ids, status words, domains and currencies mean. It never decides what follows from them.

use super::rejection::RejectionCode;
use crate::domain::profile::MailKind;
use crate::domain::signal::FormKind;
use std::collections::{BTreeMap, BTreeSet};

/// Millionths: the unit of exchange rates.
pub const RATE_UNIT: i64 = 1_000_000;

/// What a CRM's status word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusMeaning {
    Accepted,
    Rejected(RejectionCode),
    Qualified,
}

/// Published reference data; keys are lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// SHA-256 of the text: the version.
    pub hash: [u8; 32],
    /// Foreign campaign ids to ours.
    pub campaigns: BTreeMap<String, String>,
    pub forms_by_id: BTreeMap<String, FormKind>,
    pub forms_by_name: BTreeMap<String, FormKind>,
    /// By status and, where it matters, status reason.
    pub statuses: BTreeMap<(String, Option<String>), StatusMeaning>,
    pub own_domains: BTreeSet<String>,
    pub competitor_domains: BTreeSet<String>,
    pub free_mail_domains: BTreeSet<String>,
    pub disposable_domains: BTreeSet<String>,
    /// ISO 4217.
    pub reporting_currency: String,
    /// By fiscal month (`2026-01`) and currency: millionths of the reporting currency for one unit.
    pub exchange_rates: BTreeMap<(String, String), i64>,
    /// By currency: the rates for open pipeline, in the same unit.
    pub plan_rates: BTreeMap<String, i64>,
    /// By product, `default` for all others: gross margin in percent.
    pub margins: BTreeMap<String, u32>,
}

impl Reference {
    /// Our id of a campaign; a foreign id that is not mapped stands for itself.
    #[must_use]
    pub fn campaign<'a>(&'a self, foreign: &'a str) -> &'a str {
        self.campaigns.get(foreign).map_or(foreign, String::as_str)
    }

    /// What a form is, by its id, else by its name; `None` where neither is mapped.
    #[must_use]
    pub fn form_kind(&self, form_id: &str, form_name: Option<&str>) -> Option<FormKind> {
        self.forms_by_id
            .get(form_id.trim().to_lowercase().as_str())
            .or_else(|| {
                form_name.and_then(|name| self.forms_by_name.get(name.trim().to_lowercase().as_str()))
            })
            .copied()
    }

    /// What a CRM status says: with its reason if that is mapped, else the status alone.
    #[must_use]
    pub fn status(&self, status: &str, status_reason: Option<&str>) -> Option<StatusMeaning> {
        let status = status.trim().to_lowercase();
        let reason = status_reason.map(|reason| reason.trim().to_lowercase());
        let exact = reason.and_then(|reason| self.statuses.get(&(status.clone(), Some(reason))));
        exact.or_else(|| self.statuses.get(&(status, None))).copied()
    }

    /// What an e-mail's domain says; a subdomain is what its parent is.
    #[must_use]
    pub fn mail_kind(&self, domain: &str) -> MailKind {
        if listed(&self.disposable_domains, domain) {
            MailKind::Disposable
        } else if listed(&self.free_mail_domains, domain) {
            MailKind::Free
        } else {
            MailKind::Company
        }
    }

    /// Whether the domain is ours, or an agency's that works for us.
    #[must_use]
    pub fn is_own(&self, domain: &str) -> bool {
        listed(&self.own_domains, domain)
    }

    /// Whether the domain is a competitor's.
    #[must_use]
    pub fn is_competitor(&self, domain: &str) -> bool {
        listed(&self.competitor_domains, domain)
    }

    /// Millionths of the reporting currency for one unit in a fiscal month (`2026-01`); `None` is unconverted.
    #[must_use]
    pub fn exchange_rate(&self, fiscal_month: &str, currency: &str) -> Option<i64> {
        if currency == self.reporting_currency {
            return Some(RATE_UNIT);
        }
        self.exchange_rates.get(&(fiscal_month.to_owned(), currency.to_owned())).copied()
    }

    /// Millionths of the reporting currency for one unit of open pipeline.
    #[must_use]
    pub fn plan_rate(&self, currency: &str) -> Option<i64> {
        if currency == self.reporting_currency {
            return Some(RATE_UNIT);
        }
        self.plan_rates.get(currency).copied()
    }
}

fn listed(domains: &BTreeSet<String>, domain: &str) -> bool {
    let domain = domain.trim().trim_end_matches('.').to_lowercase();
    let mut rest = domain.as_str();
    loop {
        if domains.contains(rest) {
            return true;
        }
        match rest.split_once('.') {
            Some((_, parent)) => rest = parent,
            None => return false,
        }
    }
}
