//! The figures of the pages over the API: own leads, the floor, campaigns, intake, the team. It changes nothing, and a
//! person's own figures are for that person and whoever manages them.

use super::figures::{
    CalledShape, CampaignShape, CampaignsQuery, CampaignsShape, CodeCount, FloorShape, IntakeShape,
    LoadShape, MyLeadShape, MyQuery, MyShape, OrphansShape, PersonOfTeam, PoolShape, QueueShape,
    RepLoadShape, SourceShape, TeamShape, ThinLeadShape, ThinShape, Unconverted, WaitingShape,
};
use super::pattern::{pattern, patterns_now};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::store::read::board::LedgerTotals;
use crate::store::read::intake::CalledCount;
use crate::web::WebState;
use crate::web::auth::Scope;
use crate::web::caller::ApiCaller;
use crate::web::pages::campaigns::days_of;
use crate::web::problem::Problem;
use crate::web::sight::{Page, Sight};
use crate::web::view::asks::member_of;
use crate::web::view::campaigns::{campaigns_view, wanting};
use crate::web::view::floor::{FloorLine, floor_view};
use crate::web::view::floor_lists::FloorAsk;
use crate::web::view::intake::intake_view;
use crate::web::view::load::{bounds, day_starts};
use crate::web::view::money::roi_percent;
use crate::web::view::my::my_view;
use crate::web::view::team::{PoolCard, team_view};
use crate::web::view::thin::{ThinList, thin_list};
use crate::web::view::waiting::waiting_view;
use crate::web::view::watch::{is_attended, orphans, series};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;

fn role() -> Problem {
    let detail = "The token's member has no role that this is for; the team file says who has which.";
    Problem::new(StatusCode::FORBIDDEN, "role", "This is not for your role", detail)
}

