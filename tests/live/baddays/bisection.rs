//! One row that the database refuses, among a thousand: the batch is halved down to it, it is kept, the others are applied.

use super::broker::produce_events;
use super::{FORMS, is_ready};
use crate::harness::{Installation, demo_request, until};

/// Everything that is decided of the bad one runs into this constraint, whatever else stands in its batch.
const CONSTRAINT: &str =
    "ALTER TABLE person ADD CONSTRAINT refused_for_the_test CHECK (email <> 'bad@acme.example')";

#[test]
fn one_bad_row_in_a_thousand_is_kept_alone_and_the_others_are_applied() {
    let installation = Installation::new();
    installation.execute(&installation.owner_url, CONSTRAINT).unwrap();
    let email = |number: usize| match number {
        618 => "bad@acme.example".to_owned(),
        _ => format!("good{number}@firm{}.example", number % 50),
    };
    produce_events(&installation, FORMS, 0, (0..1_000).map(|number| demo_request(&email(number))).collect());
    let serving = installation.serve(&[]);
    until("all are read", || installation.read() == 1_000);
    assert_eq!(installation.number("SELECT sum(applied)::bigint FROM ledger"), 999);
    assert_eq!(installation.number("SELECT count(*) FROM lead"), 999);
    assert_eq!(
        installation.texts("SELECT record_offset || ' ' || reason FROM quarantine"),
        ["618 database_refused"]
    );
    assert_eq!(
        installation
            .texts("SELECT from_offset || ' ' || to_offset || ' ' || read FROM ledger WHERE quarantined > 0"),
        ["618 619 1"],
        "it is kept in a transaction of its own"
    );
    assert_eq!(
        installation.number("SELECT count(*) FROM audit WHERE record_offset = 618"),
        0,
        "nothing was decided of it"
    );
    let log = serving.log();
    assert!(log.contains("a batch was refused and is halved") && !log.contains("bad@acme.example"), "{log}");
    until("one refused row makes nobody unready", || is_ready(&serving));
    installation.check();

    installation
        .execute(&installation.owner_url, "ALTER TABLE person DROP CONSTRAINT refused_for_the_test")
        .unwrap();
    let id = installation.texts("SELECT id::text FROM quarantine").remove(0);
    installation.run(&["quarantine", "redrive", &id]);
    assert_eq!(installation.number("SELECT count(*) FROM lead"), 1_000, "mended, it is decided after all");
}
