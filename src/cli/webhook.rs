//! `baton webhook`: whom webhooks and notices go to, what became of them, a test, once more. It shows no secret, no address
//! and no body.

use super::lane::connection;
use super::output::{FAILED, FAULT, Failure, USAGE, block_on, moment, say, say_json};
use crate::relay::webhooks::{ChannelError, Endpoints, Tried, Wire, try_endpoint};
use crate::settings::Settings;
use crate::store::delivery_desk::{self, DeliveryLine, EndpointSums, Which};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// `webhook list | test | redeliver | enable`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Endpoints with what they were told; with a filter, single deliveries, the newest first.
    List(List),
    /// Sends one endpoint a message that says it is a test, and what came of it.
    Test {
        /// As `list` names it; `webhook:` may be left out.
        endpoint: String,
        #[arg(long)]
        json: bool,
    },
    /// Tells an endpoint once more what failed, or one event whatever came of it; ids and contents stay the same.
    Redeliver {
        endpoint: String,
        /// One event's id.
        #[arg(long)]
        event: Option<Uuid>,
        #[arg(long)]
        json: bool,
    },
    /// Tells an endpoint again that answered 410 or failed to the end; what it missed comes by `redeliver`.
    Enable {
        endpoint: String,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Deliveries to one endpoint.
    #[arg(long)]
    endpoint: Option<String>,
    /// Deliveries about one lead.
    #[arg(long)]
    lead: Option<Uuid>,
    /// Deliveries in a state.
    #[arg(long, value_parser = ["waiting", "done", "failed", "dropped"])]
    state: Option<String>,
    #[arg(long, default_value_t = 50)]
    limit: i64,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let endpoints = Endpoints::of(settings).map_err(|error| failed(&error))?;
    match arguments {
        Arguments::List(list) if list.endpoint.is_none() && list.lead.is_none() && list.state.is_none() => {
            sums(settings, &endpoints, list.json)
        }
        Arguments::List(list) => deliveries(settings, &endpoints, list),
        Arguments::Test { endpoint, json } => test(settings, &endpoints, endpoint, *json),
        Arguments::Redeliver { endpoint, event, json } => {
            again(settings, &named(&endpoints, endpoint)?, *event, *json)
        }
        Arguments::Enable { endpoint, json } => enable(settings, &full(&endpoints, endpoint), *json),
    }
}

fn failed(error: &ChannelError) -> Failure {
    Failure::of(USAGE, error)
}

/// The name that rows have; short names are webhooks'.
fn full(endpoints: &Endpoints, name: &str) -> String {
    if endpoints.names().any(|known| known == name) || name.contains(':') {
        name.to_owned()
    } else {
        format!("webhook:{name}")
    }
}

/// The same of an endpoint that the settings have.
fn named(endpoints: &Endpoints, name: &str) -> Result<String, Failure> {
    let full = full(endpoints, name);
    if endpoints.names().any(|known| known == full) {
        return Ok(full);
    }
    Err(Failure::new(USAGE, format!("the settings name no endpoint {full}: `baton webhook list` shows them")))
}

fn sums(settings: &Settings, endpoints: &Endpoints, as_json: bool) -> Result<(), Failure> {
    let rows = block_on(async {
        let mut conn = connection(settings, "baton webhook list").await?;
        delivery_desk::sums(&mut conn).await.map_err(|error| Failure::store(settings, &error))
    })?;
    let mut all: BTreeMap<&str, Option<&EndpointSums>> = endpoints.names().map(|name| (name, None)).collect();
    all.extend(rows.iter().map(|row| (row.endpoint.as_str(), Some(row))));
    let configured = |name: &str| endpoints.names().any(|known| known == name);
    if as_json {
        let shown = |(name, row): (&str, Option<&EndpointSums>)| {
            json!({
                "endpoint": name, "configured": configured(name),
                "stopped_at": row.and_then(|row| row.stopped_at).map(moment),
                "stopped_reason": row.and_then(|row| row.stopped_reason.clone()),
                "waiting": row.map_or(0, |row| row.waiting), "done": row.map_or(0, |row| row.done),
                "failed": row.map_or(0, |row| row.failed), "dropped": row.map_or(0, |row| row.dropped),
                "oldest_waiting": row.and_then(|row| row.oldest_waiting).map(moment),
            })
        };
        say_json(&Value::Array(all.into_iter().map(shown).collect()));
        return Ok(());
    }
    for (name, row) in &all {
        let [waiting, done, failed] = row.map_or([0; 3], |row| [row.waiting, row.done, row.failed]);
        let gone = if configured(name) { "" } else { "  not in the settings any more" };
        say(format!("{name:<40} {waiting:>8} waiting {done:>8} done {failed:>8} failed{gone}"));
        if let Some((at, reason)) = row.and_then(|row| row.stopped_at.zip(row.stopped_reason.as_ref())) {
            say(format!(
                "  STOPPED since {}: {reason}: mend it, then `baton webhook enable {name}`",
                moment(at)
            ));
        }
    }
    if all.is_empty() {
        say("the settings name nobody to tell: see [webhooks] and [notify] in `baton config show`");
    }
    Ok(())
}

