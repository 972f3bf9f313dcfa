//! What the faults happen to: a Postgres and a broker of this test's own, a proxy between, and instances that are started
//! again when they die.

use super::proxy::Proxy;
use crate::harness::{Installation, Serving};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Instances that share the partitions.
const INSTANCES: usize = 2;
/// The least that brokers allow: the sooner a dead member's partitions move, the more faults fit a minute.
const SETTINGS: &[(&str, &str)] = &[
    ("BATON__KAFKA__SESSION_TIMEOUT_MILLISECONDS", "6000"),
    ("BATON__RELAY__LEASE_SECONDS", "5"),
    ("BATON__ROUTER__LEASE_SECONDS", "5"),
];
/// A condition is looked at this often.
const LOOK: Duration = Duration::from_millis(50);

/// A Postgres cluster of this test's own, which it may restart.
pub struct Cluster {
    directory: PathBuf,
    pub url: String,
    pub address: std::net::SocketAddr,
}

impl Cluster {
    pub fn start() -> Self {
        let directory = std::env::temp_dir().join(format!("baton-faults-{}", std::process::id()));
        script("start", &directory, &["--fast"]);
        let url = std::fs::read_to_string(directory.join("url")).unwrap().trim().to_owned();
        let port = std::fs::read_to_string(directory.join("port")).unwrap();
        let address = format!("127.0.0.1:{}", port.trim()).parse().unwrap();
        Self { directory, url, address }
    }

    /// An immediate shutdown, crash recovery, and start.
    pub fn restart(&self) {
        script("restart", &self.directory, &[]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script("stop", &self.directory, &[]);
        let elsewhere = std::fs::read_to_string(self.directory.join("location")).unwrap_or_default();
        if elsewhere.trim().starts_with("/var/tmp/baton-postgres-") {
            let _removed = std::fs::remove_dir_all(elsewhere.trim());
        }
        let _removed = std::fs::remove_dir_all(&self.directory);
    }
}

fn script(verb: &str, directory: &Path, more: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres.sh");
    let output =
        Command::new(script).arg(verb).arg(directory).args(more).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "postgres.sh {verb}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Everything under test. Fields end in this order: instances, wire, broker, database.
pub struct Ground {
    pub instances: Vec<Serving>,
    pub proxy: Proxy,
    pub installation: Installation,
    pub cluster: Cluster,
    /// What instances that are gone have written.
    past: String,
    /// Instances that ended by themselves, by their last words.
    pub ended: Vec<String>,
    runtime: tokio::runtime::Runtime,
}

impl Ground {
    pub fn new() -> Self {
        let cluster = Cluster::start();
        let mut installation = Installation::on(&cluster.url);
        installation.run(&["topics", "create", "--partitions", "4"]);
        let proxy = Proxy::before(cluster.address);
        installation.service_url =
            installation.service_url.replace(&cluster.address.to_string(), &proxy.address.to_string());
        let instances = (0..INSTANCES).map(|_| installation.serve(SETTINGS)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { instances, proxy, installation, cluster, past: String::new(), ended: Vec::new(), runtime }
    }

    /// Starts an instance in the place of one that is gone.
    pub fn replace(&mut self, place: usize) {
        self.past.push_str(&self.instances[place].log());
        self.instances[place] = self.installation.serve(SETTINGS);
    }

    /// Starts those again that ended by themselves, as whatever runs the service does.
    pub fn tend(&mut self) {
        for place in 0..self.instances.len() {
            let Some(status) = self.instances[place].child.try_wait().unwrap() else { continue };
            let log = self.instances[place].log();
            let last = log.lines().last().unwrap_or_default();
            eprintln!("faults: instance {place} ended by itself, {status}: {last}");
            self.ended.push(last.to_owned());
            self.replace(place);
        }
    }

    /// Lines of all instances, present and past, that hold all of these.
    pub fn logged(&self, parts: &[&str]) -> usize {
        let count =
            |log: &str| log.lines().filter(|line| parts.iter().all(|part| line.contains(part))).count();
        count(&self.past) + self.instances.iter().map(|instance| count(&instance.log())).sum::<usize>()
    }

    /// A number from the database, past the proxy; `None` while it is away.
    pub fn number(&self, query: &str) -> Option<i64> {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.installation.owner_url).await.ok()?;
            sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&mut connection).await.ok()
        })
    }

    /// Records that the ledger says were read.
    pub fn read(&self) -> Option<i64> {
        self.number("SELECT coalesce(sum(read), 0)::bigint FROM ledger")
    }

    /// What has not been published, by topic, shard and who holds the shard.
    fn unsent(&self) -> String {
        let query = "SELECT coalesce(string_agg(line, '; '), 'nothing unsent') FROM (
            SELECT format('topic %s shard %s: %s rows, held %s, shard of %s until %s', topic, outbox.shard, count(*),
                count(held_reason), min(owner), moment_text(min(lease_until))) AS line
            FROM outbox JOIN relay_shard ON relay_shard.shard = outbox.shard AND kind = (topic = 3)::integer
            WHERE sent_at IS NULL GROUP BY topic, outbox.shard LIMIT 40) AS waiting";
        let text = self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.installation.owner_url).await.ok()?;
            sqlx::query_scalar::<_, String>(query).fetch_one(&mut connection).await.ok()
        });
        text.unwrap_or_else(|| "the database does not say what is unsent".to_owned())
    }

    /// Waits for a condition while the instances are looked after; how long it took.
    pub fn wait(&mut self, what: &str, patience: Duration, mut holds: impl FnMut(&Self) -> bool) -> Duration {
        let started = Instant::now();
        while !holds(self) {
            assert!(
                started.elapsed() < patience,
                "waited {patience:?} in vain until {what}: {}",
                self.unsent()
            );
            self.tend();
            std::thread::sleep(LOOK);
        }
        started.elapsed()
    }
}
