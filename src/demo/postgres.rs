//! A private Postgres from the machine's own binaries, for the demo alone: loopback, a free port, random passwords, and
//! `fsync=off`, since its data is thrown away. It never touches a cluster that is there already.
//!
//! A watcher holds the other end of a pipe: when this process ends, however it ends, the pipe closes, the server is
//! stopped and the directory removed. Nobody waits for the removal: a busy disk takes seconds for it.

use crate::settings::Secret;
use crate::store::StoreError;
use crate::store::connect::{self, Timeouts};
use sqlx::Connection;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Where Debian and Ubuntu put the servers, one folder per major version.
const SERVERS: &str = "/usr/lib/postgresql";
/// Whom the server runs as when we are root, which `initdb` and `postgres` refuse; the first who exists.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];
/// Directories that an unprivileged user can make one in, after the system's own choice.
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];
/// Somebody may take the free port between our look and the server's start: so often another one is tried.
const STARTS_MAX: u32 = 3;
/// Lanes, relay, router, sweeper, readers and the demo's own, with room.
const CONNECTIONS: u32 = 60;

const OWNER: &str = "baton_owner";
const SERVICE: &str = "baton_service";

/// Why there is no private Postgres.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error(
        "no Postgres server on this machine: neither {SERVERS}/*/bin/initdb nor initdb in PATH: install it \
         (apt-get install postgresql), or set DATABASE_URL to one that runs"
    )]
    NoBinaries,
    #[error(
        "the Postgres server refuses to run as root, and there is no user {UNPRIVILEGED:?}: add one, or run as somebody else"
    )]
    NoUser,
    #[error(
        "no directory for the demo's database could be made below {0}: set TMPDIR to one that every user can enter"
    )]
    NoDirectory(String),
    #[error("{program} could not be started")]
    Start {
        program: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{program} failed: {said}")]
    Failed { program: String, said: String },
    #[error("no free port on the loopback address")]
    Port(#[source] std::io::Error),
    #[error("no random password could be drawn")]
    Password,
    #[error("the demo's database could not be prepared")]
    Prepare(#[from] StoreError),
    #[error("a statement that prepares the demo's database failed")]
    Statement(#[from] sqlx::Error),
}

/// A running cluster; dropping it stops the server. Its directory goes in the background, soon after.
#[derive(Debug)]
pub struct Cluster {
    watcher: Child,
    /// Where its files are, until the end.
    pub directory: PathBuf,
    /// The loopback port.
    pub port: u16,
    /// What the server calls itself, such as `postgres (PostgreSQL) 15.14`.
    pub version: String,
    /// The address for the owner of the schema.
    pub owner_url: Secret,
    /// The address for the service, which may insert into the audit and never change it.
    pub service_url: Secret,
}

impl Cluster {
    /// Makes and starts a cluster with an empty database `baton` and two roles, in about three seconds.
    ///
    /// # Errors
    /// No binaries, no user to run as, no directory, or the server does not start; each says the mend.
    pub async fn start() -> Result<Self, PostgresError> {
        let binaries = binaries().ok_or(PostgresError::NoBinaries)?;
        let host = Host { user: unprivileged()?, binaries };
        let version = text(&host.run("postgres", &["--version"])?.stdout);
        let directory = host.directory()?;
        // From here on the watcher cleans up, whatever fails.
        let watcher = host.watch(&directory)?;
        let (owner, service) = (password()?, password()?);
        host.initialise(&directory, &owner)?;
        let port = host.boot(&directory)?;
        let address = |user: &str, password: &str, database: &str| {
            format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}")
        };
        let cluster = Self {
            watcher,
            directory,
            port,
            version,
            owner_url: Secret::new(address(OWNER, &owner, "baton")),
            service_url: Secret::new(address(SERVICE, &service, "baton")),
        };
        prepare(&address(OWNER, &owner, "postgres"), &service).await?;
        Ok(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Closing the pipe tells the watcher; it takes well under a second.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// The binaries, and whom they run as.
struct Host {
    user: Option<&'static str>,
    binaries: PathBuf,
}

impl Host {
    /// A command of the server's, as the user that may run it.
    fn command(&self, program: &Path) -> Command {
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        // The caller's directory may be closed to that user; its locale may not exist.
        command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<Output, PostgresError> {
        let path = if program.contains('/') { PathBuf::from(program) } else { self.binaries.join(program) };
        let mut command = self.command(&path);
        finish(program, command.args(arguments).output())
    }

    /// Makes the directory that holds everything, closed to others.
    fn directory(&self) -> Result<PathBuf, PostgresError> {
        let name = format!("baton-demo-{}-{}", std::process::id(), &password()?[..8]);
        let system = std::env::temp_dir();
        let places = std::iter::once(system.clone()).chain(TEMPORARY.map(PathBuf::from));
        for place in places {
            let directory = place.join(&name);
            let shown = directory.display().to_string();
            if self.run("/bin/mkdir", &["-m", "700", &shown]).is_ok() {
                return Ok(directory);
            }
        }
        Err(PostgresError::NoDirectory(system.display().to_string()))
    }

    /// Starts the process that cleans up when our end of its pipe closes; it ends when the server has, before the files
    /// are gone. A group of its own keeps Ctrl-C from it.
    fn watch(&self, directory: &Path) -> Result<Child, PostgresError> {
        let script =
            r#"cat >/dev/null; "$2" -D "$1/data" -m immediate -w stop >/dev/null 2>&1; rm -rf -- "$1" &"#;
        self.command(Path::new("/bin/sh"))
            .args(["-c", script, "sh"])
            .arg(directory)
            .arg(self.binaries.join("pg_ctl"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|source| PostgresError::Start { program: "sh".to_owned(), source })
    }

    fn initialise(&self, directory: &Path, password: &str) -> Result<(), PostgresError> {
        let place = directory.display().to_string();
        let secret = format!("{place}/password");
        self.write(&secret, password)?;
        let data = format!("{place}/data");
        let pwfile = format!("--pwfile={secret}");
        self.run(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                OWNER,
                &pwfile,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
        )?;
        self.run("/bin/rm", &["-f", &secret])?;
        Ok(())
    }

    /// Writes a file as the user, readable by nobody else.
    fn write(&self, path: &str, content: &str) -> Result<(), PostgresError> {
        let started = |source| PostgresError::Start { program: "sh".to_owned(), source };
        let mut child = self
            .command(Path::new("/bin/sh"))
            .args(["-c", r#"umask 077; cat >"$1""#, "sh", path])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(started)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(content.as_bytes()).map_err(started)?;
        }
        finish("sh", child.wait_with_output()).map(|_| ())
    }

    /// Starts the server on a free port; says which.
    fn boot(&self, directory: &Path) -> Result<u16, PostgresError> {
        let place = directory.display().to_string();
        let (data, log) = (format!("{place}/data"), format!("{place}/log"));
        let mut tries = 0;
        loop {
            let port = free_port()?;
            let configuration = configuration(port);
            self.write(&format!("{data}/postgresql.auto.conf"), &configuration)?;
            match self.run("pg_ctl", &["-D", &data, "-l", &log, "-w", "-t", "30", "-s", "start"]) {
                Ok(_) => return Ok(port),
                Err(error) => {
                    tries += 1;
                    if tries == STARTS_MAX {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// Durability is off: the data lives as long as the demo.
fn configuration(port: u16) -> String {
    format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nmax_connections = {CONNECTIONS}\n\
         fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nwal_level = minimal\nmax_wal_senders = 0\n\
         shared_buffers = 128MB\njit = off\n"
    )
}

async fn prepare(url: &str, service_password: &str) -> Result<(), PostgresError> {
    let mut conn = connect::connect(url, "baton demo", Timeouts::default()).await?;
    sqlx::query("SELECT set_config('baton.role', $1, false), set_config('baton.password', $2, false)")
        .bind(SERVICE)
        .bind(service_password)
        .execute(&mut conn)
        .await?;
    sqlx::query(
        "DO $$ BEGIN EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', current_setting('baton.role'), \
         current_setting('baton.password')); END $$",
    )
    .execute(&mut conn)
    .await?;
    sqlx::query("CREATE DATABASE baton").execute(&mut conn).await?;
    Ok(conn.close().await?)
}

/// The folder of the newest server's binaries.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir(SERVERS).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("initdb").exists().then_some((version, folder))
        })
        .max();
    newest.map(|(_, folder)| folder).or_else(in_path)
}

/// `initdb` as the shell would find it; a link leads to the folder where the rest is.
fn in_path() -> Option<PathBuf> {
    let found = Command::new("/bin/sh").args(["-c", "command -v initdb"]).output().ok()?;
    let path = PathBuf::from(text(&found.stdout)).canonicalize().ok()?;
    path.parent().filter(|folder| folder.join("pg_ctl").exists()).map(Path::to_path_buf)
}

/// The user for the server: nobody else when we are not root.
fn unprivileged() -> Result<Option<&'static str>, PostgresError> {
    let id = |arguments: &[&str]| {
        Command::new("id").args(arguments).output().ok().filter(|out| out.status.success())
    };
    if id(&["-u"]).is_none_or(|out| text(&out.stdout) != "0") {
        return Ok(None);
    }
    let user = UNPRIVILEGED.into_iter().find(|user| id(&["-u", user]).is_some());
    user.map(Some).ok_or(PostgresError::NoUser)
}

fn free_port() -> Result<u16, PostgresError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(PostgresError::Port)?;
    Ok(listener.local_addr().map_err(PostgresError::Port)?.port())
}

/// 128 random bits in hexadecimal, so that it needs no quoting anywhere.
fn password() -> Result<String, PostgresError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| PostgresError::Password)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn finish(program: &str, ran: std::io::Result<Output>) -> Result<Output, PostgresError> {
    let program = program.to_owned();
    let output = ran.map_err(|source| PostgresError::Start { program: program.clone(), source })?;
    if output.status.success() {
        return Ok(output);
    }
    let said = text(&output.stderr).lines().map(str::trim).collect::<Vec<_>>().join(" ");
    Err(PostgresError::Failed { program, said })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