fn deliveries(settings: &Settings, endpoints: &Endpoints, list: &List) -> Result<(), Failure> {
    let endpoint = list.endpoint.as_deref().map(|name| full(endpoints, name));
    let rows = block_on(async {
        let mut conn = connection(settings, "baton webhook list").await?;
        let which = Which { endpoint: endpoint.as_deref(), state: list.state.as_deref(), lead: list.lead };
        let rows = delivery_desk::list(&mut conn, which, list.limit).await;
        rows.map_err(|error| Failure::store(settings, &error))
    })?;
    if list.json {
        let shown = |row: &DeliveryLine| {
            json!({
                "event": row.event_id, "type": row.event_type, "lead": row.lead_id, "notice": row.notice, "endpoint": row.endpoint,
                "state": row.state, "attempts": row.attempts, "status": row.last_status,
                "created_at": moment(row.created_at), "last_try_at": row.last_try_at.map(moment),
                "next_try_at": row.ended_at.is_none().then(|| moment(row.next_try_at)),
            })
        };
        say_json(&Value::Array(rows.iter().map(shown).collect()));
        return Ok(());
    }
    for row in &rows {
        let status = row.last_status.as_deref().unwrap_or("not tried yet");
        let next = if row.ended_at.is_none() {
            format!(", next {}", moment(row.next_try_at))
        } else {
            String::new()
        };
        say(format!(
            "{}  {:<28} {:<32} {:<7} {status}, {} tries{next}",
            row.event_id, row.event_type, row.endpoint, row.state, row.attempts
        ));
    }
    if rows.is_empty() {
        say("no such delivery; they are kept for 30 days");
    }
    Ok(())
}

fn test(settings: &Settings, endpoints: &Endpoints, name: &str, as_json: bool) -> Result<(), Failure> {
    let name = named(endpoints, name)?;
    let wire = Wire::new(settings).map_err(|error| failed(&error))?;
    let tried = block_on(async { Ok(try_endpoint(&wire, endpoints, &name).await) })?;
    let Some(Tried { delivered, status, id }) = tried else { return Ok(()) };
    if as_json {
        say_json(&json!({ "endpoint": name, "delivered": delivered, "status": status, "event": id }));
    } else if delivered {
        say(format!("{name} took the test: {status}"));
    }
    if delivered {
        return Ok(());
    }
    let hint = match status.as_str() {
        "address_private" => {
            ": the name or number leads to this machine or a private network; webhooks.allow_private = true allows it"
        }
        "timeout" => ": nothing came back within webhooks.timeout_seconds",
        "connection_failed" => ": nobody answers there, or no certificate is trusted",
        status if status.ends_with("_not_followed") => {
            ": redirects are never followed; set the address it leads to"
        }
        _ => "",
    };
    Err(Failure::new(FAULT, format!("{name} did not take the test: {status}{hint}")))
}

fn again(settings: &Settings, name: &str, event: Option<Uuid>, as_json: bool) -> Result<(), Failure> {
    let (count, stopped) = block_on(async {
        let mut conn = connection(settings, "baton webhook redeliver").await?;
        let store = |error| Failure::store(settings, &error);
        let stopped = delivery_desk::stopped(&mut conn, name).await.map_err(store)?;
        if stopped.is_some() {
            return Ok((0, stopped));
        }
        Ok((delivery_desk::again(&mut conn, name, event).await.map_err(store)?, None))
    })?;
    if let Some(reason) = stopped {
        return Err(Failure::new(
            FAILED,
            format!("{name} is stopped: {reason}: first `baton webhook enable {name}`"),
        ));
    }
    if as_json {
        say_json(&json!({ "endpoint": name, "redelivered": count }));
    } else if count > 0 {
        say(format!(
            "{count} deliveries to {name} begin again: `baton webhook list --endpoint {name}` shows them"
        ));
    }
    if count == 0 && event.is_some() {
        return Err(Failure::new(
            FAILED,
            format!("{name} was never told of that event, or it is too long ago"),
        ));
    }
    if count == 0 && !as_json {
        say(format!("nothing has failed at {name}"));
    }
    Ok(())
}

fn enable(settings: &Settings, name: &str, as_json: bool) -> Result<(), Failure> {
    let was_stopped = block_on(async {
        let mut conn = connection(settings, "baton webhook enable").await?;
        delivery_desk::enable(&mut conn, name).await.map_err(|error| Failure::store(settings, &error))
    })?;
    if as_json {
        say_json(&json!({ "endpoint": name, "was_stopped": was_stopped }));
    } else if was_stopped {
        say(format!("{name} is told again; what it missed: `baton webhook redeliver {name}`"));
    } else {
        say(format!("{name} was not stopped"));
    }
    Ok(())
}
