//! `baton demo` from start to end: servers, history, live service, verdict. It never outlives what it started.

use super::broker::Broker;
use super::company::{Company, Settings as CompanySettings};
use super::handshake::Handshake;
use super::history::{self, Told};
use super::live;
use super::postgres::Cluster;
use super::progress::{Progress, Unit};
use super::stepped::Stepped;
use super::town::Town;
use super::{DemoError, awake, say, verdict};
use crate::audit::checkpoint;
use crate::broker::client;
use crate::clock;
use crate::domain::time::{DAY, HOUR, Moment};
use crate::service;
use crate::settings::{FirstStart, Flags, Secret, Settings};
use crate::store::Reader;
use crate::store::connect;
use crate::store::position;
use crate::store::token::Tokens;
use crate::web::auth;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Who signs in by the printed links: each side of a handoff, and whoever looks at both.
const VIEWERS: [(&str, &str); 4] = [
    ("paul-dupont", "sales manager: sees everything"),
    ("dev-patel", "rep: accepts, calls, returns"),
    ("noah-fischer", "marketing: contests, answers"),
    ("rosa-lind", "arbiter: decides contests"),
];
/// The link may be used as long as a demo is shown.
const LINK_LIVES: i64 = 12 * HOUR;
/// The history waits for each record, so the broker must not hold answers back (milliseconds).
const FETCH_WAIT_MILLISECONDS: &str = "2";
/// The service's share of the five seconds that a stop may take.
const SHUTDOWN_SECONDS: u64 = 2;
/// Connections for the last words.
const READERS: u32 = 2;

/// What to show.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub days: u32,
    pub seed: u64,
    pub leads_per_day: u32,
    /// Go on in the present after the history.
    pub live: bool,
}

/// What the demo runs against: servers of its own unless the settings name others. Dropping it ends what was started.
pub struct Ground {
    /// With the addresses filled in.
    pub settings: Settings,
    _postgres: Option<Cluster>,
    _broker: Option<Broker>,
}

/// Runs the demo on a migrated database until Ctrl-C or SIGTERM; true when the ledger, the promises and the audit hold.
///
/// # Errors
/// A server cannot be used, or the service ended by itself.
pub async fn run(ground: &Ground, options: &Options) -> Result<bool, DemoError> {
    let begun = clock::instant();
    let (cancel, _signals) = signals()?;
    let settings = Arc::new(ground.settings.clone());
    let reader = Reader::open(settings.database.url.expose(), READERS).await.map_err(DemoError::Store)?;
    let totals = reader.totals().await.map_err(DemoError::Store)?;
    if totals.read > 0 {
        return Err(DemoError::NotEmpty { records: totals.read });
    }
    let from = Moment(clock::wall_micros()).plus(-i64::from(options.days) * DAY);
    let company = Company::new(CompanySettings {
        leads_per_day: options.leads_per_day,
        ..CompanySettings::new(options.seed, from.timestamp())
    });
    let mut town = Town::open(&settings, company)?;
    let told = past(&settings, &mut town, from, options, &cancel).await?;
    say(format!(
        "history: {} days to {} in {} steps, {} people, {} records, {} reviews, {:.0} s",
        options.days,
        told.until,
        told.steps,
        town.company.counts().people,
        town.company.counts().records,
        told.reviews,
        begun.elapsed().as_secs_f32()
    ));
    if options.live && !cancel.is_cancelled() {
        present(&settings, &mut town, &cancel).await?;
    }
    let holds = verdict::print(&reader, town.company.counts(), totals.read).await?;
    reader.close().await;
    Ok(holds)
}

async fn past(
    settings: &Settings,
    town: &mut Town,
    from: Moment,
    options: &Options,
    cancel: &CancellationToken,
) -> Result<Told, DemoError> {
    let mut quick = settings.clone();
    quick.lanes.batch_wait_milliseconds = 0;
    quick.kafka.client.insert(client::FETCH_WAIT.to_owned(), Secret::new(FETCH_WAIT_MILLISECONDS));
    let quick = Arc::new(quick);
    let mut stepped = Stepped::start(&quick).await?;
    let progress = Progress::new(u64::from(options.days), Unit::Day);
    let mut handshake = Handshake::open(&quick).await?;
    let told = history::tell(town, &mut stepped, &mut handshake, from, &progress, options.live, cancel).await;
    progress.finish();
    let told = told?;
    stepped.finish().await?;
    Ok(told)
}

