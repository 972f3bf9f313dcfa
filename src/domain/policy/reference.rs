//! Reference data: what foreign ids, status words, domains and currencies mean. It never decides what follows from them.

use super::rejection::RejectionCode;
use crate::domain::profile::MailKind;
use crate::domain::signal::FormKind;
use crate::domain::time::{DAY, Moment};
use jiff::tz::TimeZone;
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

    /// What a deal is worth in the reporting currency, in ten-thousandths, rounded once, half away from zero: closed deals
    /// by the rate of the month of `closed_on` (days since 1970-01-01), open ones by the plan's (KPIS, Money). `None` is
    /// unconverted: no rate is published.
    #[must_use]
    pub fn in_reporting(&self, ten_thousandths: i64, currency: &str, closed_on: Option<i32>) -> Option<i64> {
        let rate = match closed_on {
            Some(day) => self.exchange_rate(&month(day), currency),
            None => self.plan_rate(currency),
        }?;
        let exact = i128::from(ten_thousandths) * i128::from(rate);
        let unit = i128::from(RATE_UNIT);
        i64::try_from((exact + exact.signum() * unit / 2) / unit).ok()
    }
}

/// The month of a day since 1970-01-01, such as `2026-01`.
fn month(day: i32) -> String {
    let date = Moment(i64::from(day) * DAY).timestamp().to_zoned(TimeZone::UTC).date();
    format!("{:04}-{:02}", date.year(), date.month())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-31 and the day after, in days since 1970-01-01.
    const LAST_OF_MARCH: i32 = 20_543;

    #[test]
    fn a_closed_deal_counts_at_its_months_rate_an_open_one_at_the_plans() {
        let months = [("2026-03", 1_080_000), ("2026-04", 1_095_001)];
        let reference = Reference {
            reporting_currency: "USD".to_owned(),
            exchange_rates: months
                .into_iter()
                .map(|(month, rate)| ((month.to_owned(), "EUR".to_owned()), rate))
                .collect(),
            plan_rates: BTreeMap::from([("EUR".to_owned(), 1_100_000)]),
            ..Reference::default()
        };
        let worth = |amount, currency, closed_on| reference.in_reporting(amount, currency, closed_on);
        assert_eq!(worth(10_000, "EUR", Some(LAST_OF_MARCH)), Some(10_800));
        assert_eq!(worth(10_000, "EUR", Some(LAST_OF_MARCH + 1)), Some(10_950));
        assert_eq!(worth(500_000, "EUR", Some(LAST_OF_MARCH + 1)), Some(547_501), "rounded once: 547,500.5");
        assert_eq!(worth(10_000, "EUR", None), Some(11_000));
        assert_eq!(worth(10_000, "USD", Some(LAST_OF_MARCH)), Some(10_000));
        assert_eq!(worth(10_000, "GBP", Some(LAST_OF_MARCH)), None, "no rate is guessed");
        assert_eq!(worth(10_000, "EUR", Some(LAST_OF_MARCH + 40)), None, "nor taken from another month");
    }
}
