//! Money in the reporting currency: what has a rate is converted and summed, what has none is listed beside the sum and
//! never in it. Whole numbers only.

use super::grouped;
use crate::domain::policy::Reference;
use crate::domain::policy::reference::RATE_UNIT;
use std::collections::BTreeMap;

/// Ten-thousandths in one unit of money.
const UNIT: i64 = 10_000;

/// Which rate holds for an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate<'a> {
    /// Of the fiscal month in which it was won or spent, as `2026-01`.
    Of(&'a str),
    /// The plan's, for what is still open.
    Plan,
}

/// A sum in the reporting currency, and what no rate is published for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Units of the reporting currency.
    pub units: i64,
    /// Units by currency; `unknown` where the record names none.
    pub unconverted: BTreeMap<String, i64>,
}

impl Sum {
    /// Adds ten-thousandths of a currency.
    pub fn add(
        &mut self,
        reference: &Reference,
        rate: Rate<'_>,
        currency: Option<&str>,
        ten_thousandths: i64,
    ) {
        if ten_thousandths == 0 {
            return;
        }
        if let Some(units) = converted(reference, rate, currency, ten_thousandths) {
            self.units += units;
        } else {
            let currency = currency.unwrap_or("unknown").to_owned();
            *self.unconverted.entry(currency).or_default() += ten_thousandths / UNIT;
        }
    }

    /// Adds another sum.
    pub fn plus(&mut self, other: &Self) {
        self.units += other.units;
        for (currency, units) in &other.unconverted {
            *self.unconverted.entry(currency.clone()).or_default() += units;
        }
    }

    /// The sum with space between thousands; nothing for none.
    #[must_use]
    pub fn text(&self) -> String {
        if self.units == 0 { String::new() } else { grouped(self.units) }
    }

    /// What is left out of the sum, as `+ 1 200 JPY`; empty where nothing is.
    #[must_use]
    pub fn left_out(&self) -> String {
        let parts: Vec<String> = self
            .unconverted
            .iter()
            .map(|(currency, units)| format!("+ {} {currency}", grouped(*units)))
            .collect();
        parts.join(", ")
    }
}

/// Units of the reporting currency; `None` where no rate is published.
fn converted(
    reference: &Reference,
    rate: Rate<'_>,
    currency: Option<&str>,
    ten_thousandths: i64,
) -> Option<i64> {
    let currency = currency?;
    let rate = match rate {
        Rate::Of(month) => reference.exchange_rate(month, currency)?,
        Rate::Plan => reference.plan_rate(currency)?,
    };
    let exact = i128::from(ten_thousandths) * i128::from(rate) / i128::from(RATE_UNIT) / i128::from(UNIT);
    i64::try_from(exact).ok()
}

/// (revenue - spend) / spend in percent, half up; `None` without spend, or where a part of either has no rate.
#[must_use]
pub fn roi_percent(revenue: &Sum, spend: &Sum) -> Option<i64> {
    if spend.units <= 0 || !revenue.unconverted.is_empty() || !spend.unconverted.is_empty() {
        return None;
    }
    let gain = (i128::from(revenue.units) - i128::from(spend.units)) * 200 + i128::from(spend.units);
    i64::try_from(gain.div_euclid(2 * i128::from(spend.units))).ok()
}

/// Return on spend for a table: `+140 %`, `n/a` where it cannot be told, nothing without spend.
#[must_use]
pub fn roi_words(revenue: &Sum, spend: &Sum) -> String {
    match roi_percent(revenue, spend) {
        Some(percent) if percent > 0 => format!("+{} %", grouped(percent)),
        Some(percent) => format!("{} %", grouped(percent)),
        None if spend.units == 0 && spend.unconverted.is_empty() => String::new(),
        None => "n/a".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::shipped::shipped;

    fn units(units: i64) -> Sum {
        Sum { units, ..Sum::default() }
    }

    #[test]
    fn return_on_spend_is_rounded_half_up_and_told_only_of_money_that_has_a_rate() {
        assert_eq!(roi_percent(&units(12_000), &units(500)), Some(2_300));
        assert_eq!(roi_percent(&units(0), &units(500)), Some(-100));
        assert_eq!(roi_percent(&units(1_005), &units(1_000)), Some(1), "0.5 % is 1 %");
        assert_eq!(roi_percent(&units(995), &units(1_000)), Some(0), "-0.5 % is 0 %");
        assert_eq!(roi_percent(&units(10), &units(0)), None);
        let strange = Sum { units: 10, unconverted: BTreeMap::from([("JPY".to_owned(), 5)]) };
        assert_eq!(
            (roi_percent(&strange, &units(5)), roi_words(&strange, &units(5))),
            (None, "n/a".to_owned())
        );
        assert_eq!(roi_words(&units(1_500), &units(1_000)), "+50 %");
        assert_eq!(roi_words(&units(500), &units(1_000)), "\u{2212}50 %");
        assert_eq!(roi_words(&units(500), &units(0)), "");
    }

    #[test]
    fn what_is_closed_takes_its_months_rate_and_what_is_open_the_plans_and_neither_the_others() {
        let reference = &shipped().reference;
        let mut sum = Sum::default();
        sum.add(reference, Rate::Of("2026-01"), Some("EUR"), 1_000 * UNIT);
        assert_eq!(sum.units, 1_090, "1.09 in January 2026");
        sum.add(reference, Rate::Of("1999-01"), Some("EUR"), 1_000 * UNIT);
        sum.add(reference, Rate::Plan, Some("XXX"), 7 * UNIT);
        sum.add(reference, Rate::Plan, None, 2 * UNIT);
        assert_eq!(sum.units, 1_090, "a missing rate is never guessed");
        assert_eq!(sum.left_out(), "+ 1\u{202f}000 EUR, + 7 XXX, + 2 unknown");
        sum.add(reference, Rate::Of("1999-01"), Some("USD"), 5 * UNIT);
        assert_eq!(sum.text(), "1\u{202f}095");
    }
}
