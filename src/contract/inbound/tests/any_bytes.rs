//! No bytes make the decoder panic: random ones, and examples with random damage.

use super::{decode_bytes, inbound_examples, structured_header};
use crate::contract::inbound::topics;
use proptest::prelude::*;
use std::sync::LazyLock;

static EXAMPLES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let all = inbound_examples().into_iter();
    all.flat_map(|(topic, _, examples)| {
        examples.into_iter().map(move |(_, text)| (topic.clone(), text.into_bytes()))
    })
    .collect()
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn random_bytes_and_headers_never_panic(
        value in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)),
        headers in proptest::collection::vec(("(ce_)?[a-z-]{1,12}", proptest::collection::vec(any::<u8>(), 0..40)), 0..6),
        topic in 0..8_usize,
    ) {
        let _ = decode_bytes(topics()[topic], &headers, value.as_deref());
    }

    #[test]
    fn damaged_examples_never_panic(
        example in 0..1_000_usize,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let (topic, bytes) = &EXAMPLES[example % EXAMPLES.len()];
        let mut bytes = bytes.clone();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = decode_bytes(topic, &structured_header(), Some(&bytes));
    }
}
