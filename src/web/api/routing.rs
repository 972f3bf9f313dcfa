//! Routing over the API: why a lead went where it is, and how fairly pools share. It changes nothing.

use crate::domain::custody::ClockKind;
use crate::domain::event::Event;
use crate::domain::routing::WhyNot;
use crate::domain::team::MemberId;
use crate::domain::time::DAY;
use crate::web::WebState;
use crate::web::auth::Scope;
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use crate::web::sight::Sight;
use crate::web::view::fairness::{FairPool, fair_pools};
use crate::web::view::route::Offered;
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Days when nobody says how many.
const DAYS: u32 = 30;
/// A year: older offers say nothing of the team as it is.
const DAYS_MAX: u32 = 366;

/// A rule that did not take the lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PassedOverShape {
    pub rule: String,
    /// The first field on which it differed.
    pub field: &'static str,
}

/// Who was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CandidateShape {
    pub rep: String,
    /// Null for the one who was chosen.
    pub why_not: Option<&'static str>,
}

/// The company that the lead was matched to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountMatchShape {
    pub account: String,
    /// `crm`, `domain`, `name`.
    pub by: &'static str,
    /// `customer`, `has_owner`, `lowest_id`; null where only one fitted.
    pub tie_break: Option<&'static str>,
    pub rivals: u32,
}

/// Why a lead was offered to whom it was: the latest offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RouteShape {
    pub rule: String,
    /// What found the rep; null for offers of before receipts were kept.
    pub step: Option<&'static str>,
    pub rep: String,
    pub pool: String,
    /// Where the rules sent it, when another pool took it since.
    pub first_pool: Option<String>,
    /// Null for a closer's offer.
    pub offer_no: Option<u32>,
    pub account: Option<AccountMatchShape>,
    pub passed_over: Vec<PassedOverShape>,
    pub passed_over_more: u32,
    /// At most 20, the chosen one among them.
    pub candidates: Vec<CandidateShape>,
    pub candidates_more: u32,
    /// RFC 3339; what the offer started.
    pub accept_by: Option<String>,
    pub contact_by: Option<String>,
}

/// The receipt of an offer, to the first rep or to a closer; nothing for other events.
pub(super) fn route(offer: Option<&Event>) -> Option<RouteShape> {
    let Offered { rep, pool, rule, candidates, offer_no, custody, receipt } = Offered::of(offer?)?;
    let due = |kind| custody.clock(kind).map(|clock| clock.due_by.to_string());
    Some(RouteShape {
        rule: rule.to_owned(),
        step: receipt.map(|it| it.step.code()),
        rep: rep.0.clone(),
        pool: pool.0.clone(),
        first_pool: receipt.and_then(|it| it.first_pool.as_ref()).map(|pool| pool.0.clone()),
        offer_no,
        account: receipt.and_then(|it| it.account).map(|it| AccountMatchShape {
            account: it.account.to_string(),
            by: it.by.code(),
            tie_break: it.tie.map(crate::domain::routing::Tie::code),
            rivals: it.rivals,
        }),
        passed_over: receipt
            .into_iter()
            .flat_map(|it| &it.passed_over)
            .map(|it| PassedOverShape { rule: it.rule.clone(), field: it.field.code() })
            .collect(),
        passed_over_more: receipt.map_or(0, |it| it.passed_over_more),
        candidates: candidates
            .iter()
            .map(|it| CandidateShape { rep: it.rep.0.clone(), why_not: it.why_not.map(WhyNot::code) })
            .collect(),
        candidates_more: receipt.map_or(0, |it| it.candidates_more),
        accept_by: due(ClockKind::AcceptBy),
        contact_by: due(ClockKind::ContactBy),
    })
}

/// Over how many days.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FairnessQuery {
    /// 1 to 366; 30 when absent.
    pub days: Option<u32>,
}

/// One rep of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FairRepShape {
    pub member: String,
    pub weight: u32,
    /// Leads that the rotation gave; null for others than that person and their manager, as are the next two.
    pub by_turn: Option<u32>,
    /// Leads got by name, beside the rotation.
    pub by_name: Option<u32>,
    /// The exact share by weight, in hundredths of a lead.
    pub ideal_hundredths: Option<u64>,
}

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FairPoolShape {
    pub pool: String,
    pub leads: u32,
    /// Jain's index of leads per weight, in thousandths: 1000 is an equal share for everybody; null before the first lead.
    pub jain_permille: Option<u32>,
    /// The largest distance of anybody from the exact share, in hundredths of a lead. Absences and bounds show here too.
    pub deviation_hundredths: u64,
    pub reps: Vec<FairRepShape>,
}

/// How fairly pools share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FairnessReply {
    pub days: u32,
    pub since: String,
    pub pools: Vec<FairPoolShape>,
}

/// How fairly each pool shared its leads, by present members and weights.
#[utoipa::path(get, path = "/api/v1/routing/fairness", tag = "routing", operation_id = "fairness", params(FairnessQuery),
    responses((status = 200, body = FairnessReply), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn fairness(
    State(state): State<WebState>,
    caller: ApiCaller,
    query: Result<Query<FairnessQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<FairnessReply>, Problem> {
    caller.need(Scope::Read)?;
    let days = query.ok().map(|Query(query)| query.days.unwrap_or(DAYS));
    let days = days.filter(|days| (1..=DAYS_MAX).contains(days)).ok_or_else(|| {
        let detail = format!("a whole number from 1 to {DAYS_MAX}");
        Problem::invalid(vec![FieldFault { field: "days".to_owned(), code: "range", detail }])
    })?;
    let now = state.reader.now().await.map_err(|error| Problem::store(&error))?;
    let since = now.plus(-i64::from(days) * DAY);
    let got = state.reader.got_since(since).await.map_err(|error| Problem::store(&error))?;
    let texts = state.texts();
    let sight = Sight::of(&caller, &texts.team);
    let shows = |member: &str| sight.figures_of(&MemberId(member.to_owned()));
    let pools = fair_pools(&got, &texts.team).into_iter().map(|it| pool(it, &shows)).collect();
    Ok(Json(FairnessReply { days, since: since.to_string(), pools }))
}

fn pool(pool: FairPool, shows: &dyn Fn(&str) -> bool) -> FairPoolShape {
    let reps = pool.reps.into_iter().map(|it| {
        let open = shows(&it.member);
        FairRepShape {
            by_turn: open.then_some(it.by_turn),
            by_name: open.then_some(it.by_name),
            ideal_hundredths: open.then_some(it.ideal_hundredths),
            member: it.member,
            weight: it.weight,
        }
    });
    FairPoolShape {
        pool: pool.pool,
        leads: pool.leads,
        jain_permille: pool.jain_permille,
        deviation_hundredths: pool.deviation_hundredths,
        reps: reps.collect(),
    }
}