/// The leads with sales that somebody holds.
#[utoipa::path(get, path = "/api/v1/my", tag = "floor", operation_id = "my", params(MyQuery),
    responses((status = 200, body = MyShape), (status = 403, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn my(
    State(state): State<WebState>,
    caller: ApiCaller,
    Query(query): Query<MyQuery>,
) -> Result<Json<MyShape>, Problem> {
    caller.need(Scope::Read)?;
    let texts = state.texts();
    let own = caller.member()?.clone();
    let holder = query.rep.map_or_else(|| own.clone(), MemberId);
    if !Sight::of(&caller, &texts.team).figures_of(&holder) {
        return Err(role());
    }
    let read = state.reader.my(&holder.0).await.map_err(|error| Problem::store(&error))?;
    let asker = Some(&own).filter(|_| caller.may(Scope::Ask));
    let view = my_view(&read, member_of(&texts.team, asker), None, &texts);
    let leads = view.cards.into_iter().map(|card| MyLeadShape {
        id: card.id,
        name: card.name,
        grade: card.grade,
        points: card.points,
        due_by: card.due.at,
        at_risk_cents_a_minute: card.at_risk_cents,
        talking_points: card.talking_points,
        asks: card.panel.asks,
        custody_version: card.panel.custody_version,
        handoff_id: card.panel.handoff,
    });
    let waits = state.reader.waiting(&holder.0).await.map_err(|error| Problem::store(&error))?;
    let waits_all = waits.reviews_all;
    let waits = waiting_view(&waits, texts.team.member(&holder), &texts.team);
    Ok(Json(MyShape {
        late: read.late,
        leads: leads.collect(),
        verdicts: waits.verdicts.into_iter().map(waiting).collect(),
        reviews: waits.reviews.into_iter().map(waiting).collect(),
        reviews_total: waits_all,
    }))
}

fn waiting(line: FloorLine) -> WaitingShape {
    WaitingShape {
        id: line.href.trim_start_matches("/leads/").to_owned(),
        name: line.name,
        what: line.what,
        due_by: line.due.map_or_else(String::new, |due| due.at),
    }
}

/// The floor: orphans, queues, load, what needs a manager.
#[utoipa::path(get, path = "/api/v1/floor", tag = "floor", operation_id = "floor",
    responses((status = 200, body = FloorShape), (status = 403, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn floor(
    State(state): State<WebState>,
    caller: ApiCaller,
) -> Result<Json<FloorShape>, Problem> {
    caller.need(Scope::Read)?;
    let texts = state.texts();
    let sight = Sight::of(&caller, &texts.team);
    if !sight.opens(Page::Floor) {
        return Err(role());
    }
    let failed = |error| Problem::store(&error);
    let watch = state.reader.watch().await.map_err(failed)?;
    let gone: Vec<String> = watch
        .holders
        .iter()
        .map(|(id, _)| id.clone())
        .filter(|id| !is_attended(id, &texts.team, watch.now))
        .collect();
    let read = state.reader.floor(None, &gone, &day_starts(&texts.team, watch.now)).await.map_err(failed)?;
    let shows = |member: &MemberId| sight.figures_of(member);
    let found = orphans(&watch, &texts.team);
    let view = floor_view(&read, found, watch.fires_until, &FloorAsk::default(), &texts, &shows);
    Ok(Json(FloorShape {
        orphans: OrphansShape {
            total: found.total(),
            unattended: found.unattended,
            stuck: found.stuck,
            unheld: found.unheld,
        },
        queues: view
            .queues
            .into_iter()
            .map(|row| QueueShape {
                pool: row.slug,
                waiting: row.waiting,
                held: row.held,
                ages: row.ages.to_vec(),
            })
            .collect(),
        load: view
            .load
            .into_iter()
            .map(|row| LoadShape {
                open_max: bounds(&texts.team, &MemberId(row.member.clone())).0,
                daily_max: bounds(&texts.team, &MemberId(row.member.clone())).1,
                today: row.today,
                member: row.member,
                open: row.open,
                late: row.late,
                absence: row.absence,
                breaches: row.breaches,
            })
            .collect(),
        breaches: view.breached,
        disagreements: usize::try_from(read.disagreements_open).unwrap_or(0),
        facts_due: view.facts_due.all,
        stale_deals: view.stale.all,
        escalations: view.escalations.all,
    }))
}

/// What became of marketing's leads, campaign by campaign.
#[utoipa::path(get, path = "/api/v1/campaigns", tag = "floor", operation_id = "campaigns", params(CampaignsQuery),
    responses((status = 200, body = CampaignsShape), (status = 403, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn campaigns(
    State(state): State<WebState>,
    caller: ApiCaller,
    Query(query): Query<CampaignsQuery>,
) -> Result<Json<CampaignsShape>, Problem> {
    caller.need(Scope::Read)?;
    let texts = state.texts();
    if !Sight::of(&caller, &texts.team).opens(Page::Campaigns) {
        return Err(role());
    }
    let days = days_of(query.days);
    let read =
        state.reader.what_became(days, &wanting(&texts)).await.map_err(|error| Problem::store(&error))?;
    let duties = patterns_now(&state, read.now).await.map_err(|error| Problem::store(&error))?;
    let low_graded = state.reader.low_graded().await.map_err(|error| Problem::store(&error))?;
    let view = campaigns_view(&read, (&[], false), &duties, None, &texts);
    let campaigns = view.rows.into_iter().map(|row| CampaignShape {
        campaign: row.id,
        mql: row.mql,
        accepted: row.accepted,
        returned: row.codes.into_iter().map(|(code, _, count)| CodeCount { code, count }).collect(),
        sql: row.qualified,
        deals: row.deals,
        won: row.won,
        roi_percent: roi_percent(&row.revenue, &row.spend),
        unconverted: [("pipeline", &row.pipeline), ("revenue", &row.revenue), ("spend", &row.spend)]
            .into_iter()
            .flat_map(|(of, sum)| sum.unconverted.iter().map(move |(currency, units)| (of, currency, units)))
            .map(|(of, currency, units)| Unconverted { of, currency: currency.clone(), units: *units })
            .collect(),
        pipeline: row.pipeline.units,
        revenue: row.revenue.units,
        spend: row.spend.units,
    });
    Ok(Json(CampaignsShape {
        days,
        currency: view.currency,
        campaigns: campaigns.collect(),
        patterns: duties.into_iter().map(|duty| pattern(duty, read.now)).collect(),
        thin: thin(thin_list(&low_graded, &texts.policy)),
    }))
}

fn thin(list: ThinList) -> ThinShape {
    let leads = list.rows.into_iter().map(|row| ThinLeadShape {
        lead: row.lead,
        unknown: row.unknown,
        since: row.since.to_string(),
        grade: row.grade,
        points: row.points,
    });
    ThinShape { leads: leads.collect(), more: list.more, partial: list.partial }
}

/// Intake health: each source against its habit, and what waits.
#[utoipa::path(get, path = "/api/v1/intake", tag = "floor", operation_id = "intake",
    responses((status = 200, body = IntakeShape), (status = 403, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn intake(
    State(state): State<WebState>,
    caller: ApiCaller,
) -> Result<Json<IntakeShape>, Problem> {
    caller.need(Scope::Read)?;
    let texts = state.texts();
    if !Sight::of(&caller, &texts.team).opens(Page::Intake) {
        return Err(role());
    }
    let failed = |error| Problem::store(&error);
    let read = state.reader.intake().await.map_err(failed)?;
    let hours = state.reader.hours(read.now).await.map_err(failed)?;
    let topics = state.reader.ledger_by_topic().await.map_err(failed)?;
    let totals = topics.iter().fold(LedgerTotals::default(), |sum, (_, one)| sum.plus(one));
    let sources = series(&hours, read.now);
    let view = intake_view(&read, (&sources, &hours), &totals, &texts);
    let sources = sources.into_iter().map(|one| SourceShape {
        family: one.family,
        name: one.name,
        day: one.rhythm.day,
        expected_milli: one.rhythm.day_expected_milli,
        quiet_hours: one.rhythm.quiet_hours,
        silent: one.rhythm.silent,
        paused_until: one.paused.map(|(until, _)| until.to_string()),
    });
    Ok(Json(IntakeShape {
        sources: sources.collect(),
        sources_total: hours.all,
        adds_up: view.ledger.adds_up,
        parked: read.parked.iter().map(|line| line.count).sum(),
        quarantined: read.quarantined.iter().map(|line| line.count).sum(),
        parked_leads: read.parked_leads,
        erased: read.erasures.0,
        called: read.called.into_iter().map(called).collect(),
    }))
}

fn called(line: CalledCount) -> CalledShape {
    CalledShape {
        since: Moment(line.oldest).to_string(),
        ends_at: line.ends_at().to_string(),
        kind: line.kind,
        source: line.source,
        campaign: line.campaign,
        count: line.count,
    }
}

/// The team: pools with their fairness, people and who is there.
#[utoipa::path(get, path = "/api/v1/team", tag = "floor", operation_id = "team",
    responses((status = 200, body = TeamShape), (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn team(
    State(state): State<WebState>,
    caller: ApiCaller,
) -> Result<Json<TeamShape>, Problem> {
    caller.need(Scope::Read)?;
    let texts = state.texts();
    let read = state.reader.fairness().await.map_err(|error| Problem::store(&error))?;
    let loads = state.reader.loads(&texts.team, read.now).await.map_err(|error| Problem::store(&error))?;
    let sight = Sight::of(&caller, &texts.team);
    let view = team_view(&read, &loads, &texts.team, &|member| sight.figures_of(member));
    let loads = |pool: &PoolCard| {
        let shown = pool.members.iter().filter_map(|member| Some((&member.id, member.load?)));
        let loads = shown.map(|(id, load)| RepLoadShape {
            member: id.clone(),
            open: load.open,
            open_max: load.open_max,
            today: load.today,
            today_max: load.today_max,
        });
        loads.collect()
    };
    let pools = view.pools.into_iter().map(|pool| PoolShape {
        loads: loads(&pool),
        members: pool.members.into_iter().map(|member| member.id).collect(),
        pool: pool.id,
        fairness_milli: pool.fairness_milli,
    });
    let people = view.people.into_iter().map(|person| PersonOfTeam {
        member: person.id,
        name: person.name,
        absence: person.absence,
    });
    Ok(Json(TeamShape { pools: pools.collect(), people: people.collect(), hints: view.hints }))
}
