//! The team as it was at a past moment: a text, and over it what had been said of people by then. It never looks ahead.

use crate::domain::availability::{Availability, Source};
use crate::domain::subject::SubjectEvent;
use crate::domain::team::{MemberId, Placement, Team};
use crate::domain::time::Moment;
use crate::store::read::said::SaidThen;
use std::collections::{BTreeMap, VecDeque};

/// A team that goes with the time.
#[derive(Clone, Debug)]
pub struct TeamThen {
    text: Team,
    /// What is still to be said, oldest first.
    ahead: VecDeque<SaidThen>,
    words: BTreeMap<(MemberId, Source), Availability>,
    placements: BTreeMap<(MemberId, Source), Placement>,
    team: Team,
}

impl TeamThen {
    /// A text before anything was said; `said` comes oldest first.
    #[must_use]
    pub fn new(text: Team, said: Vec<SaidThen>) -> Self {
        let (words, placements) = (BTreeMap::new(), BTreeMap::new());
        Self { team: text.clone(), text, ahead: said.into(), words, placements }
    }

    /// The team as of a moment; moments come in order.
    pub fn at(&mut self, now: Moment) -> &Team {
        let mut is_news = false;
        while let Some(said) = self.ahead.pop_front_if(|said| said.at <= now) {
            match said.word {
                SubjectEvent::AvailabilitySaid(word) => {
                    self.words.insert((word.member.clone(), word.source), word);
                    is_news = true;
                }
                SubjectEvent::PlacementSaid(word) => {
                    self.placements.insert((word.member.clone(), word.source), word);
                    is_news = true;
                }
                SubjectEvent::AccountReported(_)
                | SubjectEvent::OpportunityReported(_)
                | SubjectEvent::UserReported { .. }
                | SubjectEvent::CampaignReported { .. }
                | SubjectEvent::SpendReported { .. }
                | SubjectEvent::TextPublished { .. }
                | SubjectEvent::PositionMoved { .. }
                | SubjectEvent::PatternAnswered { .. }
                | SubjectEvent::SilencePaused { .. } => {}
            }
        }
        if is_news {
            let words = self.words.values().cloned().collect();
            let placements = self.placements.values().cloned().collect();
            self.team = self.text.in_force(0, words).placed(placements);
        }
        &self.team
    }
}