async fn present(
    settings: &Arc<Settings>,
    town: &mut Town,
    cancel: &CancellationToken,
) -> Result<(), DemoError> {
    if awake::keep_awake(settings).await? {
        say("hours:    the team works around the clock from now on, so that clocks run whenever you look");
    }
    let url = settings.database.url.expose();
    let mut conn =
        connect::connect(url, "baton demo", service::timeouts(settings)).await.map_err(DemoError::Store)?;
    let before = position::list(&mut conn).await.map_err(DemoError::Store)?;
    let mut handshake = Handshake::open(settings).await?;
    let running = service::start(Arc::clone(settings), false).await?;
    let (address, stop) = (running.address, running.stopper());
    say(format!("board:    http://{address}"));
    let links = links(settings).await?;
    for (place, (link, who)) in links.iter().zip(VIEWERS.map(|(_, who)| who)).enumerate() {
        let label = if place == 0 { "sign in:" } else { "or as:" };
        say(format!("{label:<9} http://{address}/sign-in?token={link}  {who}"));
    }
    say("live: about fifty records a minute; Ctrl-C stops and prints the ledger and the audit's verdict");
    let ended = running.until_stopped();
    tokio::pin!(ended);
    let ends = tokio::select! {
        biased;
        ended = &mut ended => {
            ended?;
            return Ok(());
        }
        ends = live::live(town, &mut conn, &mut handshake, &before, cancel) => ends?,
    };
    say("");
    say("stopping...");
    live::last_read(&mut conn, &ends).await?;
    stop.cancel();
    Ok(ended.await?)
}

/// Cancels on Ctrl-C and SIGTERM, from now on.
fn signals() -> Result<(CancellationToken, JoinSet<()>), DemoError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate()).map_err(DemoError::Signal)?;
    let mut interrupted = signal(SignalKind::interrupt()).map_err(DemoError::Signal)?;
    let cancel = CancellationToken::new();
    let told = cancel.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        told.cancel();
    });
    Ok((cancel, tasks))
}

/// The address, or one with a free port when somebody else listens there already.
fn free(wanted: SocketAddr) -> Result<SocketAddr, DemoError> {
    let listener = match TcpListener::bind(wanted) {
        Ok(listener) => listener,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            say(format!("{wanted} is in use: another port is taken"));
            TcpListener::bind((wanted.ip(), 0)).map_err(DemoError::Port)?
        }
        Err(error) => return Err(DemoError::Port(error)),
    };
    listener.local_addr().map_err(DemoError::Port)
}

/// Starts what the settings do not name.
///
/// # Errors
/// A server cannot be started.
pub async fn ground(mut settings: Settings) -> Result<Ground, DemoError> {
    settings.http.listen = free(settings.http.listen)?;
    settings.limits.shutdown_seconds = SHUTDOWN_SECONDS;
    if settings.audit.signing_key.is_empty() {
        settings.audit.signing_key = signing_key()?;
    }
    let defaults = Settings::from_layers(&Flags::default(), std::iter::empty()).ok();
    let untouched =
        |value: &str, of: fn(&Settings) -> &str| defaults.as_ref().is_some_and(|it| of(it) == value);
    let postgres = if untouched(settings.database.url.expose(), |it| it.database.url.expose()) {
        let cluster = Cluster::start().await?;
        settings.database.url = cluster.service_url.clone();
        settings.database.owner_url = cluster.owner_url.clone();
        say(format!(
            "postgres: private, {} on 127.0.0.1:{}, fsync off (demo only), files in {}",
            cluster.version,
            cluster.port,
            cluster.directory.display()
        ));
        Some(cluster)
    } else {
        say(format!("postgres: {}", settings.database.url.shown()));
        None
    };
    let broker = if untouched(&settings.kafka.brokers, |it| &it.kafka.brokers) {
        let broker = Broker::start().map_err(DemoError::Broker)?;
        settings.kafka.brokers = broker.address();
        say(format!("kafka:    in-process broker (librdkafka's mock) on {}", broker.address()));
        Some(broker)
    } else {
        // What stands in the topics already is not this company's.
        settings.kafka.first_start = FirstStart::Latest;
        say(format!("kafka:    {}", settings.kafka.brokers));
        None
    };
    Ok(Ground { settings, _postgres: postgres, _broker: broker })
}

/// A key for this demo alone, so that it leaves no file behind.
fn signing_key() -> Result<Secret, DemoError> {
    let mut seed = [0_u8; checkpoint::SEED_BYTES];
    getrandom::fill(&mut seed).map_err(|_| service::ServiceError::Key)?;
    Ok(Secret::new(checkpoint::hex(&seed)))
}

/// A link for each of [`VIEWERS`]; each works once.
async fn links(settings: &Settings) -> Result<Vec<String>, DemoError> {
    let url = settings.database.url.expose();
    let pool =
        connect::pool(url, "baton demo", 1, service::timeouts(settings)).await.map_err(DemoError::Store)?;
    let tokens = Tokens::new(pool.clone());
    let scopes = vec!["read".to_owned(), "ask".to_owned()];
    let mut links = Vec::new();
    for (member, _) in VIEWERS {
        let name = format!("demo {member}");
        links
            .push(auth::issue(&tokens, "link", &name, Some(member), scopes.clone(), Some(LINK_LIVES)).await?);
    }
    pool.close().await;
    Ok(links)
}
