//! Business time as text files: a calendar, then sums of its time with the instants that are expected. It decides nothing.

use crate::lifecycle::lines;
use crate::words::span;
use baton::domain::calendar::{Calendar, Hours};
use baton::domain::custody::{Clock, ClockKind};
use baton::domain::time::Moment;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `Europe/Berlin 09:00-17:30 mon-fri`, then holidays.
fn calendar(text: &str) -> Calendar {
    let words: Vec<&str> = text.split_whitespace().collect();
    let minute = |text: &str| {
        let (hours, minutes) = text.split_once(':').unwrap();
        hours.parse::<u32>().unwrap() * 60 + minutes.parse::<u32>().unwrap()
    };
    let (opens, closes) = words[1].split_once('-').unwrap();
    let (first, last) = words[2].split_once('-').unwrap();
    let place = |day: &str| DAYS.iter().position(|it| *it == day).unwrap();
    let days = std::array::from_fn(|day| (place(first)..=place(last)).contains(&day));
    let holidays: BTreeSet<Date> = words[3..].iter().map(|day| day.parse().unwrap()).collect();
    let zone = TimeZone::get(words[0]).unwrap();
    Calendar::new(zone, (minute(opens), minute(closes)), days, holidays).unwrap()
}

fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What a line asks of the calendar.
fn answer(calendar: &Calendar, question: &str) -> String {
    let words: Vec<&str> = question.split_whitespace().collect();
    match words[..] {
        ["after", start, time] => {
            let end = calendar.add(at(start), span(time));
            assert_eq!(calendar.between(at(start), end), span(time), "{question}: between undoes it");
            end.to_string()
        }
        ["days", start, count] => {
            let days = baton::domain::calendar::Span::business_days(count.parse().unwrap());
            calendar.after(at(start), days).to_string()
        }
        ["between", from, to] => {
            format!("{}m", calendar.between(at(from), at(to)) / baton::domain::time::MINUTE)
        }
        ["opening", from] => calendar.opening(at(from)).to_string(),
        ["open", moment] => calendar.is_open(at(moment)).to_string(),
        ["rungs", start, time] => {
            let due = calendar.add(at(start), span(time));
            let mut clock = Clock::until(ClockKind::ContactBy, Hours::Of(calendar), at(start), due);
            let mut rungs = Vec::new();
            for _ in 0..4 {
                rungs.push(clock.rung_at.to_string());
                clock = clock.advanced(due);
            }
            rungs.join(" ")
        }
        _ => panic!("no such question: {question}"),
    }
}

fn ask(name: &str, text: &str) {
    let mut present = Calendar::office();
    let mut asked = 0;
    for (number, line) in lines(text) {
        if let Some(hours) = line.strip_prefix("hours ") {
            present = calendar(hours);
            continue;
        }
        let (question, expected) =
            line.split_once(" = ").unwrap_or_else(|| panic!("{name}:{number}: {line}"));
        assert_eq!(answer(&present, question), expected, "{name}:{number}: {line}");
        asked += 1;
    }
    assert!(asked > 2, "{name} asks nothing");
}

#[test]
fn the_clocks_change_over_a_working_day() {
    ask("the_clocks_change", include_str!("the_clocks_change.txt"));
}

#[test]
fn a_holiday_lies_beside_a_weekend() {
    ask("a_holiday_beside_a_weekend", include_str!("a_holiday_beside_a_weekend.txt"));
}

#[test]
fn business_time_between_undoes_what_was_added_wherever_it_starts() {
    for zone in ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Chatham", "America/Havana"] {
        for hours in ["09:00-17:30", "00:00-24:00", "00:30-02:30", "22:00-24:00"] {
            let calendar = calendar(&format!("{zone} {hours} mon-sun 2026-03-29"));
            for step in 0..60_i64 {
                let start = at("2026-03-01T00:00:00Z").plus(step * 11 * baton::domain::time::HOUR);
                let micros = (step * 37 + 1) * baton::domain::time::MINUTE;
                let end = calendar.add(start, micros);
                assert_eq!(calendar.between(start, end), micros, "{zone} {hours} {start}");
                assert!(calendar.covers(end, 0), "{zone} {hours}: {end} is no working time");
                assert!(calendar.is_open(calendar.opening(end)), "{zone} {hours}: {end} never opens");
            }
        }
    }
}
