//! `baton team`: who is there, the text of the team, people away, back, switched off. It prints no lead and no person but the
//! team's own.

mod publish;
mod show;

use super::output::{FAILED, Failure, USAGE, WORLD, block_on, moment, say, say_json};
use crate::contract::policy_text;
use crate::domain::availability::{Away, Change};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::service;
use crate::settings::Settings;
use crate::transaction::availability;
use crate::transaction::batch::Outcome;
use crate::transaction::session::Session;
use clap::Subcommand;
use serde_json::json;

/// `team show | publish | away | back | hours | deactivate | activate`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// People, pools, calendars, absences, and who is on shift now.
    Show {
        #[arg(long)]
        json: bool,
    },
    /// Checks a file and makes it the team from now on; whoever it switches off hands over their leads.
    Publish {
        file: std::path::PathBuf,
        /// Who publishes it.
        #[arg(long)]
        by: String,
        /// The version that the file was written from, as `baton team show` names it: where another is in force by now,
        /// nothing is published (exit code 1).
        #[arg(long, value_name = "HASH")]
        over: Option<String>,
        /// Checks only, against the policy in force.
        #[arg(long)]
        dry_run: bool,
    },
    /// Somebody is away: nothing new goes to them until they are back.
    Away {
        member: String,
        /// The first moment back, such as 2026-12-28T09:00:00Z; without it, until `baton team back`.
        #[arg(long)]
        until: Option<String>,
        /// The first moment away; now by default.
        #[arg(long)]
        from: Option<String>,
        #[command(flatten)]
        saying: Saying,
    },
    /// Somebody is back before the time.
    Back {
        member: String,
        #[command(flatten)]
        saying: Saying,
    },
    /// Somebody works other hours than their calendar says, or the calendar's again.
    Hours {
        member: String,
        /// Such as 09:00; without it the calendar's hours hold again.
        #[arg(long, requires = "closes")]
        opens: Option<String>,
        /// Such as 13:00.
        #[arg(long, requires = "opens")]
        closes: Option<String>,
        #[command(flatten)]
        saying: Saying,
    },
    /// Switches somebody off: they get no lead, and what they hold goes to others in one recorded sweep.
    Deactivate {
        member: String,
        #[command(flatten)]
        saying: Saying,
    },
    /// Takes a deactivation back. Leads that have gone to others stay there.
    Activate {
        member: String,
        #[command(flatten)]
        saying: Saying,
    },
}

/// Who says it, and how the answer is printed.
#[derive(Debug, clap::Args)]
pub(super) struct Saying {
    /// Who says so; stands in the audit.
    #[arg(long)]
    by: String,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::Show { json } => show::run(settings, *json),
        Arguments::Publish { file, by, over, dry_run } => {
            publish::run(settings, file, by, over.as_deref(), *dry_run)
        }
        Arguments::Away { member, until, from, saying } => {
            let (from, until) = (at(from.as_deref(), "--from")?, at(until.as_deref(), "--until")?);
            say_of(settings, member, saying, |now| away(from.unwrap_or(now), until, now))
        }
        Arguments::Back { member, saying } => say_of(settings, member, saying, |_now| Ok(Change::Back)),
        Arguments::Hours { member, opens, closes, saying } => {
            let hours = match (opens, closes) {
                (Some(opens), Some(closes)) => Some((minute(opens)?, minute(closes)?)),
                (Some(_) | None, _) => None,
            };
            if hours.is_some_and(|(opens, closes)| opens >= closes) {
                return Err(Failure::new(USAGE, "--closes must be later than --opens"));
            }
            say_of(settings, member, saying, |_now| Ok(Change::Hours(hours)))
        }
        Arguments::Deactivate { member, saying } => {
            say_of(settings, member, saying, |_now| Ok(Change::Active(false)))
        }
        Arguments::Activate { member, saying } => {
            say_of(settings, member, saying, |_now| Ok(Change::Active(true)))
        }
    }
}

