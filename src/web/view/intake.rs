//! Intake health: rate against normal, silence, lag, reasons, what waits and the command that lets it go on. It reads
//! nothing itself.

use super::watch::Series;
use super::{grouped, percent};
use crate::domain::event::Event;
use crate::domain::team::Team;
use crate::domain::time::{MINUTE, Moment};
use crate::store::read::board::LedgerTotals;
use crate::store::read::intake::{CalledCount, FeedRead, IntakeRead, KeptCount};
use crate::store::read::watch::HoursRead;
use crate::transaction::loaded::Texts;
use crate::web::view::board::{LedgerLine, ledger_line};
use crate::web::words::{ago, member_name, moment_words, plain, span};
use std::collections::BTreeMap;

/// Thousandths, as expectations come.
const MILLI: u64 = 1_000;
/// A feed that is known up to so long ago is behind: lanes say every few seconds that they are at the end.
const BEHIND: i64 = 2 * MINUTE;
/// Hours are counted every few minutes: counts that are older are still catching up.
const COUNTS_OLD: i64 = 30 * MINUTE;

/// One source against its habit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesRow {
    pub family: &'static str,
    pub name: String,
    pub day: String,
    /// Of a day like this one; empty before a week is known.
    pub normal: String,
    /// `silent`, `quiet`, `as usual`, `learning`.
    pub state: &'static str,
    pub tone: &'static str,
    /// Since when nothing came, where that matters.
    pub since: String,
    /// Of the normal, at most 100.
    pub percent: i64,
    /// What a form names it by.
    pub code: String,
    /// Whether its alarm may be paused now, or is.
    pub silent: bool,
    pub paused: bool,
}

/// One feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    pub topic: String,
    pub partitions: i64,
    pub known: String,
    pub behind: bool,
    pub stopped: i64,
    /// What lets it go on; empty where nothing is wrong.
    pub command: String,
}

/// A count by code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonRow {
    pub topic: String,
    pub words: String,
    pub count: String,
}

/// Records that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRow {
    pub topic: String,
    pub words: String,
    pub count: String,
    pub oldest: String,
    pub command: String,
    /// `parked` or `quarantined`, and the reason's code: what the button names.
    pub from: &'static str,
    pub reason: String,
}

/// Chats or calls of one origin, of visitors who have not said who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledRow {
    /// `3 chats`.
    pub words: String,
    /// Where they came from, as the producer says it.
    pub from: String,
    pub oldest: String,
    /// When the first of them is forgotten.
    pub ends: String,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeView {
    pub now_ms: i64,
    pub silent: usize,
    /// Up to when hours are counted, where that is long ago; empty else.
    pub counted_to: String,
    /// Silent ones first.
    pub series: Vec<SeriesRow>,
    /// How many more there are, each with fewer records than any of these; empty for none.
    pub series_beyond: String,
    pub feeds: Vec<FeedRow>,
    pub ledger: LedgerLine,
    pub refused: Vec<ReasonRow>,
    pub filtered: Vec<ReasonRow>,
    /// Test leads of a week.
    pub tests: String,
    /// Form, how often, when last.
    pub forms: Vec<(String, String, String)>,
    pub unmapped_rejections: usize,
    pub unmapped_losses: usize,
    pub parked: Vec<KeptRow>,
    pub quarantined: Vec<KeptRow>,
    pub parked_leads: i64,
    pub erased: String,
    pub erased_lately: String,
    pub anonymous: String,
    /// The longest waiting first.
    pub called: Vec<CalledRow>,
}

/// The page from what was read.
#[must_use]
pub fn intake_view(
    read: &IntakeRead,
    (series, hours): (&[Series], &HoursRead),
    ledger: &LedgerTotals,
    texts: &Texts,
) -> IntakeView {
    let unmapped = |of: fn(&Event) -> bool| read.rejected.iter().filter(|event| of(event)).count();
    IntakeView {
        now_ms: read.now.0.div_euclid(1_000),
        silent: series.iter().filter(|it| it.rhythm.silent).count(),
        counted_to: hours
            .counted_to
            .filter(|at| read.now.since(*at) > COUNTS_OLD)
            .map_or_else(String::new, moment_words),
        series: series_rows(series, &texts.team),
        series_beyond: hidden(hours),
        feeds: read.feeds.iter().map(|feed| feed_row(feed, read.now)).collect(),
        ledger: ledger_line(ledger),
        refused: reasons(read, "refused"),
        filtered: reasons(read, "filtered"),
        tests: grouped(
            read.reasons.iter().filter(|it| it.reason == "filtered/test").map(|it| it.count).sum(),
        ),
        forms: read
            .forms
            .iter()
            .filter(|(form, _, _)| texts.reference.form_kind(form, None).is_none())
            .map(|(form, count, last)| (form.clone(), grouped(*count), ago(read.now, Moment(*last))))
            .collect(),
        unmapped_rejections: unmapped(|event| matches!(event, Event::LeadRejected { unmapped: true, .. })),
        unmapped_losses: unmapped(|event| matches!(event, Event::LeadLost { unmapped: true, .. })),
        parked: kept(&read.parked, ("parked", read.now), |line| match line.reason.as_str() {
            "lead_parked" => "baton parked redrive --all".to_owned(),
            reason => format!("baton parked list --reason {reason}"),
        }),
        quarantined: kept(&read.quarantined, ("quarantined", read.now), |line| {
            format!("baton quarantine redrive --reason {}", line.reason)
        }),
        parked_leads: read.parked_leads,
        erased: grouped(read.erasures.0),
        erased_lately: grouped(read.erasures.1),
        anonymous: grouped(read.anonymous),
        called: read.called.iter().map(|line| called_row(line, read.now)).collect(),
    }
}

