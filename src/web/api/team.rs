//! Asks about people of the team over the API: away, back, other hours, switched off. It decides nothing.

use super::asks::text;
use crate::contract::policy_text::time_of_day;
use crate::domain::availability::{Away, Change};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::asking;
use crate::web::auth::{Scope, check_header};
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is said of somebody: one thing at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AvailabilityBody {
    /// Away: the first moment back, RFC 3339. Nothing new goes to somebody who is away.
    pub away_until: Option<String>,
    /// Away: the first moment away; now by default. Without `away_until` until somebody says that they are back.
    pub away_from: Option<String>,
    /// Back before the time, or after an absence without an end.
    pub back: Option<bool>,
    /// Other hours than the calendar's: `09:00`, with `closes`.
    pub opens: Option<String>,
    pub closes: Option<String>,
    /// The calendar's hours hold again.
    pub usual_hours: Option<bool>,
    /// Managers and operations only. False: switched off, and what they hold goes to others in one recorded sweep.
    pub active: Option<bool>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AvailabilityOutcome {
    /// `applied`, or `filtered` where it was so already.
    pub outcome: String,
    pub member: String,
    /// This Idempotency-Key had been answered before; nothing was done again.
    pub replayed: bool,
}

/// Says when somebody of the team is there: of oneself, or as a manager or operations of anybody.
#[utoipa::path(post, path = "/api/v1/team/{member}/availability", tag = "team", operation_id = "availability",
    params(("member" = String, Path, description = "The member's id in the team"),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 ASCII characters; a repetition gets the first answer")),
    request_body(content = AvailabilityBody),
    responses((status = 200, body = AvailabilityOutcome), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn availability(
    State(state): State<WebState>,
    caller: ApiCaller,
    Path(member): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<AvailabilityOutcome>, Problem> {
    caller.need(Scope::Ask)?;
    check_header(&caller, &headers).map_err(Problem::denied)?;
    let read: AvailabilityBody = serde_json::from_slice(&body).map_err(|error| {
        // The place and the kind of fault, never a value.
        let detail = format!("line {}, column {}: {:?}", error.line(), error.column(), error.classify());
        fault("body", "not_json", &detail)
    })?;
    let now = state.reader.now().await.map_err(|error| Problem::store(&error))?;
    let change = read.change(now)?;
    let by = caller.member()?.clone();
    let key = text(&headers, "idempotency-key");
    let reply = asking::ask_of_team(&state, MemberId(member.clone()), change, &by, key).await?;
    match &reply.outcome {
        Outcome::Refused(reason) => Err(Problem::refused(reason)),
        Outcome::Applied(_)
        | Outcome::Filtered(_)
        | Outcome::Duplicate
        | Outcome::Parked(_)
        | Outcome::Quarantined(_) => Ok(Json(AvailabilityOutcome {
            outcome: reply.outcome.code().to_owned(),
            member,
            replayed: reply.replayed,
        })),
    }
}

fn fault(field: &str, code: &'static str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldFault { field: field.to_owned(), code, detail: detail.to_owned() }])
}

impl AvailabilityBody {
    /// The one thing that it says.
    pub(in crate::web) fn change(&self, now: Moment) -> Result<Change, Problem> {
        let says = [
            self.away_until.is_some() || self.away_from.is_some(),
            self.back == Some(true),
            self.opens.is_some() || self.closes.is_some(),
            self.usual_hours == Some(true),
            self.active.is_some(),
        ];
        if says.iter().filter(|said| **said).count() != 1 {
            return Err(fault("body", "one_thing", "say one thing: away, back, hours, or active"));
        }
        if let Some(active) = self.active {
            return Ok(Change::Active(active));
        }
        if self.back == Some(true) {
            return Ok(Change::Back);
        }
        if self.usual_hours == Some(true) {
            return Ok(Change::Hours(None));
        }
        if self.opens.is_some() || self.closes.is_some() {
            let opens = minute("opens", self.opens.as_deref())?;
            let closes = minute("closes", self.closes.as_deref())?;
            if opens >= closes {
                return Err(fault("closes", "range", "must be later than `opens`"));
            }
            return Ok(Change::Hours(Some((opens, closes))));
        }
        let from = moment("away_from", self.away_from.as_deref())?.unwrap_or(now);
        let until = moment("away_until", self.away_until.as_deref())?;
        if until.is_some_and(|until| until <= from || until <= now) {
            return Err(fault("away_until", "range", "the first moment back must lie ahead"));
        }
        Ok(Change::Away(Away { from, until }))
    }
}

fn minute(field: &'static str, text: Option<&str>) -> Result<u32, Problem> {
    text.and_then(time_of_day).ok_or_else(|| fault(field, "format", "a time of day such as 09:00"))
}

fn moment(field: &'static str, text: Option<&str>) -> Result<Option<Moment>, Problem> {
    let read = |text: &str| {
        Moment::parse(text)
            .map_err(|_| fault(field, "format", "an RFC 3339 time such as 2026-12-28T09:00:00Z"))
    };
    text.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    const NOW: Moment = Moment(1_780_000_000_000_000);

    fn said(body: &str) -> Result<Change, u16> {
        let read: AvailabilityBody = serde_json::from_str(body).map_err(|_| 400_u16)?;
        read.change(NOW).map_err(|problem| problem.status)
    }

    #[test]
    fn a_body_says_one_thing() {
        let until = NOW.plus(HOUR);
        let away = Change::Away(Away { from: NOW, until: Some(until) });
        assert_eq!(said(&format!("{{\"away_until\":\"{until}\"}}")), Ok(away));
        assert_eq!(said("{\"back\":true}"), Ok(Change::Back));
        assert_eq!(said("{\"opens\":\"09:00\",\"closes\":\"13:00\"}"), Ok(Change::Hours(Some((540, 780)))));
        assert_eq!(said("{\"active\":false}"), Ok(Change::Active(false)));
        assert_eq!(said("{}"), Err(422));
        assert_eq!(said("{\"back\":true,\"active\":true}"), Err(422));
    }

    #[test]
    fn a_date_in_the_past_and_hours_that_end_before_they_begin_are_refused() {
        let past = NOW.plus(-HOUR);
        assert_eq!(said(&format!("{{\"away_until\":\"{past}\"}}")), Err(422));
        assert_eq!(said("{\"away_until\":\"tomorrow\"}"), Err(422));
        assert_eq!(said("{\"opens\":\"13:00\",\"closes\":\"09:00\"}"), Err(422));
        assert_eq!(said("{\"opens\":\"13:00\"}"), Err(422));
        assert_eq!(said("{\"holiday\":true}"), Err(400));
    }
}
