//! "What became of my leads": campaign by outcome, patterns of rejection, what may be contested, what comes back when. It
//! reads nothing itself and shows no figure of a person in sales.

use super::money::{Rate, Sum, roi_words};
use super::returned::{RejectionRow, place, rejection_row};
use super::{Countdown, grouped, percent, person_name};
use crate::domain::event::Event;
use crate::domain::policy::{RejectionCode, RejectionTask};
use crate::domain::team::{Member, MemberId};
use crate::domain::time::Moment;
use crate::scoreboard::patterns::PatternDuty;
use crate::store::read::campaigns::{CampaignsRead, ContactWanted, DataTask};
use crate::store::read::rejections::RejectionRead;
use crate::transaction::loaded::Texts;
use crate::web::words::{ago, countdown, date, member_name, plain, rejection_words};
use std::collections::BTreeMap;

/// Weeks of the recycle calendar: a quarter.
const WEEKS_SHOWN: usize = 13;
/// 1970-01-01 was a Thursday, three days after a Monday.
const EPOCH_WEEKDAY: i32 = 3;

/// One campaign, or the leads of none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CampaignRow {
    pub id: String,
    pub name: String,
    pub channel: String,
    pub mql: i64,
    pub accepted: i64,
    /// Accepted of those that count, in percent; `None` while none does.
    pub acceptance: Option<i64>,
    /// Code, words and count of what sales returned, the most frequent first.
    pub codes: Vec<(String, String, i64)>,
    pub qualified: i64,
    pub deals: i64,
    pub won: i64,
    /// Of deals that are open, by the plan's rates.
    pub pipeline: Sum,
    /// Of deals that are won, by the rate of the month of closing.
    pub revenue: Sum,
    /// By the rate of the month in which the spending ended.
    pub spend: Sum,
    /// (Revenue - spend) / spend, in words.
    pub roi: String,
}

/// A pattern of rejections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternRow {
    pub campaign: String,
    pub campaign_id: String,
    pub code: String,
    pub words: String,
    pub count: usize,
    /// When it began, as the answer names it, and in words.
    pub begun_at: String,
    pub since: String,
    /// When the answer is due; `None` once it is given.
    pub due: Option<Countdown>,
    /// Who answered and when; empty until then.
    pub answered: String,
}

/// A data task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    pub lead: String,
    pub name: String,
    pub fields: String,
    pub holder: String,
    pub due: Option<Countdown>,
}

/// A lead for whose company somebody else is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRow {
    pub lead: String,
    pub name: String,
    pub company: String,
    pub when: String,
    /// When the lead comes back by itself.
    pub back: Option<Countdown>,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignsView {
    pub now_ms: i64,
    pub currency: String,
    pub rows: Vec<CampaignRow>,
    pub total: CampaignRow,
    pub patterns: Vec<PatternRow>,
    /// So many of one reason and campaign in so many days are one, by the policy.
    pub pattern_count: u32,
    pub pattern_days: u32,
    pub rejections: Vec<RejectionRow>,
    /// Where the next page of rejections begins; empty on the last one.
    pub older: String,
    /// First day of the week, leads that come back, and their share of the fullest week.
    pub weeks: Vec<(String, String, i64)>,
    pub tasks: Vec<TaskRow>,
    /// How many of those are not listed; empty for none.
    pub tasks_more: String,
    pub wanted: Vec<WantedRow>,
}

