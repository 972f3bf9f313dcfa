//! Completions: for three shells, without a database, a broker or a setting that is right.

use std::process::Command;

#[test]
fn every_shell_gets_completions_that_name_the_subcommands() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Command::new(env!("CARGO_BIN_EXE_baton"))
            .args(["completions", shell])
            .env("DATABASE_URL", "no address at all")
            .output()
            .unwrap();
        assert!(output.status.success(), "{shell}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        for word in ["quarantine", "release-clocks", "position"] {
            assert!(text.contains(word), "{shell}: {word} is missing");
        }
    }
    let unknown = Command::new(env!("CARGO_BIN_EXE_baton")).args(["completions", "basic"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}
