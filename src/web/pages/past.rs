//! A lead as it stood at a moment, folded from its audit rows; and the check of its chain. It changes nothing.

use super::PageFault;
use crate::audit::past::{self, ChainCheck, Past, UpTo};
use crate::contract::policy_text;
use crate::domain::event::Event;
use crate::domain::ids::LeadId;
use crate::domain::time::{DAY, Moment};
use crate::store::read::lead_page::{LeadRead, StoryRow};
use crate::transaction::loaded::Texts;
use crate::web::WebState;
use crate::web::view::receipt::short_hash;
use crate::web::words::moment_words;
use std::sync::Arc;

/// What the page says above a lead as it stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsOf {
    pub when: String,
    pub version: i64,
    /// Under which policy the score is counted.
    pub policy: String,
}

/// The moment or version that a link asks for; `None` for the lead as it stands.
pub(super) fn asked(as_of: Option<&str>, version: Option<i64>) -> Option<UpTo> {
    let moment = as_of.map(str::trim).filter(|text| !text.is_empty()).and_then(moment);
    moment.map(UpTo::Moment).or(version.filter(|version| *version > 0).map(UpTo::Version))
}

/// RFC 3339, or what a browser's field gives (a minute, UTC), or a day: its end.
fn moment(text: &str) -> Option<Moment> {
    if let Ok(moment) = Moment::parse(text) {
        return Some(moment);
    }
    if text.len() == "2026-01-01".len() {
        return Moment::parse(&format!("{text}T00:00:00Z")).ok().map(|start| start.plus(DAY - 1));
    }
    let seconds = if text.matches(':').count() == 1 { ":59" } else { "" };
    Moment::parse(&format!("{text}{seconds}Z")).ok()
}

/// The lead's page as it was: what is folded from the audit is as it stood, people and deals are as they are known now.
pub(super) async fn turned_back(
    state: &WebState,
    id: LeadId,
    up_to: UpTo,
    read: LeadRead,
) -> Result<(LeadRead, Vec<StoryRow>, Texts, AsOf), PageFault> {
    let failed = |error| PageFault::store(&error);
    let found = past::as_of(&state.reader, id, up_to).await.map_err(failed)?;
    let past = found.ok_or_else(PageFault::not_yet)?;
    let before = i64::try_from(past.lead.version).unwrap_or(i64::MAX).saturating_add(1);
    let limit = crate::store::read::lead_page::STORY_ROWS_MAX;
    let story = state.reader.story(id, Some(before), limit).await.map_err(failed)?;
    let mut texts = state.texts();
    if texts.policy.hash.as_slice() != past.policy
        && let Some(text) = state.reader.policy_text(&past.policy).await.map_err(failed)?
        && let Ok(policy) = policy_text::policy(&text)
    {
        texts.policy = Arc::new(policy);
    }
    let now = match up_to {
        UpTo::Moment(moment) => moment,
        UpTo::Version(_) => past.decided_at,
    };
    let shown = AsOf { when: moment_words(now), version: before - 1, policy: short_hash(&texts.policy.hash) };
    Ok((stood(read, past, &story, now), story, texts, shown))
}

fn stood(read: LeadRead, past: Past, story: &[StoryRow], now: Moment) -> LeadRead {
    let offer = story.iter().find(|row| matches!(row.event, Event::LeadOffered { .. }));
    LeadRead {
        now,
        last_offer: offer.map(|row| row.event.clone()),
        notes: read.notes.into_iter().filter(|note| note.at <= now.0).collect(),
        disagreements: read.disagreements.into_iter().filter(|it| it.at <= now.0).collect(),
        deals: read.deals.into_iter().filter(|deal| deal.opened_at <= now.0).collect(),
        lead: past.lead,
        ..read
    }
}

/// What the check of a chain came to: tone, what, and what more there is to say.
pub(super) fn chain_words(check: &ChainCheck) -> (&'static str, String, Vec<String>) {
    match &check.fault {
        None => (
            "good",
            format!("The chain holds: {} rows, each names the one before it by its hash.", check.rows),
            vec![format!(
                "The lead as it stands is what they fold to. The last row is {}.",
                short_hash(&check.head)
            )],
        ),
        Some((version, what)) => (
            "bad",
            format!("The chain does not hold at row {version}: {what}."),
            vec!["Somebody changed what was written. Operations has `baton audit verify`.".to_owned()],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end_and_a_minute_all_of_it() {
        let at = |text: &str| match asked(Some(text), None) {
            Some(UpTo::Moment(moment)) => moment.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(at("2026-03-01T10:00:00Z"), "2026-03-01T10:00:00Z");
        assert_eq!(at("2026-03-01T10:00"), "2026-03-01T10:00:59Z");
        assert_eq!(at("2026-03-01"), "2026-03-01T23:59:59.999999Z");
    }

    #[test]
    fn what_is_no_moment_falls_back_to_the_version_or_to_now() {
        assert_eq!(asked(Some("yesterday"), Some(3)), Some(UpTo::Version(3)));
        assert_eq!(asked(Some(""), Some(0)), None);
        assert_eq!(asked(None, None), None);
    }

    #[test]
    fn a_broken_chain_names_its_row() {
        let check =
            ChainCheck { rows: 3, head: vec![1; 32], fault: Some((4, "its bytes differ".to_owned())) };
        let (tone, what, _) = chain_words(&check);
        assert_eq!((tone, what.as_str()), ("bad", "The chain does not hold at row 4: its bytes differ."));
        assert_eq!(chain_words(&ChainCheck { fault: None, ..check }).0, "good");
    }
}
