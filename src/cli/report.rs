//! `baton report`: figures for people who read no board. It shows sums, no person and no lead, and changes nothing.

use super::output::{Failure, USAGE, block_on, say, say_json};
use crate::scoreboard::Week;
use crate::scoreboard::digest::{CampaignWeek, digest};
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
        #[arg(long, value_name = "ID")]
        campaign: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments::Digest { week, campaign, json } = arguments;
    let week: Week = week.parse().map_err(|error| Failure::of(USAGE, &error))?;
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
