//! The hours of a team that is being watched: once its history is told, a demo's team works around the clock, so that offers
//! are answered and clocks fire whenever somebody looks. It changes the team's hours and nothing else.

use super::DemoError;
use crate::contract::policy_text;
use crate::settings::Settings;
use crate::store::connect;
use crate::store::text::{self, TextKind};
use crate::transaction::operation;

/// Publishes the team in force with the default calendar open at all hours of all days; false where it has no such
/// calendar, or was open already.
///
/// # Errors
/// The database failed.
pub async fn keep_awake(settings: &Settings) -> Result<bool, DemoError> {
    let url = settings.owner_url().expose();
    let mut conn =
        connect::connect(url, "baton demo", connect::Timeouts::default()).await.map_err(DemoError::Store)?;
    let Some(published) = text::active(&mut conn, TextKind::Team).await.map_err(DemoError::Store)? else {
        return Ok(false);
    };
    let body = awake(&published.body);
    if policy_text::team(&body).is_err() {
        return Ok(false);
    }
    let hash = policy_text::hash(&body);
    operation::publish_text(&mut conn, TextKind::Team, hash, &body, "baton demo")
        .await
        .map_err(DemoError::Store)
}

/// The text with the section `[calendar.default]` open around the clock.
fn awake(text: &str) -> String {
    let mut inside = false;
    let lines = text.lines().map(|line| {
        if line.starts_with('[') {
            inside = line.trim_end() == "[calendar.default]";
        }
        let key = line.split('=').next().map(str::trim);
        match key.filter(|_| inside) {
            Some("opens") => "opens = \"00:00\"",
            Some("closes") => "closes = \"24:00\"",
            Some("days") => "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]",
            _ => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::team::MemberId;
    use crate::domain::time::{DAY, HOUR, Moment};

    #[test]
    fn the_shipped_team_works_at_any_hour_and_is_otherwise_the_same() {
        let before = policy_text::team(policy_text::DEFAULT_TEAM).unwrap();
        let after = policy_text::team(&awake(policy_text::DEFAULT_TEAM)).unwrap();
        let rep = MemberId("ana-ruiz".to_owned());
        let sunday = Moment::parse("2026-11-22T03:00:00Z").unwrap();
        assert!(before.absence(&rep, sunday).is_some() && after.absence(&rep, sunday).is_none());
        assert_eq!(after.hours(&rep).between(sunday, sunday.plus(DAY)), 24 * HOUR);
        assert_eq!(before.members().count(), after.members().count());
        assert!(before.pools().zip(after.pools()).all(|(one, other)| one.members == other.members));
    }
}
