//! The two-sided SLA of a week over the API, and the reading that its page shares. It computes nothing itself; a person's own
//! figures are for that person and whoever manages them.

use super::pattern::{PatternShape, pattern};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::scoreboard::contests::ContestCounts;
use crate::scoreboard::{Contests, Figure, Sla, Span, Tally, Week, duties};
use crate::store::StoreError;
use crate::store::read::handshake::DutiesRead;
use crate::web::WebState;
use crate::web::auth::Scope;
use crate::web::auth::token::hex;
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use crate::web::sight::Sight;
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which week.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SlaQuery {
    /// An ISO week, `2026-W46`; the present one when absent.
    pub week: Option<String>,
}

/// How often a duty was met and missed, with the leads behind both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TallyShape {
    pub met: usize,
    pub missed: usize,
    /// Share met in tenths of a percent, half up; null where nothing was due.
    pub per_mille: Option<u32>,
    pub met_leads: Vec<String>,
    pub missed_leads: Vec<String>,
}

/// One duty of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FigureShape {
    pub name: &'static str,
    /// `sales` or `marketing`.
    pub side: &'static str,
    pub definition: &'static str,
    pub all: TallyShape,
    pub by_pool: BTreeMap<String, TallyShape>,
    /// By the campaign's source.
    pub by_source: BTreeMap<String, TallyShape>,
    /// By who owed it: the token's own member, and those whom that member manages.
    pub by_person: BTreeMap<String, TallyShape>,
}

/// The leads of a week's contests: raised, and how they ended. `moot`: of those that ended, the lead had moved on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContestCountsShape {
    pub raised: Vec<String>,
    pub upheld: Vec<String>,
    pub overturned: Vec<String>,
    pub lapsed: Vec<String>,
    pub moot: Vec<String>,
}

/// A week's contests for both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContestsShape {
    pub all: ContestCountsShape,
    /// The rejecter's side: by the pool of whoever rejected.
    pub by_pool: BTreeMap<String, ContestCountsShape>,
    /// Marketing's side: by the campaign's source.
    pub by_source: BTreeMap<String, ContestCountsShape>,
    /// Who rejected and who contested: the token's own member, and those whom that member manages.
    pub by_person: BTreeMap<String, ContestCountsShape>,
}

/// How much of a team's month was returned as `other`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OtherShape {
    pub pool: String,
    pub rejected: usize,
    pub others: usize,
    /// Over the policy's share of the team's month.
    pub alarm: bool,
    pub leads: Vec<String>,
}

/// What both sides owed each other in a week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlaShape {
    pub week: String,
    pub from: String,
    pub to: String,
    pub as_of: String,
    /// SHA-256 of the policy's text.
    pub policy: String,
    /// The week holds more rows than are read: the figures are of the first ones.
    pub truncated: bool,
    pub figures: Vec<FigureShape>,
    pub contests: ContestsShape,
    pub patterns: Vec<PatternShape>,
    pub others: Vec<OtherShape>,
    /// Leads that went the wrong way, by the pool that returned them: the router's, never the score's.
    pub misroutes: BTreeMap<String, Vec<String>>,
}

pub(super) fn ids(leads: &[Uuid]) -> Vec<String> {
    leads.iter().map(Uuid::to_string).collect()
}

fn tally(tally: &Tally) -> TallyShape {
    TallyShape {
        met: tally.met.len(),
        missed: tally.missed.len(),
        per_mille: tally.per_mille(),
        met_leads: ids(&tally.met),
        missed_leads: ids(&tally.missed),
    }
}

fn counts(counts: &ContestCounts) -> ContestCountsShape {
    ContestCountsShape {
        raised: ids(&counts.raised),
        upheld: ids(&counts.upheld),
        overturned: ids(&counts.overturned),
        lapsed: ids(&counts.lapsed),
        moot: ids(&counts.moot),
    }
}

fn groups<T, S>(of: &BTreeMap<String, T>, shape: fn(&T) -> S) -> BTreeMap<String, S> {
    of.iter().map(|(name, of)| (name.clone(), shape(of))).collect()
}