/// The page from what was read, for whoever looks.
#[must_use]
pub fn campaigns_view(
    read: &CampaignsRead,
    (rejections, more): (&[RejectionRead], bool),
    patterns: &[PatternDuty],
    looker: Option<&Member>,
    texts: &Texts,
) -> CampaignsView {
    let names: BTreeMap<&str, (&str, &str)> =
        read.names.iter().map(|it| (it.id.as_str(), (it.name.as_str(), it.channel.as_str()))).collect();
    let name_of = |id: &str| match (id, names.get(id)) {
        ("", _) => "No campaign".to_owned(),
        (_, Some((name, _))) => (*name).to_owned(),
        (id, None) => id.to_owned(),
    };
    let mut rows = rows(read, texts);
    for row in &mut rows {
        row.name = name_of(&row.id);
        row.channel = names.get(row.id.as_str()).map_or_else(String::new, |(_, channel)| plain(channel));
    }
    let total = total(&rows);
    let tasks_more = read.tasks_all - i64::try_from(read.tasks.len()).unwrap_or(i64::MAX);
    CampaignsView {
        now_ms: read.now.0.div_euclid(1_000),
        currency: texts.reference.reporting_currency.clone(),
        rows,
        total,
        patterns: patterns.iter().map(|duty| pattern_row(duty, &name_of, read.now, texts)).collect(),
        pattern_count: texts.policy.durations().pattern_count,
        pattern_days: texts.policy.durations().pattern_days,
        rejections: rejections
            .iter()
            .filter_map(|it| rejection_row(it, looker, &name_of, read.now, texts))
            .collect(),
        older: rejections.last().filter(|_| more).map_or_else(String::new, |last| place(last.place)),
        weeks: weeks(&read.recycled),
        tasks: read.tasks.iter().map(|task| task_row(task, read.now, texts)).collect(),
        tasks_more: if tasks_more > 0 { grouped(tasks_more) } else { String::new() },
        wanted: read.wanted.iter().map(|it| wanted_row(it, read.now)).collect(),
    }
}

/// One row a campaign, the most leads first.
fn rows(read: &CampaignsRead, texts: &Texts) -> Vec<CampaignRow> {
    let mut rows: BTreeMap<String, CampaignRow> = BTreeMap::new();
    let mut counted: BTreeMap<String, i64> = BTreeMap::new();
    let reference = &texts.reference;
    for cohort in &read.cohort {
        let row = rows.entry(cohort.campaign.clone()).or_default();
        row.mql += cohort.mql;
        row.accepted += cohort.accepted;
        row.qualified += cohort.qualified;
        let code = cohort.code.as_deref();
        if let Some(code) = code {
            row.codes.push((code.to_owned(), code_words(code), cohort.mql));
        }
        let counts =
            code.and_then(RejectionCode::parse).is_none_or(|code| texts.policy.rejection(code).counts);
        *counted.entry(cohort.campaign.clone()).or_default() +=
            if counts { cohort.mql } else { cohort.accepted };
    }
    for deals in &read.deals {
        let row = rows.entry(deals.campaign.clone()).or_default();
        let (currency, amount) = (deals.currency.as_deref(), deals.ten_thousandths);
        row.deals += deals.deals;
        match deals.state.as_str() {
            "won" => {
                row.won += deals.deals;
                row.revenue.add(reference, Rate::Of(&deals.month), currency, amount);
            }
            "open" => row.pipeline.add(reference, Rate::Plan, currency, amount),
            _ => {}
        }
    }
    for spend in &read.spend {
        let row = rows.entry(spend.campaign.clone()).or_default();
        row.spend.add(reference, Rate::Of(&spend.month), Some(&spend.currency), spend.ten_thousandths);
    }
    let mut rows: Vec<CampaignRow> = rows
        .into_iter()
        .map(|(id, mut row)| {
            let counted = counted.get(&id).copied().unwrap_or(0);
            row.acceptance = (counted > 0).then(|| (row.accepted * 100 / counted).min(100));
            row.codes.sort_by(|a, b| (b.2, &a.0).cmp(&(a.2, &b.0)));
            CampaignRow { id, roi: roi_words(&row.revenue, &row.spend), ..row }
        })
        .collect();
    rows.sort_by(|a, b| (b.mql, b.spend.units, &a.id).cmp(&(a.mql, a.spend.units, &b.id)));
    rows
}

