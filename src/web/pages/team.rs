//! The team page: people, pools, who is there, how fairly offers were shared; and the form by which somebody says when they
//! are there. What is said becomes an ask; it decides nothing.

use super::team_text::{self, Draft, TextPanel};
use super::{PageFault, html, need, shell};
use crate::domain::calendar::Calendar;
use crate::domain::routing::FAIRNESS_DEFINITION;
use crate::domain::team::MemberId;
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::api::team::AvailabilityBody;
use crate::web::asking;
use crate::web::auth::{Scope, check_form};
use crate::web::caller::PageCaller;
use crate::web::problem::{FieldFault, Problem, split_reason};
use crate::web::sight::Page;
use crate::web::view::Shell;
use crate::web::view::team::{TeamView, team_view};
use crate::web::words::member_name;
use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "team.html", config = "src/web/askama.toml")]
struct TeamPage {
    shell: Shell,
    view: TeamView,
    /// Id and name of those of whom whoever looks may say when they are there; the first is themselves. Nobody: no form.
    speaks_of: Vec<(String, String)>,
    /// May switch people off and on.
    may_switch: bool,
    idempotency: String,
    said: Said,
    text: TextPanel,
    fairness_definition: &'static str,
}

/// The page.
pub(in crate::web) async fn team(
    State(state): State<WebState>,
    caller: PageCaller,
) -> Result<Response, PageFault> {
    page(&state, &caller, Said::default(), None).await
}

/// What became of the form, and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub message: String,
    /// It was not taken.
    pub refused: bool,
}

/// The page, with what became of a form; `draft`: a team's text as somebody is writing it.
pub(super) async fn page(
    state: &WebState,
    caller: &PageCaller,
    said: Said,
    draft: Option<Draft>,
) -> Result<Response, PageFault> {
    let texts = state.texts();
    let sight = need(caller, &texts, Page::Team)?;
    let failed = |error| PageFault::store(&error);
    let read = state.reader.fairness().await.map_err(failed)?;
    let shows = |member: &MemberId| sight.figures_of(member);
    let loads = state.reader.loads(&texts.team, read.now).await.map_err(failed)?;
    let view = team_view(&read, &loads, &texts.team, &shows);
    let may_ask = caller.may(Scope::Ask);
    let may_switch = may_ask && sight.speaks_for_others();
    let own = caller.member.as_ref().filter(|_| may_ask).and_then(|id| texts.team.member(id));
    let others = texts.team.members().filter(|it| may_switch && own.is_none_or(|own| own.id != it.id));
    let speaks_of = own.into_iter().chain(others).map(|it| (it.id.0.clone(), it.name.clone())).collect();
    let text = team_text::panel(state, caller, draft).await?;
    html(&TeamPage {
        shell: shell(state, caller, "Team", "team", read.now),
        view,
        speaks_of,
        may_switch,
        idempotency: asking::drawn()?,
        said,
        text,
        fairness_definition: FAIRNESS_DEFINITION,
    })
}

/// The form: one button is pressed, and only its fields are read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AvailabilityForm {
    csrf: String,
    idempotency: String,
    member: String,
    /// The button: `away`, `back`, `hours`, `usual`, `leave`, `join`.
    say: String,
    /// First day away; empty: from now on.
    from: String,
    /// First day back; empty: nobody knows.
    until: String,
    opens: String,
    closes: String,
}

impl AvailabilityForm {
    /// What the pressed button says, as the API takes it. Days begin at midnight where the person works.
    fn body(&self, hours: &Calendar) -> Result<AvailabilityBody, Problem> {
        let none = AvailabilityBody::default();
        Ok(match self.say.as_str() {
            "away" => {
                let (from, until) = (day(hours, "from", &self.from)?, day(hours, "until", &self.until)?);
                if from.is_none() && until.is_none() {
                    return Err(fault("until", "missing", "name the first day back, or the first day away"));
                }
                AvailabilityBody { away_from: from, away_until: until, ..none }
            }
            "back" => AvailabilityBody { back: Some(true), ..none },
            "hours" => AvailabilityBody {
                opens: Some(self.opens.clone()),
                closes: Some(self.closes.clone()),
                ..none
            },
            "usual" => AvailabilityBody { usual_hours: Some(true), ..none },
            "leave" => AvailabilityBody { active: Some(false), ..none },
            "join" => AvailabilityBody { active: Some(true), ..none },
            _ => return Err(fault("say", "unknown", "press one of the form's buttons")),
        })
    }
}