/// Those whom the caller may see.
fn people<T, S>(of: &BTreeMap<String, T>, shape: fn(&T) -> S, sight: Sight<'_>) -> BTreeMap<String, S> {
    let shown = of.iter().filter(|(person, _)| sight.figures_of(&MemberId((*person).clone())));
    shown.map(|(person, of)| (person.clone(), shape(of))).collect()
}

fn figure(figure: &Figure, sight: Sight<'_>) -> FigureShape {
    FigureShape {
        name: figure.duty.code(),
        side: figure.duty.side().code(),
        definition: figure.duty.definition(),
        all: tally(&figure.all),
        by_pool: groups(&figure.by_pool, tally),
        by_source: groups(&figure.by_source, tally),
        by_person: people(&figure.by_person, tally, sight),
    }
}

fn contests(found: &Contests, sight: Sight<'_>) -> ContestsShape {
    ContestsShape {
        all: counts(&found.all),
        by_pool: groups(&found.by_pool, counts),
        by_source: groups(&found.by_source, counts),
        by_person: people(&found.by_person, counts, sight),
    }
}

/// What the figures of so many weeks up to this one are made of.
pub(in crate::web) async fn read_weeks(
    state: &WebState,
    last: Week,
    weeks: u32,
) -> Result<DutiesRead, StoreError> {
    let first = last.back(weeks.saturating_sub(1));
    let facts_from = duties::facts_span(first, state.texts().policy.durations()).from;
    state.reader.all_duties(first.span().from, last.span().to, facts_from).await
}

/// The figures of a week, of what was read over it.
pub(in crate::web) fn figures_of(state: &WebState, week: Week, read: &DutiesRead, now: Moment) -> Sla {
    let texts = state.texts();
    let marketing = texts.team.hours(texts.team.marketing_owner());
    duties::sla(week, read, texts.policy.durations(), marketing, now)
}

/// The week that is asked for, or the present one.
pub(in crate::web) fn week_of(asked: Option<&str>, now: Moment) -> Result<Week, Problem> {
    match asked {
        Some(text) => text.parse().map_err(|_| no_week()),
        None => Ok(Week::of(now)),
    }
}

/// What both sides owed each other in a week, with the leads behind every number.
#[utoipa::path(get, path = "/api/v1/sla", tag = "figures", operation_id = "sla", params(SlaQuery),
    responses((status = 200, body = SlaShape), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn sla(
    State(state): State<WebState>,
    caller: ApiCaller,
    query: Result<Query<SlaQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<SlaShape>, Problem> {
    caller.need(Scope::Read)?;
    let Query(query) = query.map_err(|_| no_week())?;
    let failed = |error| Problem::store(&error);
    let now = state.reader.now().await.map_err(failed)?;
    let week = week_of(query.week.as_deref(), now)?;
    let read = read_weeks(&state, week, 1).await.map_err(failed)?;
    let texts = state.texts();
    let sight = Sight::of(&caller, &texts.team);
    let Span { from, to } = week.span();
    let found = figures_of(&state, week, &read, now);
    Ok(Json(SlaShape {
        week: week.to_string(),
        from: from.to_string(),
        to: to.to_string(),
        as_of: now.to_string(),
        policy: hex(&texts.policy.hash),
        truncated: read.is_truncated(),
        figures: found.figures.iter().map(|it| figure(it, sight)).collect(),
        contests: contests(&found.contests, sight),
        patterns: found.patterns.into_iter().map(|duty| pattern(duty, now)).collect(),
        others: found
            .others
            .into_iter()
            .map(|share| OtherShape {
                pool: share.pool,
                rejected: share.rejected,
                others: share.others.len(),
                alarm: share.alarm,
                leads: ids(&share.others),
            })
            .collect(),
        misroutes: found.misroutes.iter().map(|(pool, leads)| (pool.clone(), ids(leads))).collect(),
    }))
}

fn no_week() -> Problem {
    let detail = "an ISO week, such as 2026-W46".to_owned();
    Problem::invalid(vec![FieldFault { field: "week".to_owned(), code: "format", detail }])
}
