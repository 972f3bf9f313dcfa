//! `baton token`: makes, lists and revokes tokens and one-time links. The text is printed once and never stored.

use super::output::{FAILED, FAULT, Failure, USAGE, block_on, moment, say, say_json};
use crate::contract::policy_text;
use crate::domain::team::{MemberId, Team};
use crate::domain::time::{DAY, HOUR, MINUTE, SECOND};
use crate::settings::Settings;
use crate::store::connect::{self, Timeouts};
use crate::store::text::{self, TextKind};
use crate::store::token::{TokenRow, Tokens};
use crate::web::auth::{self, Scope};
use clap::{Args, Subcommand};
use serde_json::json;

/// A link is used within minutes, or made again.
const LINK_LIVES: i64 = 15 * MINUTE;
/// A bearer token that nobody renews ends after a quarter.
const BEARER_LIVES: i64 = 90 * DAY;
/// One question at a time.
const CONNECTIONS: u32 = 1;

/// `token create | list | revoke`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Makes a bearer token for a program, or with --link a one-time link by which a person signs in.
    Create(Create),
    /// Lists tokens, links and sessions; never their texts.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Revokes every token, link and session of a name, at once.
    Revoke { name: String },
}

/// `token create`
#[derive(Debug, Args)]
pub(super) struct Create {
    /// A link for a browser instead of a token for a program.
    #[arg(long)]
    link: bool,
    /// What lists and `revoke` call it.
    #[arg(long, default_value = "board")]
    name: String,
    /// In whose name it acts: an id of the team file. Without one it reads only.
    #[arg(long)]
    member: Option<String>,
    /// Any of read, ask, admin.
    #[arg(long, value_delimiter = ',', default_value = "read")]
    scopes: Vec<String>,
    /// How long it lives: 30s, 15m, 12h or 90d. A link 15 minutes, a token 90 days when absent.
    #[arg(long, value_parser = duration)]
    ttl: Option<i64>,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    block_on(async {
        let url = settings.database.url.expose();
        let pool = connect::pool(url, "baton token", CONNECTIONS, Timeouts::default())
            .await
            .map_err(|error| Failure::store(settings, &error))?;
        let tokens = Tokens::new(pool);
        match arguments {
            Arguments::Create(create) => make(settings, &tokens, create).await,
            Arguments::List { json } => list(settings, &tokens, *json).await,
            Arguments::Revoke { name } => revoke(settings, &tokens, name).await,
        }
    })
}

async fn make(settings: &Settings, tokens: &Tokens, create: &Create) -> Result<(), Failure> {
    if let Some(word) = create.scopes.iter().find(|word| Scope::parse(word).is_none()) {
        return Err(Failure::new(USAGE, format!("--scopes: `{word}` is none of read, ask, admin")));
    }
    let asks = create.scopes.iter().any(|word| Scope::parse(word) == Some(Scope::Ask));
    match &create.member {
        Some(member) => check_member(settings, member).await?,
        None if asks => {
            return Err(Failure::new(
                USAGE,
                "--scopes ask needs --member: every ask is made in somebody's name",
            ));
        }
        None => {}
    }
    let (kind, usual) = if create.link { ("link", LINK_LIVES) } else { ("bearer", BEARER_LIVES) };
    let lives = create.ttl.unwrap_or(usual);
    let text =
        auth::issue(tokens, kind, &create.name, create.member.as_deref(), create.scopes.clone(), Some(lives))
            .await
            .map_err(|error| Failure::of(FAILED, &error))?;
    let shown = if create.link { format!("{}/sign-in?token={text}", board(settings)) } else { text };
    if create.json {
        say_json(
            &json!({ "kind": kind, "name": create.name, "member": create.member, "scopes": create.scopes, "lives_seconds": lives / SECOND, "text": shown }),
        );
    } else {
        say(shown);
    }
    Ok(())
}