fn fault(field: &str, code: &'static str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldFault { field: field.to_owned(), code, detail: detail.to_owned() }])
}

/// The midnight at which a day begins, RFC 3339; nothing for an empty field.
fn day(hours: &Calendar, field: &'static str, text: &str) -> Result<Option<String>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let date: jiff::civil::Date =
        text.trim().parse().map_err(|_| fault(field, "format", "a day such as 2026-12-28"))?;
    Ok(Some(hours.midnight(date).to_string()))
}

/// Says when somebody is there; a fault of the form is told above it, and nothing is changed.
pub(in crate::web) async fn availability(
    State(state): State<WebState>,
    caller: PageCaller,
    headers: HeaderMap,
    Form(form): Form<AvailabilityForm>,
) -> Result<Response, PageFault> {
    check_form(&caller, &headers, Some(form.csrf.as_str())).map_err(Problem::denied)?;
    if !caller.may(Scope::Ask) {
        return Err(Problem::scope(Scope::Ask.code()).into());
    }
    let by = caller.member.clone().ok_or_else(Problem::needs_member)?;
    let said = match say(&state, &form, &by).await {
        Ok(message) => Said { message, refused: false },
        Err(problem) => Said { message: problem.in_one_line(), refused: true },
    };
    page(&state, &caller, said, None).await
}

async fn say(state: &WebState, form: &AvailabilityForm, by: &MemberId) -> Result<String, Problem> {
    let team = &state.texts().team;
    let member = MemberId(form.member.clone());
    let now = state.reader.now().await.map_err(|error| Problem::store(&error))?;
    let change = form.body(team.hours(&member))?.change(now)?;
    let key = (!form.idempotency.is_empty()).then(|| form.idempotency.clone());
    let name = member_name(team, &member);
    let reply = asking::ask_of_team(state, member, change, by, key).await?;
    match &reply.outcome {
        Outcome::Applied(_) | Outcome::Duplicate => {
            Ok(format!("Noted of {name}: what is offered from now on goes by it."))
        }
        Outcome::Filtered(_) => Ok(format!("Nothing had to change: this is known of {name} already.")),
        Outcome::Refused(reason) if split_reason(reason).0 == "not_eligible" => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "not_eligible",
            "You can say this of yourself only.",
            "For others, and for who leaves, ask a manager or operations.",
        )),
        Outcome::Refused(reason) => Err(Problem::refused(reason)),
        Outcome::Parked(_) | Outcome::Quarantined(_) => Err(Problem::refused("lead_parked")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::shipped::shipped;

    fn body(form: &AvailabilityForm) -> Result<AvailabilityBody, Problem> {
        form.body(shipped().team.hours(&MemberId("ana-ruiz".to_owned())))
    }

    fn pressed(say: &str) -> AvailabilityForm {
        AvailabilityForm { say: say.to_owned(), ..AvailabilityForm::default() }
    }

    #[test]
    fn a_day_begins_at_midnight_where_the_person_works() {
        let form = AvailabilityForm { until: "2026-12-28".to_owned(), ..pressed("away") };
        let read = body(&form).unwrap();
        let until: jiff::Timestamp = read.away_until.unwrap().parse().unwrap();
        let zone = shipped().team.hours(&MemberId("ana-ruiz".to_owned())).zone().to_owned();
        assert_eq!(until.in_tz(&zone).unwrap().datetime().to_string(), "2026-12-28T00:00:00");
        assert_eq!(read.away_from, None, "from now on");
    }

    #[test]
    fn only_the_pressed_button_is_read_and_a_day_that_is_none_is_named() {
        let form = AvailabilityForm { until: "2026-12-28".to_owned(), ..pressed("back") };
        assert_eq!(
            body(&form).unwrap(),
            AvailabilityBody { back: Some(true), ..AvailabilityBody::default() }
        );
        assert_eq!(body(&pressed("leave")).unwrap().active, Some(false));
        let wrong = AvailabilityForm { until: "tomorrow".to_owned(), ..pressed("away") };
        let problem = body(&wrong).unwrap_err();
        assert_eq!(problem.in_one_line(), "Some fields can't be used. until: a day such as 2026-12-28.");
        assert!(body(&pressed("away")).is_err() && body(&pressed("")).is_err());
    }
}
