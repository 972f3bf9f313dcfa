//! Marketing and the arbiter of a demo: some rejections are contested within their window, some of those are decided, and
//! one in four is left to lapse. They ask as people do, through the one door, and read what their pages show.

use super::DemoError;
use crate::domain::command::{Command, View};
use crate::domain::contest::{Returned, Ruling, rests_under};
use crate::domain::ids::{HandoffId, LeadId};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::service;
use crate::settings::Settings;
use crate::store::Reader;
use crate::transaction::ask::{self, AskRequest};
use crate::transaction::batch::Idempotency;
use crate::transaction::session::{Session, SessionSettings};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Of a hundred rejections that may be contested, so many are.
const CONTESTED_PERCENT: u8 = 30;
/// Of a hundred contests, so many are upheld, and so many up to here are decided at all; the rest lapses.
const UPHELD_PERCENT: u8 = 45;
const DECIDED_PERCENT: u8 = 75;
/// What chance looks like: the same handoff meets the same people in each run of a seed.
pub(super) const HUNDRED: u8 = 100;

/// Those whom no record of the company speaks for: the two who argue about rejections, and the stewards (`reviews.rs`).
pub struct Handshake {
    pub(super) reader: Reader,
    pub(super) session: Session,
}

/// What one handoff meets: numbers below a hundred.
struct Fate {
    contest: u8,
    verdict: u8,
}

impl Fate {
    fn of(handoff: HandoffId) -> Self {
        let digest: [u8; 32] = Sha256::digest(handoff.0.as_bytes()).into();
        Self { contest: digest[0] % HUNDRED, verdict: digest[1] % HUNDRED }
    }

    fn ruling(&self) -> Option<Ruling> {
        match self.verdict {
            ..UPHELD_PERCENT => Some(Ruling::Uphold),
            UPHELD_PERCENT..DECIDED_PERCENT => Some(Ruling::Overturn),
            _ => None,
        }
    }
}

impl Handshake {
    /// Opens a session and a reader of their own.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn open(settings: &Arc<Settings>) -> Result<Self, DemoError> {
        let keys = service::keys(settings).await?;
        let sessions = service::session_settings(settings, keys, settings.board_url())?;
        let named = SessionSettings { application_name: "baton demo handshake".to_owned(), ..sessions };
        let reader = Reader::open(settings.database.url.expose(), 1).await.map_err(DemoError::Store)?;
        Ok(Self { reader, session: Session::open(named).await? })
    }

    /// Looks at the latest rejections once, and contests or decides what is due; a contest is argued about for so long
    /// (microseconds) before it is decided. Says how many asks that were.
    ///
    /// # Errors
    /// The database failed.
    pub async fn turn(&mut self, argued: i64) -> Result<u32, DemoError> {
        let marketer = self.session.look().await?.team.marketing_owner().clone();
        let now = self.reader.now().await.map_err(DemoError::Store)?;
        let (rejections, _) = self.reader.rejections(None).await.map_err(DemoError::Store)?;
        let mut asks = 0;
        for rejection in rejections {
            let named = rejection.lead.returned.iter().find(|it| Some(it.handoff.0) == rejection.handoff);
            let Some(returned) = named else { continue };
            if !rests_under(&rejection.lead, returned.handoff) {
                continue;
            }
            let Some((member, command)) = ask_of(returned, &marketer, now, argued) else { continue };
            let about = returned.handoff.to_string();
            asks += u32::from(self.ask(rejection.lead.id, &about, member, command, now).await?);
        }
        Ok(asks)
    }

    /// Asks once of what the ask is about; false for what was answered before, as by a refusal, and is not asked again.
    pub(super) async fn ask(
        &mut self,
        lead: LeadId,
        about: &str,
        member: MemberId,
        command: Command,
        now: Moment,
    ) -> Result<bool, DemoError> {
        let key = format!("demo {} {about}", command.name());
        if self.session.answered(&key, &member.0).await?.is_some() {
            return Ok(false);
        }
        let body_hash = Sha256::digest(key.as_bytes()).into();
        let idempotency = Idempotency { key, actor: member.0.clone(), body_hash };
        let view = View { handoff: None, custody_version: None };
        let request = AskRequest { lead, command, member, view, note: None, other: None, idempotency };
        let batch = ask::batch(&request, self.session.keys(), now);
        self.session.commit(&batch).await?;
        Ok(true)
    }
}

/// Who asks what of a rejection now, if anybody asks anything.
fn ask_of(returned: &Returned, marketer: &MemberId, now: Moment, argued: i64) -> Option<(MemberId, Command)> {
    let (handoff, fate) = (returned.handoff, Fate::of(returned.handoff));
    match &returned.contest {
        None => (fate.contest < CONTESTED_PERCENT && now <= returned.contest_until)
            .then(|| (marketer.clone(), Command::ContestRejection { handoff })),
        Some(contest) if contest.verdict.is_none() && now.since(contest.clock.started_at) >= argued => {
            let ruling = fate.ruling()?;
            Some((contest.arbiter.clone(), Command::SettleContest { handoff, ruling }))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Hours;
    use crate::domain::contest::Contest;
    use crate::domain::custody::{Clock, ClockKind};
    use crate::domain::policy::RejectionCode;
    use crate::domain::time::{DAY, HOUR};

    const NOW: Moment = Moment(20_000 * DAY);

    fn returned(number: u32) -> Returned {
        Returned {
            handoff: HandoffId::derived(LeadId::derived("/demo", "contest", 0), number),
            cycle: number,
            version: 1,
            code: RejectionCode::NoBudget,
            at: NOW,
            by: None,
            contest_until: NOW.plus(DAY),
            contest: None,
        }
    }

    #[test]
    fn about_a_third_is_contested_within_the_window_and_each_end_of_a_contest_comes_up() {
        let marketer = MemberId("noah-fischer".to_owned());
        let ask = |returned: &Returned, now| ask_of(returned, &marketer, now, HOUR);
        let all: Vec<Returned> = (1..=400).map(returned).collect();
        let contested = |now| all.iter().filter(|it| ask(it, now).is_some()).count();
        assert!((80..160).contains(&contested(NOW)), "{}", contested(NOW));
        assert_eq!(contested(NOW.plus(2 * DAY)), 0, "the window is over");
        let mut ends = [0; 3];
        for mut it in all {
            it.contest = Some(Contest {
                by: marketer.clone(),
                arbiter: MemberId("rosa-lind".to_owned()),
                clock: Clock::until(ClockKind::VerdictBy, Hours::Wall, NOW, NOW.plus(DAY)),
                verdict: None,
            });
            assert!(ask(&it, NOW).is_none(), "they argue first");
            let end = match ask(&it, NOW.plus(HOUR)) {
                Some((_, Command::SettleContest { ruling: Ruling::Uphold, .. })) => 0,
                Some((_, Command::SettleContest { ruling: Ruling::Overturn, .. })) => 1,
                Some(_) | None => 2,
            };
            ends[end] += 1;
        }
        assert!(ends.iter().all(|count| *count > 50), "upheld, overturned, left to lapse: {ends:?}");
    }
}
