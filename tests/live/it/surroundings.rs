//! Wrong surroundings: a start that cannot be says why in one line, with the mend, and ends; it never shows a stack trace.

use crate::baddays::broker::grow;
use crate::harness::{Installation, until};
use std::process::{Command, Output};

/// The one line that a failed command says; it holds every word of `mend`.
fn refused(what: &str, output: &Output, mend: &[&str]) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(3),
        "{what}: not the exit code of wrong surroundings\n{said}{printed}"
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 1, "{what}: one line, not\n{said}");
    assert!(lines[0].starts_with("baton: "), "{what}: {said}");
    for word in mend {
        assert!(said.contains(word), "{what}: {word:?} is not in: {said}");
    }
    for word in ["panicked", "backtrace", "stack", "wrong@", "service@"] {
        assert!(!said.contains(word) && !printed.contains(word), "{what}: {word:?} is in: {said}{printed}");
    }
    said
}

fn serve(command: &mut Command, name: &str, value: &str) -> Output {
    command.env(name, value).arg("serve").output().expect("the binary starts")
}

#[test]
fn wrong_surroundings_are_told_in_one_line_with_the_mend() {
    let installation = Installation::new();
    let nobody = "postgres://nobody:wrong@127.0.0.1:1/none";
    let output = serve(&mut installation.command(), "DATABASE_URL", nobody);
    refused("no database", &output, &["check database.url (DATABASE_URL)", "Postgres runs"]);
    let output = serve(&mut installation.command(), "KAFKA_BROKERS", "127.0.0.1:1");
    refused("no Kafka", &output, &["check kafka.brokers (KAFKA_BROKERS)", "the broker runs"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = serve(&mut installation.command(), "BATON__HTTP__LISTEN", &address);
    refused("a taken port", &output, &["http.listen", &address]);
}

#[test]
fn missing_and_unequal_topics_are_told_in_one_line_with_the_mend() {
    let installation = Installation::without_topics();
    refused("no topics", &installation.output(&["serve"]), &["run `baton topics create`"]);
    installation.run(&["topics", "create", "--partitions", "2"]);
    grow(&installation, "sales.feedback.v1", 3);
    let checked = || installation.output(&["topics", "check"]);
    until("the broker shows the new partition", || !checked().status.success());
    assert_eq!(checked().status.code(), Some(4), "a check that finds a fault says so by its exit code");
    let mend = ["unequal partition counts", "sales.feedback.v1 3", "crm.lead-events.v1 2", "the same number"];
    refused("unequal counts", &installation.output(&["serve"]), &mend);
}

#[test]
fn a_database_of_another_schema_is_told_in_one_line_with_the_mend() {
    let installation = Installation::new();
    let change = |statement| installation.execute(&installation.owner_url, statement).unwrap();
    change(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from tomorrow', true, '', 0)",
    );
    let mend = ["stands at migration 9999", "start a newer baton, or point database.url elsewhere"];
    refused("serve on a newer schema", &installation.output(&["serve"]), &mend);
    refused("migrate on a newer schema", &installation.output(&["migrate"]), &mend);

    // Gone is the one from tomorrow, and a migration of ours reads otherwise than when it was applied.
    change("DELETE FROM _sqlx_migrations WHERE version = 9999");
    installation.run(&["migrate"]);
    change("UPDATE _sqlx_migrations SET checksum = '' WHERE version = 1");
    let mend =
        ["database's migration 1 ", "start the baton that migrated it, or point database.url elsewhere"];
    refused("migrate on a changed migration", &installation.output(&["migrate"]), &mend);

    // Nothing was ever applied.
    change("DROP TABLE _sqlx_migrations");
    refused("serve without a schema", &installation.output(&["serve"]), &["run `baton migrate`"]);
}
