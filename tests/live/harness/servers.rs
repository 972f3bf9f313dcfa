//! Brings up an installation (a broker and a database of its own) and instances of the service; ends what it started,
//! also when a test fails.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Longest wait for a condition; a loaded machine with two cores needs patience, a hung service none of it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Partitions of every topic of a test: enough for two instances to share.
const PARTITIONS: &str = "2";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A broker and a database of a test's own.
pub struct Installation {
    pub brokers: String,
    kafka: std::path::PathBuf,
    /// URL of the service's role.
    pub service_url: String,
    /// URL of a superuser on the same database.
    pub owner_url: String,
    runtime: tokio::runtime::Runtime,
}

/// One running instance.
pub struct Serving {
    pub child: Child,
    pub address: String,
    log: std::path::PathBuf,
}

fn server(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the live tests with `make test`"))
}

/// Starts a broker with the project's own script; its address.
fn broker(directory: &std::path::Path) -> String {
    kafka_script("start", directory);
    std::fs::read_to_string(directory.join("bootstrap"))
        .expect("the script says where Kafka listens")
        .trim()
        .to_owned()
}

fn kafka_script(verb: &str, directory: &std::path::Path) {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kafka.sh");
    let output = Command::new(script)
        .arg(verb)
        .arg(directory)
        .env("KAFKA_BRIEF", "yes")
        .stdin(Stdio::null())
        .output()
        .expect("the script runs");
    assert!(output.status.success(), "kafka.sh {verb}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Drop for Installation {
    fn drop(&mut self) {
        // Nothing of it is wanted any more: there is no order to keep.
        kafka_script("kill", &self.kafka);
        let _removed = std::fs::remove_dir_all(&self.kafka);
    }
}

impl Installation {
    /// A new database and new topics, migrated and created by the commands that users type.
    pub fn new() -> Self {
        let installation = Self::without_topics();
        installation.run(&["topics", "create", "--partitions", PARTITIONS]);
        installation
    }

    /// A new database on a broker that has no topics yet.
    pub fn without_topics() -> Self {
        Self::on(&server("DATABASE_URL"))
    }

    /// The same on a Postgres that the superuser's address names.
    pub fn on(superuser: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{number}", std::process::id());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let role = format!("{name}_service");
        runtime.block_on(async {
            let mut connection = PgConnection::connect(superuser).await.expect("Postgres answers");
            for statement in
                [format!("CREATE ROLE {role} LOGIN PASSWORD 'service'"), format!("CREATE DATABASE {name}")]
            {
                sqlx::query(AssertSqlSafe(statement))
                    .execute(&mut connection)
                    .await
                    .expect("the database is made");
            }
        });
        let owner_url = with_database(superuser, &name, None);
        let service_url = with_database(superuser, &name, Some((&role, "service")));
        let kafka = std::env::temp_dir().join(format!("baton-kafka-{name}"));
        let brokers = broker(&kafka);
        let installation = Self { brokers, kafka, service_url, owner_url, runtime };
        installation.run(&["migrate"]);
        installation
    }

    /// Does something to the broker, as scripts/kafka.sh names it: kill, start, restart.
    pub fn broker(&self, verb: &str) {
        kafka_script(verb, &self.kafka);
    }

    /// The binary with this installation's settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command
            .env("DATABASE_URL", &self.service_url)
            .env("BATON__DATABASE__OWNER_URL", &self.owner_url)
            .env("KAFKA_BROKERS", &self.brokers)
            .env("BATON__HTTP__LISTEN", "127.0.0.1:0")
            .env("BATON__AUDIT__SIGNING_KEY_FILE", self.signing_key_file())
            .env("RUST_LOG", "info");
        command
    }

    /// Where this installation's signing key is kept; the first instance draws it.
    pub fn signing_key_file(&self) -> std::path::PathBuf {
        self.kafka.join("checkpoint.key")
    }

    /// Runs a command that must succeed; its standard output.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(
            output.status.success(),
            "baton {arguments:?} failed: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command, whatever comes of it.
    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().expect("the binary starts")
    }

    /// Starts an instance and waits until it says where it listens.
    pub fn serve(&self, settings: &[(&str, &str)]) -> Serving {
        self.serve_with(&[], settings)
    }

    /// The same with further arguments, such as a file of settings.
    pub fn serve_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Serving {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let log = std::env::temp_dir().join(format!("baton-{}-{number}.log", std::process::id()));
        let file = std::fs::File::create(&log).unwrap();
        let mut command = self.command();
        command
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file);
        for (name, value) in settings {
            command.env(name, value);
        }
        let child = command.spawn().expect("the binary starts");
        let mut serving = Serving { child, address: String::new(), log };
        let mut ended = false;
        until("the instance says where it listens", || {
            ended = serving.child.try_wait().unwrap().is_some();
            let text = serving.log();
            serving.address = address_in(&text).unwrap_or_default();
            ended || !serving.address.is_empty()
        });
        serving
    }

    /// The number that a query of one row and one column gives, read as superuser.
    pub fn number(&self, query: &'static str) -> i64 {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.owner_url).await.unwrap();
            sqlx::query_scalar::<_, i64>(query).fetch_one(&mut connection).await.unwrap()
        })
    }

    /// The texts that a query of one column gives, read as superuser.
    pub fn texts(&self, query: &'static str) -> Vec<String> {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.owner_url).await.unwrap();
            sqlx::query_scalar::<_, String>(query).fetch_all(&mut connection).await.unwrap()
        })
    }

    /// Runs a statement with the given rights; what the database answered.
    pub fn execute(&self, url: &str, statement: &'static str) -> Result<u64, sqlx::Error> {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(url).await?;
            Ok(sqlx::raw_sql(statement).execute(&mut connection).await?.rows_affected())
        })
    }

    /// The same with a text that was put together.
    pub fn execute_text(&self, url: &str, statement: String) -> Result<u64, sqlx::Error> {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(url).await?;
            let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
            connection.close().await?;
            Ok(done.rows_affected())
        })
    }

    /// Records that the ledger says were read.
    pub fn read(&self) -> i64 {
        self.number("SELECT coalesce(sum(read), 0)::bigint FROM ledger")
    }

    /// The two checks that an operator runs; both must be clean.
    pub fn check(&self) {
        self.run(&["ledger", "check"]);
        self.run(&["audit", "verify"]);
    }
}

