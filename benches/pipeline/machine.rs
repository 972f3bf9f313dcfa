//! What the figures were measured on. It measures nothing itself.

use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

/// Prints processor, memory, and the versions of what takes part.
pub fn print(runtime: &Runtime) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        text.lines()
            .find(|line| line.starts_with(name))
            .and_then(|line| line.split_once(':'))
            .map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "machine         {} x {}, memory {}",
        cores,
        field(&read("/proc/cpuinfo"), "model name"),
        field(&read("/proc/meminfo"), "MemTotal")
    );
    let (version, fsync) = runtime.block_on(async {
        let url = std::env::var("DATABASE_URL").expect("DATABASE_URL: run `make bench`");
        let mut connection = PgConnection::connect(&url).await.expect("Postgres answers");
        let version: String =
            sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await.unwrap();
        let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&mut connection).await.unwrap();
        (version, fsync)
    });
    let (_, librdkafka) = rdkafka::util::get_rdkafka_version();
    println!(
        "versions        baton {}, Postgres {version} (fsync {fsync}), Kafka {} (one node, as scripts/kafka.sh pins and starts it), librdkafka {librdkafka}",
        env!("CARGO_PKG_VERSION"),
        kafka()
    );
}

/// The version of the brokers that [`super::installation`] starts. The protocol does not tell it, so it is read where
/// it is pinned: the script that starts them.
fn kafka() -> String {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kafka.sh");
    let text = std::fs::read_to_string(script).unwrap_or_default();
    let pinned = text.lines().find_map(|line| line.strip_prefix("kafka_version="));
    pinned.map_or_else(|| "of unknown version".to_owned(), |version| version.trim().to_owned())
}
