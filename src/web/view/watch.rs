//! What is watched: leads that nobody answers for, sources that have gone quiet. It reads nothing itself.

use crate::domain::silence::{Rhythm, rhythm};
use crate::domain::team::{MemberId, Team};
use crate::domain::time::{HOUR, Moment};
use crate::store::read::watch::{HoursRead, WatchRead};

/// Open leads that nobody answers for, by what is wrong; the target of each is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orphans {
    /// Without a holder or a clock in their row; the database refuses such rows.
    pub unheld: i64,
    /// Held by somebody who is not there, and for whom nobody acts.
    pub unattended: i64,
    /// With a clock that could have fired and did not.
    pub stuck: i64,
}

impl Orphans {
    /// All of them.
    #[must_use]
    pub fn total(self) -> i64 {
        self.unheld + self.unattended + self.stuck
    }
}

/// The orphans among what was read.
#[must_use]
pub fn orphans(read: &WatchRead, team: &Team) -> Orphans {
    Orphans {
        unheld: read.unheld,
        unattended: unattended(
            read.holders.iter().map(|(holder, open)| (holder.as_str(), *open)),
            team,
            read.now,
        ),
        stuck: read.stuck,
    }
}

/// Leads whose holder is not in the team or switched off, with no deputy who acts; by holder and count.
#[must_use]
pub fn unattended<'a>(holders: impl Iterator<Item = (&'a str, i64)>, team: &Team, now: Moment) -> i64 {
    holders.filter(|(holder, _)| !is_attended(holder, team, now)).map(|(_, open)| open).sum()
}

/// Whether somebody acts for a holder; who is only away keeps what they hold, and its clocks run on.
#[must_use]
pub fn is_attended(holder: &str, team: &Team, now: Moment) -> bool {
    let holder = MemberId(holder.to_owned());
    team.member(team.acting(&holder, now)).is_some_and(|member| member.active)
}

/// One source and how it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub family: String,
    pub name: String,
    pub rhythm: Rhythm,
    /// Until when its silence is expected, and by whom: it does not count as silent meanwhile.
    pub paused: Option<(Moment, MemberId)>,
}

/// How each source does as of now, or as of when the hours are counted: what is not counted yet is not silence.
#[must_use]
pub fn series(read: &HoursRead, now: Moment) -> Vec<Series> {
    let Some(counted_to) = read.counted_to else { return Vec::new() };
    let hour_now = counted_to.min(now).0.div_euclid(HOUR);
    read.series
        .iter()
        .map(|series| {
            let counts = series
                .hours
                .iter()
                .zip(&series.counts)
                .map(|(hour, count)| (i64::from(*hour), u64::try_from(*count).unwrap_or(0)))
                .collect();
            let rhythm = rhythm(&counts, hour_now);
            let until = series.paused_until.map(Moment).filter(|until| *until > now);
            let paused = until.zip(series.paused_by.clone().map(MemberId));
            Series {
                family: series.family.clone(),
                name: series.name.clone(),
                rhythm: Rhythm { silent: rhythm.silent && paused.is_none(), ..rhythm },
                paused,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::read::watch::SeriesRead;
    use crate::web::view::shipped::shipped;

    #[test]
    fn a_stranger_leaves_leads_to_nobody_and_a_member_does_not() {
        let team = shipped().team;
        assert!(is_attended("ana-ruiz", &team, Moment(0)));
        assert!(!is_attended("somebody-else", &team, Moment(0)));
        let read = WatchRead {
            holders: vec![("ana-ruiz".to_owned(), 7), ("gone".to_owned(), 3)],
            unheld: 1,
            stuck: 2,
            ..WatchRead::default()
        };
        let orphans = orphans(&read, &team);
        assert_eq!(orphans, Orphans { unheld: 1, unattended: 3, stuck: 2 });
        assert_eq!(orphans.total(), 6);
    }

    #[test]
    fn a_source_that_stopped_is_silent() {
        let week = 168;
        let hours: Vec<i32> = (0..4 * week).collect();
        let counts = vec![3; hours.len()];
        let read = SeriesRead {
            family: "form".to_owned(),
            name: "demo".to_owned(),
            hours,
            counts,
            all_of_them: 1,
            ..SeriesRead::default()
        };
        let now = Moment(i64::from(4 * week + 3) * HOUR);
        let hours = |counted_to| HoursRead { counted_to, series: vec![read.clone()], all: 1 };
        let [one] = series(&hours(Some(now)), now).try_into().unwrap();
        assert!(one.rhythm.silent);
        assert_eq!(one.rhythm.quiet_hours, 3);
        let [behind] = series(&hours(Some(now.plus(-3 * HOUR))), now).try_into().unwrap();
        assert!(!behind.rhythm.silent, "what is not counted yet is no silence");
        assert!(series(&hours(None), now).is_empty());
        let away =
            SeriesRead { paused_until: Some(now.0 + 1), paused_by: Some("olga".to_owned()), ..read.clone() };
        let expected =
            |now| series(&HoursRead { counted_to: Some(now), series: vec![away.clone()], all: 1 }, now);
        assert!(!expected(now)[0].rhythm.silent, "somebody knows that it is away");
        assert!(expected(now.plus(1))[0].rhythm.silent, "only until then");
    }
}
