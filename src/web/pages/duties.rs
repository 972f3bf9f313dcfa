//! "Duties of both sides": what sales and marketing owed each other in a week, and the leads behind each number. It computes
//! nothing itself and changes nothing.

use super::{PageFault, html, need, shell};
use crate::domain::team::MemberId;
use crate::domain::time::MINUTE;
use crate::scoreboard::{Contested, Counted, Group, Sla, Week};
use crate::web::WebState;
use crate::web::api::sla::{figures_of, read_weeks, week_of};
use crate::web::auth::token::hex;
use crate::web::caller::PageCaller;
use crate::web::sight::{Page, Sight};
use crate::web::view::Shell;
use crate::web::view::duties::{DutiesView, duties_view};
use crate::web::view::duty_words::{address, contest_words, counted_words, group_name};
use crate::web::view::list::{ListLine, lines};
use crate::web::words::{capital, moment_words};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

/// Weeks that are shown beside each other: a month and a half, in which a change of habit shows.
const WEEKS_SHOWN: u32 = 6;
/// Leads on one page of a number: what one read of the list gives.
const PAGE_LEADS: usize = 100;
/// Feeds report every few seconds; one that is further behind holds facts back.
const BEHIND_FROM: i64 = 2 * MINUTE;
/// Digits of the policy's hash that tell policies apart on a page.
const HASH_SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "duties.html", config = "src/web/askama.toml")]
struct DutiesPage {
    shell: Shell,
    view: DutiesView,
    /// Facts are known up to then; empty while every feed is in.
    behind: String,
}

/// Which week.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct DutiesQuery {
    /// An ISO week, `2026-W46`; the present one when absent.
    week: Option<String>,
}

/// The page.
pub(in crate::web) async fn duties(
    State(state): State<WebState>,
    caller: PageCaller,
    Query(query): Query<DutiesQuery>,
) -> Result<Response, PageFault> {
    let texts = state.texts();
    let sight = need(&caller, &texts, Page::Duties)?;
    let failed = |error| PageFault::store(&error);
    let watch = state.reader.watch().await.map_err(failed)?;
    let now = watch.now;
    let week = week_of(query.week.as_deref(), now)?;
    let read = read_weeks(&state, week, 1).await.map_err(failed)?;
    let past = read_weeks(&state, week.back(1), WEEKS_SHOWN - 1).await.map_err(failed)?;
    // Of more rows than are read, older weeks would be told wrong: better not at all.
    let earlier = if past.is_truncated() { 0 } else { WEEKS_SHOWN };
    let before: Vec<(Week, Sla)> = (1..earlier)
        .map(|back| week.back(back))
        .map(|week| (week, figures_of(&state, week, &past, now)))
        .collect();
    let shows = |member: &MemberId| sight.figures_of(member);
    let found = figures_of(&state, week, &read, now);
    let view = DutiesView {
        policy: hex(&texts.policy.hash).chars().take(HASH_SHOWN).collect(),
        truncated: read.is_truncated(),
        ..duties_view(week, &found, &before, &texts.team, now, &shows)
    };
    let behind = now.since(watch.fires_until) > BEHIND_FROM;
    html(&DutiesPage {
        shell: shell(&state, &caller, "Duties of both sides", "duties", now),
        view,
        behind: if behind { moment_words(watch.fires_until) } else { String::new() },
    })
}

/// A number and whose it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct BehindQuery {
    week: Option<String>,
    #[serde(default)]
    figure: String,
    #[serde(default)]
    outcome: String,
    pool: Option<String>,
    source: Option<String>,
    person: Option<String>,
    /// How many leads stand on the pages before.
    from: Option<usize>,
}

impl BehindQuery {
    fn group(&self) -> Group<'_> {
        match (&self.pool, &self.source, &self.person) {
            (_, _, Some(person)) => Group::Person(person),
            (Some(pool), _, None) => Group::Pool(pool),
            (None, Some(source), None) => Group::Source(source),
            (None, None, None) => Group::All,
        }
    }
}

