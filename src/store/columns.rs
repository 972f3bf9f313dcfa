//! Rows turned into arrays for UNNEST: one array per column, all of one length because they come from one list of rows.
//! It never builds SQL.

use crate::domain::ids::IdentityKey;
use std::collections::BTreeSet;

/// One column of the rows.
pub(super) fn column<'a, R, T>(rows: &[&'a R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().copied().map(value).collect()
}

/// The rows sorted by key: every transaction then locks in the same order.
pub(super) fn sorted<R, K: Ord>(rows: &[R], key: impl Fn(&R) -> K) -> Vec<&R> {
    let mut sorted: Vec<&R> = rows.iter().collect();
    sorted.sort_by_key(|row| key(row));
    sorted
}

/// The rows in as few sorted groups as give no group two rows of one key, first rows first.
///
/// `ON CONFLICT DO UPDATE` refuses to touch one row twice in a statement; rows of one key are applied one after another.
pub(super) fn waves<R, K: Ord>(rows: &[R], key: impl Fn(&R) -> K) -> Vec<Vec<&R>> {
    let mut rest: Vec<&R> = rows.iter().collect();
    let mut waves = Vec::new();
    while !rest.is_empty() {
        let mut keys = BTreeSet::new();
        let (mut wave, later): (Vec<&R>, Vec<&R>) = rest.into_iter().partition(|row| keys.insert(key(row)));
        wave.sort_by_key(|row| key(row));
        waves.push(wave);
        rest = later;
    }
    waves
}

/// A `text[]` of one row, as Postgres reads it from text: UNNEST can't carry arrays of arrays.
pub(super) fn text_array<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let mut literal = String::from("{");
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            literal.push(',');
        }
        literal.push('"');
        for character in value.chars() {
            if matches!(character, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(character);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}

/// An `integer[]` of one row, as Postgres reads it from text.
pub(super) fn integer_array(values: impl IntoIterator<Item = i32>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    format!("{{{}}}", values.join(","))
}

/// The stored bytes of keys, sorted and each once.
pub(super) fn key_bytes<'a>(keys: impl IntoIterator<Item = &'a IdentityKey>) -> Vec<Vec<u8>> {
    let keys: BTreeSet<&IdentityKey> = keys.into_iter().collect();
    keys.into_iter().map(IdentityKey::bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_key_come_in_later_waves_and_in_order() {
        let rows = [(2, 'a'), (1, 'b'), (2, 'c'), (2, 'd')];
        let waves = waves(&rows, |row| row.0);
        assert_eq!(waves, vec![vec![&(1, 'b'), &(2, 'a')], vec![&(2, 'c')], vec![&(2, 'd')]]);
    }

    #[test]
    fn quotes_and_backslashes_stay_inside_an_array_literal() {
        assert_eq!(text_array(["a\"b", "c\\d", "", "e,f}"]), r#"{"a\"b","c\\d","","e,f}"}"#);
        assert_eq!(text_array([]), "{}");
        assert_eq!(integer_array([1, -2]), "{1,-2}");
    }
}
