//! `baton demo` on servers of its own, as somebody meets it who types it: the history, the live company, the verdict.

use crate::harness::until;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A stop that takes longer hangs. What is promised is five seconds; a debug build beside other tests gets more.
const STOP_MAX: Duration = Duration::from_secs(30);

/// The binary as somebody has it who set nothing: no database, no broker.
fn demo(days: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    for name in std::env::vars().map(|(name, _)| name) {
        if name.starts_with("BATON_")
            || ["DATABASE_URL", "KAFKA_BROKERS", "RUST_LOG"].contains(&name.as_str())
        {
            command.env_remove(name);
        }
    }
    command.args(["demo", "--days", days, "--listen", "127.0.0.1:0"]).args(arguments).stdin(Stdio::null());
    command
}

/// A demo that is killed when its test fails; what it started cleans up by itself.
struct Running(Child);

impl Running {
    fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

/// The number that stands after a word.
fn number_after(text: &str, word: &str) -> u64 {
    let rest = text.split_once(word).unwrap_or_else(|| panic!("{word:?} is not in: {text}")).1;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number after {word:?} in: {text}"))
}

/// The last words: everything sent was read, nobody is without a holder, the audit holds.
fn verdict(said: &str) {
    let (sent, read) = (number_after(said, "ledger: sent "), number_after(said, " = read "));
    assert_eq!(sent, read, "{said}");
    assert!(sent > 50, "a company of three days sends more than {sent} records: {said}");
    assert!(number_after(said, "leads ") > 0 && said.contains(", orphans 0\n"), "{said}");
    assert!(
        number_after(said, "audit verified: ") > sent,
        "every record that was applied has its row: {said}"
    );
    assert!(!said.contains("FAULT"), "{said}");
}

/// The directory of the private Postgres that a demo names.
fn directory(said: &str) -> std::path::PathBuf {
    let line =
        said.lines().find(|line| line.starts_with("postgres: private")).expect("the demo names its Postgres");
    line.rsplit_once("files in ").expect("and where its files are").1.trim().into()
}

#[test]
fn a_demo_tells_its_history_and_ends_with_a_clean_verdict() {
    let started = Instant::now();
    let output = demo("21", &["--no-live"]).output().expect("the binary starts");
    eprintln!("demo: three weeks told in {:.1?}", started.elapsed());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("kafka:    in-process broker"), "{said}");
    assert!(said.contains("history: 21 days"), "{said}");
    verdict(&said);
    let contests = said.lines().find(|line| line.starts_with("contests: ")).expect("a line of contests");
    let [raised, upheld, overturned, lapsed] =
        ["raised ", "upheld ", "overturned ", "lapsed "].map(|end| number_after(contests, end));
    assert!(raised > 0 && upheld + overturned + lapsed > 0, "both sides argue: {contests}");
    assert!(upheld + overturned + lapsed <= raised, "{contests}");
    assert!(!directory(&said).exists(), "what it started is gone");
}

#[test]
fn a_live_demo_ends_by_itself_at_ctrl_c_with_a_clean_verdict() {
    let log = std::env::temp_dir().join(format!("baton-demo-{}.log", std::process::id()));
    let file = std::fs::File::create(&log).unwrap();
    let mut command = demo("3", &[]);
    let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().expect("the binary starts");
    let mut running = Running(child);
    let read = || std::fs::read_to_string(&log).unwrap_or_default();
    let mut ended = false;
    until("the demo is live", || {
        ended = running.has_ended();
        ended || read().contains("live: about fifty records a minute")
    });
    assert!(!ended, "the demo ended early: {}", read());
    let told = read();
    let signal = Command::new("kill").args(["-INT", &running.0.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let started = Instant::now();
    until("the demo has ended", || running.has_ended());
    let stopped = started.elapsed();
    eprintln!("demo: ended {stopped:.1?} after Ctrl-C");
    let said = read();
    assert_eq!(running.0.wait().unwrap().code(), Some(0), "{said}");
    assert!(stopped < STOP_MAX, "it took {stopped:.1?}");
    assert!(told.contains("sign in:  http://127.0.0.1:"), "{told}");
    assert!(said.contains("stopping..."), "{said}");
    verdict(&said);
    assert!(!directory(&said).exists(), "what it started is gone");
    let _removed = std::fs::remove_file(&log);
}