impl Serving {
    /// What the instance has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGTERM, and the exit within the promised time.
    pub fn stop(&mut self) {
        signal(&self.child, "TERM");
        let started = Instant::now();
        until("the instance stops", || self.child.try_wait().unwrap().is_some());
        assert!(started.elapsed() < Duration::from_secs(10), "stopping took {:?}", started.elapsed());
    }

    /// SIGSTOP or SIGCONT, as `kill` names it.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let text = self.log();
            let tail: Vec<&str> = text.lines().rev().take(30).collect();
            eprintln!("last lines of the instance's log:");
            for line in tail.iter().rev() {
                eprintln!("  {line}");
            }
        }
        let _removed = std::fs::remove_file(&self.log);
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// A client that follows no redirect and waits five seconds.
pub fn client() -> reqwest::blocking::Client {
    // The first one chooses for the whole process.
    let _chosen = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.timeout(Duration::from_secs(5)).build().unwrap()
}

/// Waits for a condition, bounded.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn with_database(url: &str, database: &str, user: Option<(&str, &str)>) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (credentials, rest) = rest.split_once('@').expect("a user in the URL");
    let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
    match user {
        Some((name, password)) => format!("{scheme}://{name}:{password}@{host}/{database}"),
        None => format!("{scheme}://{credentials}@{host}/{database}"),
    }
}

/// The first `http://127.0.0.1:port` that a log names.
fn address_in(log: &str) -> Option<String> {
    let start = log.find("http://127.0.0.1:")?;
    let rest = &log[start..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ":/.".contains(c))).unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(['/', '.']).to_owned())
}