/// A number of the same figure and group.
struct Choice {
    name: String,
    href: String,
    count: usize,
    current: bool,
}

#[derive(Template)]
#[template(path = "duty_leads.html", config = "src/web/askama.toml")]
struct BehindPage {
    shell: Shell,
    title: String,
    group: String,
    week: String,
    definition: String,
    as_of: String,
    choices: Vec<Choice>,
    lines: Vec<ListLine>,
    /// First and last lead of this page, of all.
    from: usize,
    to: usize,
    total: usize,
    /// Leads of this page that have been erased since.
    gone: usize,
    back: String,
    next: String,
}

/// The leads behind a number, the ones of the figure in its own order.
pub(in crate::web) async fn leads(
    State(state): State<WebState>,
    caller: PageCaller,
    Query(query): Query<BehindQuery>,
) -> Result<Response, PageFault> {
    let texts = state.texts();
    let sight = need(&caller, &texts, Page::Duties)?;
    let counted = Counted::parse(&query.figure, &query.outcome).ok_or_else(PageFault::not_found)?;
    let group = query.group();
    allow(sight, group)?;
    let failed = |error| PageFault::store(&error);
    let now = state.reader.now().await.map_err(failed)?;
    let week = week_of(query.week.as_deref(), now)?;
    let found = figures_of(&state, week, &read_weeks(&state, week, 1).await.map_err(failed)?, now);
    let behind = found.behind(counted, group);
    let from = query.from.unwrap_or(0).min(behind.len());
    let page: &[Uuid] = &behind[from..behind.len().min(from + PAGE_LEADS)];
    let rows = state.reader.leads_named(page).await.map_err(failed)?;
    let (title, definition) = counted_words(counted);
    let here = address(week, counted, group);
    let at = |from: usize| format!("{here}&from={from}");
    let to = from + page.len();
    html(&BehindPage {
        shell: shell(&state, &caller, &title, "duties", now),
        title,
        group: capital(&group_name(group, &texts.team)),
        week: week.to_string(),
        definition: capital(definition),
        as_of: moment_words(now),
        choices: choices(week, &found, counted, group),
        lines: lines(&rows, &texts.team, now),
        gone: page.len() - rows.len(),
        back: if from > 0 { at(from.saturating_sub(PAGE_LEADS)) } else { String::new() },
        next: if to < behind.len() { at(to) } else { String::new() },
        from: from + 1,
        to,
        total: behind.len(),
    })
}

/// A person's leads are that person's figures.
fn allow(sight: Sight<'_>, group: Group<'_>) -> Result<(), PageFault> {
    match group {
        Group::Person(person) if !sight.figures_of(&MemberId(person.to_owned())) => Err(PageFault::others()),
        Group::All | Group::Pool(_) | Group::Source(_) | Group::Person(_) => Ok(()),
    }
}

/// The other numbers of the figure: met beside missed, each end of a contest.
fn choices(week: Week, found: &Sla, shown: Counted, group: Group<'_>) -> Vec<Choice> {
    let all: Vec<(Counted, &str)> = match shown {
        Counted::Met(duty) | Counted::Missed(duty) => {
            vec![(Counted::Missed(duty), "Missed"), (Counted::Met(duty), "Met")]
        }
        Counted::Contest(_) => {
            Contested::ALL.map(|step| (Counted::Contest(step), contest_words(step))).into()
        }
        Counted::Other | Counted::Misroute => vec![(shown, "Returned")],
    };
    all.into_iter()
        .map(|(counted, name)| Choice {
            name: name.to_owned(),
            href: address(week, counted, group),
            count: found.behind(counted, group).len(),
            current: counted == shown,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_goes_before_pool_and_source_so_that_nobody_sees_more_than_they_may() {
        let query = BehindQuery {
            pool: Some("mid-market".to_owned()),
            person: Some("ana-ruiz".to_owned()),
            ..BehindQuery::default()
        };
        assert_eq!(query.group(), Group::Person("ana-ruiz"));
        let query = BehindQuery { person: None, ..query };
        assert_eq!(query.group(), Group::Pool("mid-market"));
    }
}