fn at(text: Option<&str>, flag: &str) -> Result<Option<Moment>, Failure> {
    let read = |text: &str| {
        Moment::parse(text).map_err(|_| {
            Failure::new(
                USAGE,
                format!("{flag}: write a time such as 2026-12-28T09:00:00Z or 2026-12-28T09:00+01:00"),
            )
        })
    };
    text.map(read).transpose()
}

fn minute(text: &str) -> Result<u32, Failure> {
    let minute = policy_text::time_of_day(text);
    minute.ok_or_else(|| Failure::new(USAGE, format!("`{text}` is no time of day such as 09:00")))
}

fn away(from: Moment, until: Option<Moment>, now: Moment) -> Result<Change, Failure> {
    if until.is_some_and(|until| until <= from || until <= now) {
        return Err(Failure::new(USAGE, "--until: the first moment back must lie ahead, and after --from"));
    }
    Ok(Change::Away(Away { from, until }))
}

/// Says something of a person through the one door, as an operator.
fn say_of(
    settings: &Settings,
    member: &str,
    saying: &Saying,
    change: impl FnOnce(Moment) -> Result<Change, Failure>,
) -> Result<(), Failure> {
    block_on(async {
        let mut session = session(settings).await?;
        let id = MemberId(member.to_owned());
        if session.texts().team.member(&id).is_none() {
            return Err(unknown(&session, member));
        }
        let now = session.now().await.map_err(|error| Failure::of(FAILED, &error))?;
        let change = change(now)?;
        let batch = availability::operator(session.keys(), &id, change, &saying.by, now);
        let committed = session.commit(&batch).await.map_err(|error| Failure::of(FAILED, &error))?;
        match committed.outcomes.first() {
            Some(Outcome::Applied(_)) => told(member, change, true, saying),
            Some(Outcome::Filtered(_)) => told(member, change, false, saying),
            other => {
                let reason = other.map_or("no outcome", Outcome::reason);
                return Err(Failure::new(FAILED, format!("nothing was changed: {reason}")));
            }
        }
        Ok(())
    })
}

fn told(member: &str, change: Change, changed: bool, saying: &Saying) {
    if saying.json {
        say_json(&json!({ "member": member, "changed": changed, "by": saying.by }));
        return;
    }
    let what = match change {
        Change::Away(Away { from, until }) => {
            let until = until.map_or_else(|| "they are back".to_owned(), |until| moment(until.0));
            format!("{member} is away from {from} until {until}")
        }
        Change::Back => format!("{member} is back"),
        Change::Hours(Some((opens, closes))) => {
            format!("{member} works {} to {}", show::clock(opens), show::clock(closes))
        }
        Change::Hours(None) => format!("{member} works the hours of the calendar"),
        Change::Active(true) => format!("{member} is switched on"),
        Change::Active(false) => {
            format!("{member} is switched off; the running service hands over what they hold")
        }
    };
    say(if changed { what } else { format!("nothing to change: {what}") });
}

/// A session of the command line.
pub(in crate::cli) async fn session(settings: &Settings) -> Result<Session, Failure> {
    let keys = service::keys(settings).await.map_err(|error| Failure::of(WORLD, &error))?;
    let mut opening = service::session_settings(settings, keys, settings.board_url())
        .map_err(|error| Failure::of(FAILED, &error))?;
    "baton team".clone_into(&mut opening.application_name);
    Session::open(opening).await.map_err(|error| Failure::of(WORLD, &error))
}

fn unknown(session: &Session, member: &str) -> Failure {
    let known: Vec<&str> = session.texts().team.members().map(|member| member.id.0.as_str()).collect();
    let line = match policy_text::nearest(member, known.into_iter()) {
        Some(near) => format!("nobody of the team is `{member}`; did you mean `{near}`?"),
        None => format!("nobody of the team is `{member}`; `baton team show` lists everybody"),
    };
    Failure::new(USAGE, line)
}
