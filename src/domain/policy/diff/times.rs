//! Service terms, other times and counts, and targets: what differs. It starts no clock.

use super::notes::{Notes, Row};
use crate::domain::calendar::Span;
use crate::domain::ladder::Percents;
use crate::domain::policy::{Durations, Priority, SlaTerms, Targets};

const HOUR: u32 = 3_600;
const MINUTE: u32 = 60;

pub(super) fn sla(before: &[SlaTerms; 4], after: &[SlaTerms; 4], notes: &mut Notes) {
    for (priority, (before, after)) in Priority::ALL.iter().zip(before.iter().zip(after)) {
        notes.rows(&format!("P{}", priority.number()), sla_rows(before), sla_rows(after));
    }
}

fn sla_rows(terms: &SlaTerms) -> Vec<Row> {
    let SlaTerms { accept, contact, route, grace } = terms;
    vec![
        ("time to answer", span(*accept), ""),
        ("time to first contact", span(*contact), ""),
        ("time from queue to offer", span(*route), ""),
        ("grace", span(*grace), ""),
    ]
}

/// `5 min`, `4 h`, `2 bd`: as the text says it.
fn span(span: Span) -> String {
    let Span { business_days, seconds } = span;
    match (business_days, seconds) {
        (0, seconds) if seconds > 0 && seconds.is_multiple_of(HOUR) => format!("{} h", seconds / HOUR),
        (0, seconds) if seconds.is_multiple_of(MINUTE) => format!("{} min", seconds / MINUTE),
        (0, seconds) => format!("{seconds} s"),
        (days, 0) => format!("{days} bd"),
        (days, seconds) => format!("{days} bd {seconds} s"),
    }
}

pub(super) fn durations(before: &Durations, after: &Durations, notes: &mut Notes) {
    notes.rows("", lead_rows(before), lead_rows(after));
    notes.rows("", duty_rows(before), duty_rows(after));
}

/// How long leads rest and count.
fn lead_rows(it: &Durations) -> Vec<Row> {
    vec![
        ("Review of captured leads after", it.review_days.to_string(), " days"),
        ("Dormant leads rest", it.dormant_recycle_days.to_string(), " days"),
        ("Points that bring a resting lead back", it.strong_points.to_string(), ""),
        ("Cycles without a hand-raise", it.cycles_max.to_string(), ""),
        ("Cycles are counted over", it.cycles_months.to_string(), " months"),
        ("A hand-raise is late after", it.late_hand_raise_hours.to_string(), " hours"),
        ("Review of leads from before the service", it.history_review_days.to_string(), " days"),
        ("Latest date to try again", it.retry_on_months_max.to_string(), " months"),
        ("Signals of unknown visitors are kept", it.anonymous_days.to_string(), " days"),
        ("A pattern of rejections from", it.pattern_count.to_string(), " leads"),
        ("A pattern of rejections within", it.pattern_days.to_string(), " days"),
        ("Share of `other` that alarms", it.other_alarm_percent.to_string(), " percent"),
        ("Offers before the steward takes over", it.offers_max.to_string(), ""),
        ("Misroutes before the steward takes over", it.misroutes_max.to_string(), ""),
    ]
}

/// What people owe each other.
fn duty_rows(durations: &Durations) -> Vec<Row> {
    // Named one by one, so that a field that is added can't be forgotten: those above are left out here.
    let Durations {
        review_days: _,
        dormant_recycle_days: _,
        respond_hours,
        redrive_business_days,
        disposition_business_days,
        meeting_extra_business_days,
        closer_business_days,
        next_step_extra_business_days,
        next_step_max_business_days,
        opportunity_untouched_days,
        facts_business_days,
        blocked_hand_raise_business_days,
        strong_points: _,
        cycles_max: _,
        cycles_months: _,
        late_hand_raise_hours: _,
        history_review_days: _,
        offers_max: _,
        misroutes_max: _,
        percents: Percents { half, late, escalate },
        out_of_hours_contact,
        retry_on_months_max: _,
        contest_business_days,
        verdict_business_days,
        pattern_count: _,
        pattern_days: _,
        pattern_answer_business_days,
        other_alarm_percent: _,
        anonymous_days: _,
    } = durations;
    let reminders: Vec<String> = [half, late]
        .into_iter()
        .filter(|percent| **percent < Percents::NO_REMINDER)
        .map(ToString::to_string)
        .collect();
    vec![
        ("Reply to a person who asks again", respond_hours.to_string(), " business hours"),
        ("Records that could not be read", redrive_business_days.to_string(), " bd"),
        ("Disposition of an accepted lead", disposition_business_days.to_string(), " bd"),
        ("After a booked meeting", meeting_extra_business_days.to_string(), " bd"),
        ("The closer's leg", closer_business_days.to_string(), " bd"),
        ("After the next step", next_step_extra_business_days.to_string(), " bd"),
        ("Next step at most", next_step_max_business_days.to_string(), " bd"),
        ("An untouched deal is asked about after", opportunity_untouched_days.to_string(), " days"),
        ("Facts of an SQL that are owed", facts_business_days.to_string(), " bd"),
        ("Look at a blocked hand-raise", blocked_hand_raise_business_days.to_string(), " bd"),
        ("Reminders at percent of a clock", reminders.join(", "), ""),
        ("Escalation at percent of a clock", escalate.to_string(), ""),
        ("P1 out of hours: from the opening on", span(*out_of_hours_contact), ""),
        ("Time to contest", contest_business_days.to_string(), " bd"),
        ("Time for a verdict", verdict_business_days.to_string(), " bd"),
        ("Answer to a pattern of rejections", pattern_answer_business_days.to_string(), " bd"),
    ]
}

pub(super) fn targets(before: &Targets, after: &Targets, notes: &mut Notes) {
    let rows = |targets: &Targets| -> Vec<Row> {
        let Targets {
            sal,
            sql,
            pipeline,
            revenue,
            acquisition_cost,
            p1_in_time_percent,
            reporting_currency,
            review_business_day,
        } = targets;
        vec![
            ("SAL a month", sal.to_string(), ""),
            ("SQL a month", sql.to_string(), ""),
            ("Pipeline a month", pipeline.to_string(), ""),
            ("Revenue a month", revenue.to_string(), ""),
            ("Cost of a customer", acquisition_cost.to_string(), ""),
            ("P1 contacted in time", p1_in_time_percent.to_string(), " percent"),
            ("Reporting currency", reporting_currency.clone(), ""),
            ("Review on business day", review_business_day.to_string(), ""),
        ]
    };
    notes.rows("", rows(before), rows(after));
}