fn total(rows: &[CampaignRow]) -> CampaignRow {
    let mut total = CampaignRow { name: "All".to_owned(), ..CampaignRow::default() };
    for row in rows {
        total.mql += row.mql;
        total.accepted += row.accepted;
        total.qualified += row.qualified;
        total.deals += row.deals;
        total.won += row.won;
        total.pipeline.plus(&row.pipeline);
        total.revenue.plus(&row.revenue);
        total.spend.plus(&row.spend);
    }
    total.roi = roi_words(&total.revenue, &total.spend);
    total
}

fn code_words(code: &str) -> String {
    RejectionCode::parse(code).map_or_else(|| plain(code), |it| rejection_words(it).to_owned())
}

fn pattern_row(
    duty: &PatternDuty,
    name_of: &dyn Fn(&str) -> String,
    now: Moment,
    texts: &Texts,
) -> PatternRow {
    let by = duty.answered_by.clone().map_or_else(String::new, |by| member_name(&texts.team, &MemberId(by)));
    PatternRow {
        campaign: name_of(&duty.pattern.campaign),
        campaign_id: duty.pattern.campaign.clone(),
        code: duty.pattern.code.clone(),
        words: code_words(&duty.pattern.code),
        count: duty.pattern.leads.len(),
        begun_at: duty.pattern.begun_at.to_string(),
        since: ago(now, duty.pattern.begun_at),
        due: duty.answered_at.is_none().then(|| countdown(now, duty.answer_by)),
        answered: duty.answered_at.map_or_else(String::new, |at| format!("{by}, {}", ago(now, at))),
    }
}

fn weeks(days: &[(i32, i64)]) -> Vec<(String, String, i64)> {
    let mut weeks: BTreeMap<i32, i64> = BTreeMap::new();
    for (day, count) in days {
        let monday = day - (day + EPOCH_WEEKDAY).rem_euclid(7);
        *weeks.entry(monday).or_default() += count;
    }
    let most = weeks.values().copied().max().unwrap_or(0);
    weeks
        .into_iter()
        .take(WEEKS_SHOWN)
        .map(|(monday, count)| (date(monday), grouped(count), percent(count, most)))
        .collect()
}

/// Codes of rejections after which the policy has marketing look for somebody else of the company.
#[must_use]
pub fn wanting(texts: &Texts) -> Vec<&'static str> {
    let task = |code: &RejectionCode| texts.policy.rejection(*code).task;
    let wants = |code: &&RejectionCode| task(code) == Some(RejectionTask::AnotherContact);
    RejectionCode::ALL.iter().filter(wants).map(|code| code.code()).collect()
}

fn wanted_row(wanted: &ContactWanted, now: Moment) -> WantedRow {
    let company = wanted.company.clone().unwrap_or_else(|| "company not known".to_owned());
    WantedRow {
        lead: wanted.lead.to_string(),
        name: person_name(
            wanted.first_name.as_deref(),
            wanted.last_name.as_deref(),
            wanted.company.as_deref(),
        ),
        company,
        when: ago(now, Moment(wanted.at)),
        back: wanted.back_at.map(|at| countdown(now, Moment(at))),
    }
}

fn task_row(task: &DataTask, now: Moment, texts: &Texts) -> TaskRow {
    let fields = match &task.asked {
        Some(Event::DataFixAsked { fields, .. }) => fields.iter().map(|field| plain(field)).collect(),
        Some(_) | None => Vec::new(),
    };
    TaskRow {
        lead: task.id.to_string(),
        name: person_name(task.first_name.as_deref(), task.last_name.as_deref(), task.company.as_deref()),
        fields: if fields.is_empty() { "fields not named".to_owned() } else { fields.join(", ") },
        holder: task
            .holder
            .clone()
            .map_or_else(String::new, |holder| member_name(&texts.team, &MemberId(holder))),
        due: task.deadline.map(|at| countdown(now, at)),
    }
}
