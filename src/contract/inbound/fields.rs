//! Reading members of a document that its schema has passed. It never repeats a value in what it reports.

use crate::contract::request::{CrmKey, Money, Unreadable};
use crate::domain::time::{DAY, Moment};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// The members of one object and where it stands in the document.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    members: &'a Map<String, Value>,
    place: &'static str,
}

/// Fractional digits of money: ten-thousandths of the unit.
const MONEY_DIGITS: usize = 4;

static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

impl<'a> Fields<'a> {
    /// The members of the event's data.
    pub(super) fn of(value: &'a Value) -> Self {
        Self { members: value.as_object().unwrap_or(&NOTHING), place: "" }
    }

    /// An object without members.
    pub(super) fn nothing() -> Self {
        Self { members: &NOTHING, place: "" }
    }

    /// A text with something in it.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.members.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The same text, owned.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// Whether a flag is there and true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.members.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether a member is there and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// A whole number that fits.
    pub(super) fn integer<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        T::try_from(self.members.get(name)?.as_i64()?).ok()
    }

    /// An object; an empty one where there is none.
    pub(super) fn object(&self, name: &'static str) -> Self {
        let members = self.members.get(name).and_then(Value::as_object).unwrap_or(&NOTHING);
        Self { members, place: name }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The objects of a list.
    pub(super) fn objects(&self, name: &'static str) -> impl Iterator<Item = Self> + use<'a> {
        self.items(name).iter().filter_map(Value::as_object).map(move |members| Self { members, place: name })
    }

    /// The texts of a list.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.items(name).iter().filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    fn items(&self, name: &str) -> &'a [Value] {
        self.members.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// A CRM key.
    pub(super) fn crm(&self, name: &'static str) -> Option<CrmKey> {
        self.object(name).as_crm()
    }

    /// This object as a CRM key.
    pub(super) fn as_crm(&self) -> Option<CrmKey> {
        Some(CrmKey { system: self.owned("system")?, object: self.owned("object")?, id: self.owned("id")? })
    }

    /// A calendar date as the moment at which it begins in UTC.
    pub(super) fn day_start(&self, name: &str) -> Result<Option<Moment>, Unreadable> {
        let Some(text) = self.text(name) else { return Ok(None) };
        Moment::parse(&format!("{text}T00:00:00Z"))
            .map(Some)
            .map_err(|_| self.bad(name, "is no day of the calendar"))
    }

    /// A calendar date in days since 1970-01-01.
    pub(super) fn date(&self, name: &str) -> Result<Option<i32>, Unreadable> {
        Ok(self.day_start(name)?.and_then(|start| i32::try_from(start.0.div_euclid(DAY)).ok()))
    }

    /// A moment.
    pub(super) fn moment(&self, name: &str) -> Result<Option<Moment>, Unreadable> {
        let Some(text) = self.text(name) else { return Ok(None) };
        Moment::parse(text).map(Some).map_err(|_| self.bad(name, "is no moment of the calendar"))
    }

    /// An amount with the currency that stands beside it.
    pub(super) fn money(&self, name: &str) -> Result<Option<Money>, Unreadable> {
        let (Some(amount), Some(currency)) = (self.text(name), self.text("currency")) else {
            return Ok(None);
        };
        match ten_thousandths(amount) {
            Some(ten_thousandths) => Ok(Some(Money { ten_thousandths, currency: currency.to_owned() })),
            None => Err(self.bad(name, "is no decimal amount")),
        }
    }

    /// What is wrong with a member, without its value.
    pub(super) fn bad(&self, name: &str, rule: &str) -> Unreadable {
        let slash = if self.place.is_empty() { "" } else { "/" };
        Unreadable { reason: "schema", detail: format!("{slash}{}/{name}: {rule}", self.place) }
    }
}

/// Reads a decimal text exactly; `None` for any other text or one that does not fit.
pub(super) fn ten_thousandths(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > MONEY_DIGITS {
        return None;
    }
    let mut units: i64 = whole.parse().ok()?;
    for place in 0..MONEY_DIGITS {
        let digit = fraction.as_bytes().get(place).map_or(0, |byte| i64::from(byte - b'0'));
        units = units.checked_mul(10)?.checked_add(digit)?;
    }
    Some(if negative { -units } else { units })
}
