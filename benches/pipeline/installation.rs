//! A database and a broker for one run, prepared by the commands that users type. Servers come from `make bench`.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::process::{Command, Stdio};

/// Partitions of every topic.
pub const PARTITIONS: i32 = 2;

/// Where one run happens.
pub struct Installation {
    pub url: String,
    pub brokers: String,
    kafka: std::path::PathBuf,
}

impl Installation {
    pub async fn new(name: &str) -> Self {
        let superuser = std::env::var("DATABASE_URL").expect("DATABASE_URL: run `make bench`");
        let database = format!("bench_{name}_{}", std::process::id());
        let mut connection = PgConnection::connect(&superuser).await.expect("Postgres answers");
        quieten(&mut connection).await;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {database}")))
            .execute(&mut connection)
            .await
            .unwrap();
        let (start, _) = superuser.rsplit_once('/').expect("a URL with a database");
        let kafka = std::env::temp_dir().join(format!("baton-{database}"));
        script("start", &kafka);
        let brokers = std::fs::read_to_string(kafka.join("bootstrap")).unwrap().trim().to_owned();
        let installation = Self { url: format!("{start}/{database}"), brokers, kafka };
        installation.run(&["migrate"]);
        installation.run(&["topics", "create", "--partitions", &PARTITIONS.to_string()]);
        installation
    }

    /// The binary with this installation's settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command
            .env("DATABASE_URL", &self.url)
            .env("BATON__DATABASE__OWNER_URL", &self.url)
            .env("KAFKA_BROKERS", &self.brokers)
            .env("BATON__HTTP__LISTEN", "127.0.0.1:0")
            .env("BATON__AUDIT__SIGNING_KEY_FILE", self.kafka.join("signing.key"))
            // A member with a name takes its place again at once; without one the broker waits for the session's end.
            .env("BATON__KAFKA__CLIENT__GROUP_INSTANCE_ID", "bench")
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) {
        let output = self.command().args(arguments).output().expect("the binary starts");
        assert!(output.status.success(), "baton {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Drops the databases of earlier parts of this run and writes everything out: what a part leaves to be vacuumed and flushed
/// would be measured with the next.
async fn quieten(connection: &mut PgConnection) {
    let ended: Vec<String> =
        sqlx::query_scalar("SELECT datname FROM pg_database WHERE datname LIKE 'bench\\_%\\_' || $1")
            .bind(std::process::id().to_string())
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    for database in ended {
        sqlx::query(AssertSqlSafe(format!("DROP DATABASE {database} WITH (FORCE)")))
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    sqlx::query("CHECKPOINT").execute(connection).await.unwrap();
}

fn script(verb: &str, directory: &std::path::Path) {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kafka.sh");
    let output =
        Command::new(script).arg(verb).arg(directory).stdin(Stdio::null()).output().expect("the script runs");
    assert!(output.status.success(), "kafka.sh {verb}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Drop for Installation {
    fn drop(&mut self) {
        script("stop", &self.kafka);
        let _removed = std::fs::remove_dir_all(&self.kafka);
    }
}
