//! `baton report`: figures for people who read no board. It shows sums, no person and no lead, and changes nothing but what
//! goes out by e-mail.

use super::output::{FAILED, Failure, USAGE, block_on, say, say_json};
use crate::scoreboard::Week;
use crate::scoreboard::digest::{CampaignWeek, digest};
use crate::service::digests::{self, DigestDesk};
use crate::settings::Settings;
use crate::store::Reader;
use clap::Subcommand;
use serde_json::{Value, json};

/// `report digest`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// What became of each campaign's leads in a week, for marketing.
    Digest {
        /// An ISO week, such as 2026-W46; from Monday to Sunday in UTC.
        #[arg(long)]
        week: String,
        /// Only this campaign, by its id.
        #[arg(long, value_name = "ID", conflicts_with = "send")]
        campaign: Option<String>,
        /// E-mails the week to everybody of `[notify.member]`, each by their roles; whoever has it already gets no other.
        #[arg(long)]
        send: bool,
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments::Digest { week, campaign, send, json } = arguments;
    let week: Week = week.parse().map_err(|error| Failure::of(USAGE, &error))?;
    if *send {
        return self::send(settings, week, *json);
    }
    let sums = block_on(async {
        let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
        let reader = Reader::open(settings.database.url.expose(), 1).await.map_err(|error| failed(&error))?;
        let span = week.span();
        let sums = reader.campaign_sums(span.from, span.to, campaign.as_deref()).await;
        sums.map_err(|error| failed(&error))
    })?;
    let weeks = digest(&sums);
    if *json {
        say_json(
            &json!({ "week": week.to_string(), "campaigns": weeks.iter().map(shown).collect::<Vec<_>>() }),
        );
        return Ok(());
    }
    if weeks.is_empty() {
        say(format!("Nothing happened in {week}."));
    }
    for campaign in &weeks {
        for line in lines(campaign) {
            say(line);
        }
    }
    Ok(())
}

/// Leaves the week's digests to whichever instance sends e-mail.
fn send(settings: &Settings, week: Week, as_json: bool) -> Result<(), Failure> {
    let (made, asked) = block_on(async {
        let mut session = super::team::session(settings).await?;
        let now = session.now().await.map_err(|error| Failure::of(FAILED, &error))?;
        let members = digests::readers(settings, &session.texts().team);
        let owner = format!("report-{}", std::process::id());
        let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
        let mut desk = DigestDesk::open(settings, owner).await.map_err(|error| failed(&error))?;
        let made = desk.make(week, &members, session.texts(), now).await.map_err(|error| failed(&error))?;
        Ok((made, members.len()))
    })?;
    if as_json {
        say_json(&json!({ "week": week.to_string(), "made": made, "there": asked - made }));
    } else if asked == 0 {
        say("nobody of [notify.member] has both an e-mail address and a role that a digest is for");
    } else {
        say(format!("{made} digests of {week} go out; {} were there already", asked - made));
    }
    Ok(())
}

fn shown(week: &CampaignWeek) -> Value {
    json!({
        "campaign": week.campaign, "name": week.name, "mql": week.mql, "accepted": week.accepted,
        "qualified": week.qualified, "sql_reversed": week.sql_reversed, "opportunities": week.opportunities,
        "won": week.won, "win_reversed": week.win_reversed, "lost": week.lost, "rejected": week.rejected,
        "overturned": week.overturned, "contested": week.contested, "upheld": week.upheld, "lapsed": week.lapsed,
        "breached": week.breached, "reasons": week.reasons,
    })
}

/// A heading, what went well, and why leads came back.
fn lines(week: &CampaignWeek) -> Vec<String> {
    let id = week.campaign.as_deref().unwrap_or("no campaign");
    let mut lines = vec![
        week.name.as_ref().map_or_else(|| id.to_owned(), |name| format!("{name} ({id})")),
        format!(
            "  MQL {}, accepted {}, SQL {}, opportunities {}, won {}, lost {}, deadlines missed {}",
            week.mql,
            week.accepted,
            week.qualified - week.sql_reversed,
            week.opportunities,
            week.won - week.win_reversed,
            week.lost,
            week.breached
        ),
    ];
    if week.rejected > 0 {
        let mut reasons: Vec<(&String, &i64)> = week.reasons.iter().collect();
        reasons.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), (*code).clone()));
        let reasons: Vec<String> = reasons.iter().map(|(code, count)| format!("{code} {count}")).collect();
        lines.push(format!("  returned {}: {}", week.rejected, reasons.join(", ")));
    }
    if week.contested + week.overturned + week.upheld + week.lapsed > 0 {
        lines.push(format!(
            "  contested {}, overturned {}, upheld {}, lapsed {}",
            week.contested, week.overturned, week.upheld, week.lapsed
        ));
    }
    lines
}