fn called_row(line: &CalledCount, now: Moment) -> CalledRow {
    let one = if line.kind == "chat" { "chat" } else { "call" };
    let plural = if line.count == 1 { "" } else { "s" };
    let campaign = line.campaign.as_ref().map(|campaign| format!("campaign {campaign}"));
    let from: Vec<String> = line.source.clone().into_iter().chain(campaign).collect();
    CalledRow {
        words: format!("{} {one}{plural}", grouped(line.count)),
        from: if from.is_empty() { "source not said".to_owned() } else { from.join(", ") },
        oldest: ago(now, Moment(line.oldest)),
        ends: moment_words(line.ends_at()),
    }
}

fn hidden(hours: &HoursRead) -> String {
    let hidden = hours.all - i64::try_from(hours.series.len()).unwrap_or(i64::MAX);
    if hidden > 0 { grouped(hidden) } else { String::new() }
}

fn series_rows(series: &[Series], team: &Team) -> Vec<SeriesRow> {
    let mut sorted: Vec<&Series> = series.iter().collect();
    sorted.sort_by(|a, b| {
        (b.rhythm.silent, family_order(&a.family), &a.name).cmp(&(
            a.rhythm.silent,
            family_order(&b.family),
            &b.name,
        ))
    });
    sorted.into_iter().map(|one| series_row(one, team)).collect()
}

fn family_order(family: &str) -> u8 {
    match family {
        "feed" => 0,
        "source" => 1,
        "form" => 2,
        _ => 3,
    }
}

fn series_row(series: &Series, team: &Team) -> SeriesRow {
    let rhythm = series.rhythm;
    let day = i64::try_from(rhythm.day).unwrap_or(i64::MAX);
    let normal =
        rhythm.day_expected_milli.map(|milli| i64::try_from(milli.div_ceil(MILLI)).unwrap_or(i64::MAX));
    let (state, tone) = match normal {
        _ if rhythm.silent => ("silent", "bad"),
        _ if series.paused.is_some() => ("away", ""),
        None => ("learning", ""),
        Some(normal) if normal > 0 && day.saturating_mul(2) < normal => ("below half", "warn"),
        Some(_) => ("as usual", "good"),
    };
    SeriesRow {
        family: match series.family.as_str() {
            "feed" => "feed",
            "source" => "source",
            "form" => "form",
            _ => "kind",
        },
        name: series.name.clone(),
        day: grouped(day),
        normal: normal.map_or_else(String::new, grouped),
        state,
        tone,
        code: series.family.clone(),
        silent: rhythm.silent,
        paused: series.paused.is_some(),
        since: if let Some((until, by)) = &series.paused {
            format!("its silence is no alarm until {}, says {}", moment_words(*until), member_name(team, by))
        } else if rhythm.silent {
            format!(
                "nothing for {}, where {} were to be expected",
                span(rhythm.quiet_hours.saturating_mul(crate::domain::time::HOUR)),
                grouped(i64::try_from(rhythm.quiet_expected_milli / MILLI).unwrap_or(i64::MAX))
            )
        } else {
            String::new()
        },
        percent: percent(day, normal.unwrap_or(0)),
    }
}

fn feed_row(feed: &FeedRead, now: Moment) -> FeedRow {
    let behind = feed.known_to.is_some_and(|at| now.since(Moment(at)) > BEHIND);
    let command = if feed.stopped > 0 {
        format!("baton lane resume {} PARTITION", feed.topic)
    } else if behind {
        "baton lane list".to_owned()
    } else {
        String::new()
    };
    FeedRow {
        topic: feed.topic.clone(),
        partitions: feed.partitions,
        known: feed.known_to.map_or_else(
            || "nothing read yet".to_owned(),
            |at| {
                if behind {
                    format!("behind: known up to {}", moment_words(Moment(at)))
                } else {
                    "up to now".to_owned()
                }
            },
        ),
        behind,
        stopped: feed.stopped,
        command,
    }
}

/// Reasons of an outcome over all topics, the most frequent first.
fn reasons(read: &IntakeRead, outcome: &str) -> Vec<ReasonRow> {
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for count in &read.reasons {
        if let Some((of, reason)) = count.reason.split_once('/')
            && of == outcome
        {
            *counts.entry((count.topic.as_str(), reason)).or_default() += count.count;
        }
    }
    let mut rows: Vec<((&str, &str), i64)> = counts.into_iter().collect();
    rows.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    rows.into_iter()
        .map(|((topic, reason), count)| ReasonRow {
            topic: topic.to_owned(),
            words: plain(reason),
            count: grouped(count),
        })
        .collect()
}

fn kept(
    lines: &[KeptCount],
    (from, now): (&'static str, Moment),
    command: impl Fn(&KeptCount) -> String,
) -> Vec<KeptRow> {
    lines
        .iter()
        .map(|line| KeptRow {
            topic: line.topic.clone(),
            words: plain(&line.reason),
            count: grouped(line.count),
            oldest: ago(now, Moment(line.oldest)),
            command: command(line),
            from,
            reason: line.reason.clone(),
        })
        .collect()
}
