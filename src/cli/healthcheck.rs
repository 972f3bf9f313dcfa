//! `baton healthcheck`: asks `/readyz` of the service on this machine, for container health checks. It never starts anything.

use super::output::{FAILED, Failure, say};
use crate::settings::Settings;
use clap::Args;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A service that does not answer so long is not ready.
const TIMEOUT: Duration = Duration::from_secs(3);
/// An answer is a status line, some headers and a short list.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask whether it lives, not whether it is ready.
    #[arg(long)]
    live: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let path = if arguments.live { "/livez" } else { "/readyz" };
    let address = reachable(settings.http.listen);
    let answer = ask(address, path).map_err(|error| {
        Failure::new(FAILED, format!("no answer from http://{address}{path} (http.listen): {error}"))
    })?;
    let status = answer.split_whitespace().nth(1).unwrap_or_default();
    if status == "200" {
        say("ready");
        return Ok(());
    }
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Err(Failure::new(FAILED, format!("http://{address}{path} answers {status}: {}", body.trim())))
}

/// Where this machine reaches a server that listens on every address.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
