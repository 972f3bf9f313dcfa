//! The last record's check: a topic that was created anew and retention that passed the position stop the service with
//! the mend, and never jump; a last record that is merely gone does not.

use super::broker::{delete_before, produce_events, recreate};
use super::{FORMS, serve_and_own, serve_in_vain};
use crate::harness::{Event, Installation, demo_request, until};

fn forms(name: &str, count: usize) -> Vec<Event> {
    (0..count).map(|number| demo_request(&format!("{name}{number}@acme.example"))).collect()
}

/// An installation that has read so many forms of partition 0, and is stopped.
fn having_read(count: usize) -> Installation {
    let installation = Installation::new();
    let mut serving = serve_and_own(&installation, &[]);
    produce_events(&installation, FORMS, 0, forms("first", count));
    until("the first forms are read", || installation.read() == i64::try_from(count).unwrap());
    serving.stop();
    installation
}

#[test]
fn a_topic_created_anew_stops_the_service_and_nothing_of_it_is_taken_for_the_old_one() {
    let installation = having_read(3);
    recreate(&installation, FORMS, 2);
    produce_events(&installation, FORMS, 0, forms("anew", 2));
    serve_in_vain(&installation, "the partition ends at 2, before position 3: the topic was created anew");
    // As long as before, the end says nothing: the record before the position is another one.
    produce_events(&installation, FORMS, 0, forms("more", 2));
    serve_in_vain(&installation, "is another one than was read: the topic was created anew");
    assert_eq!(installation.read(), 3, "nothing was read of the new topic");
    installation.run(&["position", "set", FORMS, "0", "0", "--reason", "the topic was created anew"]);
    let _serving = serve_and_own(&installation, &[]);
    until("the new topic is read from its beginning", || {
        installation.number("SELECT count(*) FROM lead") == 7
    });
    installation.check();
}

#[test]
fn retention_past_the_position_stops_the_service_and_a_deleted_last_record_does_not() {
    let installation = having_read(3);
    produce_events(&installation, FORMS, 0, forms("unread", 3));
    delete_before(&installation, FORMS, 0, 3);
    let mut serving = serve_and_own(&installation, &[]);
    until("reading goes on where nothing is lost", || installation.number("SELECT count(*) FROM lead") == 6);
    assert!(serving.log().contains("last record not checkable"), "{}", serving.log());
    serving.stop();
    produce_events(&installation, FORMS, 0, forms("lost", 2));
    produce_events(&installation, FORMS, 0, forms("kept", 1));
    delete_before(&installation, FORMS, 0, 8);
    serve_in_vain(
        &installation,
        "retention has deleted records that were never read: position 6, the log starts at 8",
    );
    assert_eq!(installation.number("SELECT count(*) FROM lead"), 6, "no silent jump");
    installation.run(&["position", "set", FORMS, "0", "8", "--reason", "two forms are lost to retention"]);
    let _serving = serve_and_own(&installation, &[]);
    until("what is left is read", || installation.number("SELECT count(*) FROM lead") == 7);
    installation.check();
}
