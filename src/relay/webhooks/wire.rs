//! One attempt on the wire: a POST or an e-mail, and what it came to. It follows no redirect, uses no proxy and keeps nothing
//! of what a receiver says.

use super::ChannelError;
use super::guard::{AddressPrivate, Guard, is_public};
use super::verdict::Verdict;
use crate::clock;
use crate::contract::notice::Letter;
use crate::contract::webhook::signatures;
use crate::domain::time::SECOND;
use crate::settings::Settings;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use reqwest::{StatusCode, Url, header, redirect};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// A place that does not even connect in this time is away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that wait for the next delivery, per host.
const IDLE_CONNECTIONS: usize = 2;
/// So much of an answer is read, so that the connection can be used again; the rest is of no interest.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// What is sent.
#[derive(Clone)]
pub(super) enum Parcel {
    Webhook { url: String, keys: Vec<Vec<u8>>, id: String, body: Vec<u8> },
    Slack { url: String, body: Vec<u8> },
    Email { to: Mailbox, letter: Letter, id: String },
}

/// What reaches receivers.
pub struct Wire {
    http: reqwest::Client,
    allow_private: bool,
    mail: Option<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)>,
}

impl Wire {
    /// Clients as the settings say; nothing is connected yet.
    ///
    /// # Errors
    /// The mail server's address or the sender's cannot be read, or no certificates are found.
    pub fn new(settings: &Settings) -> Result<Self, ChannelError> {
        // Somebody else may have chosen before, which is as good.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let allow_private = settings.webhooks.allow_private;
        let http = reqwest::Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard { allow_private }))
            .timeout(settings.webhooks.timeout())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()
            .map_err(ChannelError::Http)?;
        Ok(Self { http, allow_private, mail: mail(settings)? })
    }

    /// Makes one attempt.
    pub(super) async fn send(&self, parcel: Parcel) -> Verdict {
        match parcel {
            Parcel::Webhook { url, keys, id, body } => {
                let timestamp = clock::wall_micros() / SECOND;
                let signed = signatures(keys.iter().map(Vec::as_slice), &id, timestamp, &body);
                let headers = [
                    ("webhook-id", id),
                    ("webhook-timestamp", timestamp.to_string()),
                    ("webhook-signature", signed),
                ];
                self.post(&url, &headers, body).await
            }
            Parcel::Slack { url, body } => self.post(&url, &[], body).await,
            Parcel::Email { to, letter, id } => self.mail(to, letter, &id).await,
        }
    }

    async fn post(&self, url: &str, headers: &[(&'static str, String)], body: Vec<u8>) -> Verdict {
        let Ok(url) = Url::parse(url) else { return Verdict::Failed("address_unreadable") };
        // A number needs no look-up, so the guard never sees it.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if !self.allow_private && host.parse::<IpAddr>().is_ok_and(|address| !is_public(address)) {
            return again("address_private");
        }
        let mut request = self.http.post(url).header(header::CONTENT_TYPE, "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match request.send().await {
            Ok(response) => {
                let verdict = judge(response.status(), response.headers().get(header::RETRY_AFTER));
                finish(response).await;
                verdict
            }
            Err(error) => again(code(&error)),
        }
    }

    async fn mail(&self, to: Mailbox, letter: Letter, id: &str) -> Verdict {
        let Some((server, from)) = &self.mail else { return Verdict::Failed("no_mail_server") };
        let message = Message::builder()
            .from(from.clone())
            .to(to)
            .subject(letter.subject)
            // The same for every attempt: a mail program then shows a repetition once.
            .message_id(Some(format!("<{id}@baton.invalid>")))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text);
        let Ok(message) = message else { return Verdict::Failed("mail_unwritable") };
        match server.send(message).await {
            Ok(_) => Verdict::Done("smtp_accepted".to_owned()),
            Err(error) => match error.status() {
                Some(code) if error.is_permanent() => Verdict::Refused(format!("smtp_{code}")),
                Some(code) => again(&format!("smtp_{code}")),
                None if error.is_timeout() => again("timeout"),
                None => again("connection_failed"),
            },
        }
    }
}

fn mail(settings: &Settings) -> Result<Option<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)>, ChannelError> {
    if settings.notify.smtp_url.is_empty() {
        return Ok(None);
    }
    let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.notify.smtp_url.expose())
        .map_err(ChannelError::Smtp)?
        .timeout(Some(settings.webhooks.timeout()))
        .build();
    let key = "notify.from".to_owned();
    let from = settings.notify.from.parse().map_err(|source| ChannelError::Address { key, source })?;
    Ok(Some((server, from)))
}

fn again(status: &str) -> Verdict {
    Verdict::Again { status: status.to_owned(), after: None }
}

/// What a status means, as Standard Webhooks says.
fn judge(status: StatusCode, retry_after: Option<&header::HeaderValue>) -> Verdict {
    let code = format!("http_{}", status.as_u16());
    if status.is_success() {
        Verdict::Done(code)
    } else if status == StatusCode::GONE {
        Verdict::Gone(code)
    } else if status.is_redirection() {
        again(&format!("{code}_not_followed"))
    } else {
        let after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Verdict::Again { status: code, after }
    }
}

/// Reads the rest of a short answer; what is longer costs the connection.
async fn finish(mut response: reqwest::Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > ANSWER_BYTES_MAX {
            return;
        }
    }
}

/// Why nothing came back, as a code.
fn code(error: &reqwest::Error) -> &'static str {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<AddressPrivate>() {
            return "address_private";
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connection_failed"
    } else {
        "no_answer"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use header::HeaderValue;

    #[test]
    fn two_hundreds_are_success_and_everything_else_is_none() {
        let of = |number: u16, after: Option<&'static str>| {
            let after = after.map(HeaderValue::from_static);
            judge(StatusCode::from_u16(number).unwrap(), after.as_ref())
        };
        assert_eq!(of(204, None), Verdict::Done("http_204".to_owned()));
        assert_eq!(of(410, None), Verdict::Gone("http_410".to_owned()));
        assert_eq!(of(302, None), again("http_302_not_followed"));
        assert_eq!(of(404, None), again("http_404"));
        assert_eq!(of(429, Some("30")), Verdict::Again { status: "http_429".to_owned(), after: Some(30) });
        assert_eq!(of(503, Some("soon")), again("http_503"));
    }
}
