//! A wire to Postgres that can be cut around COMMIT: before the request arrives, or before its reply comes back. It
//! understands as much of the protocol as that needs, and changes nothing on the way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::{TcpListener, TcpStream};

/// Requests for encryption, which is refused: the wire must be readable.
const ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];
const COMMIT: &[u8] = b"COMMIT\0";
/// Workers whose commits move positions name themselves so.
const LANE: &[u8] = b" lane";
/// The longest opening message that Postgres itself takes.
const OPENING_MAX: u32 = 10_000;

/// Where a wire is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server never hears of the COMMIT: nothing is stored.
    Request,
    /// The server commits, and nobody hears of it.
    Reply,
}

#[derive(Debug, Default)]
struct Counter {
    armed: AtomicU64,
    done: AtomicU64,
}

impl Counter {
    fn take(&self) -> bool {
        let taken = self
            .armed
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |armed| armed.checked_sub(1))
            .is_ok();
        self.done.fetch_add(u64::from(taken), Ordering::AcqRel);
        taken
    }
}

/// Cuts that are ordered and done.
#[derive(Debug, Default)]
struct Shears {
    request: Counter,
    reply: Counter,
}

/// A listening proxy; it ends with its runtime.
pub struct Proxy {
    pub address: SocketAddr,
    shears: Arc<Shears>,
    _runtime: tokio::runtime::Runtime,
}

impl Proxy {
    /// Listens on a free port in front of a server.
    pub fn before(server: SocketAddr) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let shears = Arc::new(Shears::default());
        let shared = Arc::clone(&shears);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shears = Arc::clone(&shared);
                tokio::spawn(async move { carry(client, server, &shears).await });
            }
        });
        Self { address, shears, _runtime: runtime }
    }

    fn counter(&self, cut: Cut) -> &Counter {
        match cut {
            Cut::Request => &self.shears.request,
            Cut::Reply => &self.shears.reply,
        }
    }

    /// Cuts the next COMMIT of a lane.
    pub fn arm(&self, cut: Cut) {
        self.counter(cut).armed.fetch_add(1, Ordering::AcqRel);
    }

    /// Cuts done so far.
    pub fn done(&self, cut: Cut) -> u64 {
        self.counter(cut).done.load(Ordering::Acquire)
    }
}

/// Carries one connection until either side ends or it is cut; dropping both sockets closes both.
async fn carry(mut client: TcpStream, server: SocketAddr, shears: &Shears) {
    let Some(opening) = opening(&mut client).await else { return };
    let Ok(mut upstream) = TcpStream::connect(server).await else { return };
    if upstream.write_all(&opening).await.is_err() {
        return;
    }
    let _ = (client.set_nodelay(true), upstream.set_nodelay(true));
    let is_lane = opening.windows(LANE.len()).any(|part| part == LANE);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = upstream.into_split();
    tokio::select! {
        () = pass(from_client, to_server, |kind, body| {
            is_lane && kind == b'Q' && body == COMMIT && shears.request.take()
        }) => {}
        () = pass(from_server, to_client, |kind, body| {
            is_lane && kind == b'C' && body == COMMIT && shears.reply.take()
        }) => {}
    }
}

/// The opening message with its length; requests for encryption are answered with no.
async fn opening(client: &mut TcpStream) -> Option<Vec<u8>> {
    loop {
        let length = client.read_u32().await.ok().filter(|length| (8..=OPENING_MAX).contains(length))?;
        let mut body = vec![0; usize::try_from(length).ok()? - 4];
        client.read_exact(&mut body).await.ok()?;
        let code = u32::from_be_bytes(body[..4].try_into().ok()?);
        if ENCRYPTION.contains(&code) {
            client.write_all(b"N").await.ok()?;
            continue;
        }
        return Some([&length.to_be_bytes()[..], &body].concat());
    }
}

/// Passes messages on until the reading side ends or a message is one to cut at.
async fn pass(
    from: tokio::net::tcp::OwnedReadHalf,
    to: tokio::net::tcp::OwnedWriteHalf,
    cuts: impl Fn(u8, &[u8]) -> bool,
) {
    let (mut from, mut to) = (BufReader::with_capacity(65_536, from), BufWriter::with_capacity(65_536, to));
    let mut body = Vec::new();
    while let Ok(kind) = from.read_u8().await {
        let Ok(length) = from.read_u32().await else { break };
        body.resize(usize::try_from(length).unwrap_or(4).saturating_sub(4), 0);
        if from.read_exact(&mut body).await.is_err() {
            break;
        }
        if cuts(kind, &body) {
            return;
        }
        let sent = async {
            to.write_u8(kind).await?;
            to.write_u32(length).await?;
            to.write_all(&body).await?;
            if from.buffer().is_empty() { to.flush().await } else { Ok(()) }
        };
        if sent.await.is_err() {
            break;
        }
    }
    let _ = to.flush().await;
}
