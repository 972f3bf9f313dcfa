//! `baton demo` on servers of its own, as somebody meets it who types it: the history, the live company, the verdict.

use crate::harness::{Installation, until};
use baton::domain::lead::StageKind;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A stop that takes longer hangs. What is promised is five seconds; a debug build beside other tests gets more.
const STOP_MAX: Duration = Duration::from_secs(30);

/// Ninety days take half a minute alone, and minutes in a debug build beside other tests.
const HISTORY_MAX: Duration = Duration::from_mins(8);

/// Two people a week raise a hand that a rule holds back: so many wait at most, as two or three days bring them.
const REVIEWS_LEFT_MAX: u64 = 5;

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

/// Past the test runner's capture: how long it takes belongs into every run's output.
fn tell(line: &str) {
    let _written = writeln!(std::io::stderr(), "{line}");
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
    tell(&format!("demo: three weeks told in {:.1?}", started.elapsed()));
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
    let reviews = said.lines().find(|line| line.starts_with("reviews: ")).expect("a line of reviews");
    let (answered, wait) = (number_after(&said, " records, "), number_after(reviews, "reviews: "));
    assert!(answered > 0, "stewards review: {said}");
    // A day of the office each, and a weekend between.
    assert!(wait <= REVIEWS_LEFT_MAX && number_after(reviews, "the oldest for ") < 80, "{reviews}");
    until("what it started is gone", || !directory(&said).exists());
}

/// A demo that goes on into the present, with what it says.
struct Live {
    running: Running,
    log: std::path::PathBuf,
}

impl Live {
    /// Starts it and waits until it is live.
    fn start(name: &str, days: &str, settings: &[(&str, &str)]) -> Self {
        let log = std::env::temp_dir().join(format!("baton-demo-{name}-{}.log", std::process::id()));
        let file = std::fs::File::create(&log).unwrap();
        let mut command = demo(days, &[]);
        let command = command.envs(settings.iter().copied());
        let child =
            command.stdout(file.try_clone().unwrap()).stderr(file).spawn().expect("the binary starts");
        let mut live = Self { running: Running(child), log };
        let started = Instant::now();
        while !live.said().contains("live: about fifty records a minute") {
            assert!(!live.running.has_ended(), "the demo ended early: {}", live.said());
            assert!(started.elapsed() < HISTORY_MAX, "the history takes too long: {}", live.said());
            std::thread::sleep(Duration::from_millis(100));
        }
        live
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ctrl-C, the last words, and how long they took.
    fn stop(mut self) -> String {
        let signal = Command::new("kill").args(["-INT", &self.running.0.id().to_string()]).status().unwrap();
        assert!(signal.success());
        let started = Instant::now();
        until("the demo has ended", || self.running.has_ended());
        let stopped = started.elapsed();
        tell(&format!("demo: ended {stopped:.1?} after Ctrl-C, of five seconds that are promised"));
        let said = self.said();
        assert_eq!(self.running.0.wait().unwrap().code(), Some(0), "{said}");
        assert!(stopped < STOP_MAX, "it took {stopped:.1?}");
        assert!(said.contains("stopping..."), "{said}");
        verdict(&said);
        let _removed = std::fs::remove_file(&self.log);
        said
    }
}

#[test]
fn the_history_that_make_demo_tells_leaves_leads_at_every_stage_and_each_begins_with_a_record() {
    let installation = Installation::without_topics();
    let settings = [
        ("DATABASE_URL", installation.service_url.as_str()),
        ("BATON__DATABASE__OWNER_URL", installation.owner_url.as_str()),
    ];
    let live = Live::start("stages", "90", &settings);
    let stages = installation.texts("SELECT DISTINCT stage::text FROM lead");
    // The router serves a queue within a second: that leads went through one is in their audit.
    let queued = "SELECT count(*) FROM audit WHERE event IN ('lead_queued', 'lead_marketing_qualified', 'offer_withdrawn')
         AND occurred_at > (SELECT max(occurred_at) FROM audit) - 86400000000";
    assert!(installation.number(queued) > 0, "nobody stood in a queue on the last day");
    let seldom = [StageKind::Unseen, StageKind::Queued];
    for kind in StageKind::ALL.iter().filter(|kind| !seldom.contains(kind)) {
        assert!(stages.contains(&kind.number().to_string()), "nobody is {kind:?}: {stages:?}");
    }
    live.stop();
    let leads = installation.number("SELECT count(*) FROM lead");
    assert!(leads > 0);
    let begun_by_a_record = "SELECT count(*) FROM lead JOIN audit ON subject_kind = 1 AND subject_id = lead.id
         AND audit.version = 1 WHERE record_topic IS NOT NULL AND record_partition IS NOT NULL AND record_offset IS NOT NULL";
    assert_eq!(
        installation.number(begun_by_a_record),
        leads,
        "a lead's story begins with the record it came by"
    );
}

#[test]
fn a_live_demo_ends_by_itself_at_ctrl_c_with_a_clean_verdict() {
    let live = Live::start("live", "3", &[]);
    assert!(live.said().contains("sign in:  http://127.0.0.1:"), "{}", live.said());
    let said = live.stop();
    until("what it started is gone", || !directory(&said).exists());
}
