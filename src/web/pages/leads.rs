//! The list of leads with search and filters. It changes nothing.

use super::{PageFault, html, shell};
use crate::domain::lead::StageKind;
use crate::web::WebState;
use crate::web::api::leads::{LeadsQuery, filter};
use crate::web::caller::PageCaller;
use crate::web::view::list::{ListLine, cursor, lines};
use crate::web::view::{Shell, escaped};
use crate::web::words::{pool_name, stage_slug, stage_words};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

/// What was asked for, as the form shows it again.
struct Asked {
    q: String,
    stage: String,
    holder: String,
    pool: String,
    campaign: String,
    overdue: String,
}

#[derive(Template)]
#[template(path = "leads.html", config = "src/web/askama.toml")]
struct LeadsPage {
    shell: Shell,
    query: Asked,
    stages: Vec<(&'static str, &'static str)>,
    members: Vec<(String, String)>,
    pools: Vec<(String, String)>,
    campaigns: Vec<(String, String)>,
    lines: Vec<ListLine>,
    next: String,
}

/// The list.
pub(in crate::web) async fn leads(
    State(state): State<WebState>,
    caller: PageCaller,
    Query(query): Query<LeadsQuery>,
) -> Result<Response, PageFault> {
    let now = state.reader.now().await.map_err(|error| PageFault::store(&error))?;
    let (rows, more) =
        state.reader.leads(&filter(&query, now)?).await.map_err(|error| PageFault::store(&error))?;
    let campaigns = state.reader.campaigns().await.map_err(|error| PageFault::store(&error))?;
    let texts = state.texts();
    let asked = Asked {
        q: query.q.unwrap_or_default(),
        stage: query.stage.unwrap_or_default(),
        holder: query.holder.unwrap_or_default(),
        pool: query.pool.unwrap_or_default(),
        campaign: query.campaign.unwrap_or_default(),
        overdue: query.overdue.unwrap_or_default(),
    };
    html(&LeadsPage {
        shell: shell(&state, &caller, "Leads", "leads", now),
        stages: StageKind::ALL.iter().skip(1).map(|kind| (stage_slug(*kind), stage_words(*kind).0)).collect(),
        members: texts.team.members().map(|member| (member.id.0.clone(), member.name.clone())).collect(),
        pools: texts.team.pools().map(|pool| (pool.id.0.clone(), pool_name(&texts.team, &pool.id))).collect(),
        campaigns,
        lines: lines(&rows, &texts.team, now),
        next: rows.last().filter(|_| more).map_or_else(String::new, |row| address(&asked, &cursor(row))),
        query: asked,
    })
}

/// The address of the next page, with the same filters.
fn address(asked: &Asked, cursor: &str) -> String {
    let pairs = [
        ("q", asked.q.as_str()),
        ("stage", &asked.stage),
        ("holder", &asked.holder),
        ("pool", &asked.pool),
        ("campaign", &asked.campaign),
        ("overdue", &asked.overdue),
        ("cursor", cursor),
    ];
    let query: Vec<String> = pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    format!("/leads?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filters_whatever_somebody_typed() {
        let asked = Asked {
            q: "a&b=c \u{e9}".to_owned(),
            stage: "mql".to_owned(),
            holder: String::new(),
            pool: String::new(),
            campaign: String::new(),
            overdue: String::new(),
        };
        assert_eq!(address(&asked, "1_2"), "/leads?q=a%26b%3Dc%20%C3%A9&stage=mql&cursor=1_2");
    }
}
