//! What quarantine keeps of a record: its bytes whole up to the stated limit, and cut and marked so above it.

use super::desk::Desk;
use baton::store::rows::KeptRow;
use baton::transaction::batch::Outcome;

const FORMS: &str = "marketing.form-fills.v1";
/// The stated limit: 1 MiB of a value.
const KEPT_BYTES: usize = 1 << 20;

/// A value of so many bytes that nobody can read; no two neighbours are the same.
fn value(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| b'a' + u8::try_from(at % 23).unwrap()).collect()
}

/// The row that quarantine gets for this value.
fn row(value: &[u8]) -> KeptRow {
    let mut desk = Desk::new();
    let entry = desk.bytes(FORMS, value.to_vec());
    let mut planned = desk.run(vec![entry]);
    assert!(matches!(planned.outcomes[..], [Outcome::Quarantined(_)]), "{:?}", planned.outcomes);
    assert_eq!(planned.write.quarantine.len(), 1);
    planned.write.quarantine.remove(0)
}

#[test]
fn bytes_are_kept_whole_up_to_the_limit_and_cut_and_marked_above_it() {
    for (bytes, reason) in [(40, "not_json"), (300_000, "too_large"), (KEPT_BYTES, "too_large")] {
        let value = value(bytes);
        let row = row(&value);
        assert_eq!(row.reason, reason, "{bytes} bytes");
        assert!(!row.truncated, "{bytes} bytes are kept whole");
        assert!(row.value == Some(value), "{bytes} bytes are kept as they came");
    }
    for bytes in [KEPT_BYTES + 1, 5 << 20] {
        let value = value(bytes);
        let row = row(&value);
        assert_eq!(row.reason, "too_large", "{bytes} bytes");
        assert!(row.truncated, "{bytes} bytes are cut, and the row says so");
        assert!(
            row.value.as_deref() == Some(&value[..KEPT_BYTES]),
            "the first 1 MiB of {bytes} bytes is kept"
        );
        assert!(row.detail.contains(&bytes.to_string()), "the true size is told: {}", row.detail);
    }
}

#[test]
fn an_empty_value_is_kept_as_an_empty_one() {
    let row = row(&[]);
    assert_eq!((row.reason, row.value, row.truncated), ("empty", Some(Vec::new()), false));
}