/// The board's address as people reach it.
fn board(settings: &Settings) -> String {
    let public = settings.http.public_url.trim_end_matches('/');
    if public.is_empty() { format!("http://{}", settings.http.listen) } else { public.to_owned() }
}

async fn check_member(settings: &Settings, member: &str) -> Result<(), Failure> {
    let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
    let url = settings.database.url.expose();
    let mut conn =
        connect::connect(url, "baton token", Timeouts::default()).await.map_err(|error| failed(&error))?;
    let active = text::active(&mut conn, TextKind::Team).await.map_err(|error| failed(&error))?;
    let Some(published) = active else {
        return Err(Failure::new(super::output::WORLD, "no team is published: run `baton migrate`"));
    };
    let team = policy_text::team(&published.body)
        .map_err(|_| Failure::new(FAULT, "the published team can't be read by this program"))?;
    if team.member(&MemberId(member.to_owned())).is_some() {
        return Ok(());
    }
    Err(Failure::new(
        USAGE,
        format!("--member: nobody of the team is called `{member}`; {}", nearest(&team, member)),
    ))
}

fn nearest(team: &Team, member: &str) -> String {
    let likeness = |id: &MemberId| strsim::jaro_winkler(&id.0, member);
    let known = team.members().max_by(|one, other| likeness(&one.id).total_cmp(&likeness(&other.id)));
    known.map_or_else(|| "the team is empty".to_owned(), |known| format!("do you mean `{}`?", known.id))
}

async fn list(settings: &Settings, tokens: &Tokens, json: bool) -> Result<(), Failure> {
    let rows = tokens.list().await.map_err(|error| Failure::store(settings, &error))?;
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| json!({ "name": row.name, "kind": row.kind, "member": row.member, "scopes": row.scopes, "state": state(row), "created_at": moment(row.created_at), "expires_at": row.expires_at.map(moment) }))
            .collect();
        say_json(&json!(rows));
        return Ok(());
    }
    if rows.is_empty() {
        say("no tokens; make one with `baton token create --link`");
    }
    for row in &rows {
        let member = row.member.as_deref().unwrap_or("-");
        let until =
            row.expires_at.map_or_else(|| "without end".to_owned(), |at| format!("until {}", moment(at)));
        say(format!(
            "{:<8} {:<8} {:<20} {:<20} {:<16} {until}",
            state(row),
            row.kind,
            row.name,
            member,
            row.scopes.join(",")
        ));
    }
    Ok(())
}

fn state(row: &TokenRow) -> &'static str {
    if row.revoked_at.is_some() {
        "revoked"
    } else if row.kind == "link" && row.used_at.is_some() {
        "used"
    } else if row.is_live() {
        "live"
    } else {
        "expired"
    }
}

async fn revoke(settings: &Settings, tokens: &Tokens, name: &str) -> Result<(), Failure> {
    let count = tokens.revoke(name).await.map_err(|error| Failure::store(settings, &error))?;
    if count == 0 {
        return Err(Failure::new(FAILED, format!("nothing of the name `{name}` is there to revoke")));
    }
    say(format!("{count} of the name `{name}` revoked; whoever was signed in by it is out"));
    Ok(())
}

/// Microseconds of `30s`, `15m`, `12h`, `90d`.
fn duration(text: &str) -> Result<i64, String> {
    let wrong = || "write a whole number and s, m, h or d, such as 15m".to_owned();
    let unit = match text.chars().last() {
        Some('s') => SECOND,
        Some('m') => MINUTE,
        Some('h') => HOUR,
        Some('d') => DAY,
        Some(_) | None => return Err(wrong()),
    };
    let number: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let micros = number.checked_mul(unit).filter(|micros| *micros > 0);
    micros.ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_a_number_and_a_unit_above_nothing() {
        assert_eq!(duration("15m"), Ok(15 * MINUTE));
        assert_eq!(duration("2d"), Ok(2 * DAY));
        for wrong in ["", "m", "15", "0h", "-1h", "1w", "9999999999999d", "1.5h", "5\u{e9}"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
