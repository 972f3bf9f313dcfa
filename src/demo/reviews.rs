//! The stewards of a demo: within hours they look at what waits for their review, take some of it up and set the rest aside.
//! They ask as people do, through the one door, and read what their pages show.

use super::DemoError;
use super::handshake::{HUNDRED, Handshake};
use crate::domain::command::{Command, Rejection};
use crate::domain::custody::ClockKind;
use crate::domain::lead::{Lead, Stage, SuppressedFor};
use crate::domain::policy::RejectionCode;
use crate::domain::team::{MemberId, Role, Team};
use crate::domain::time::Moment;
use crate::store::Reader;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Of a hundred hand-raises that nothing but a rule held back, so many are set aside; the rest is worth a call.
const SET_ASIDE_PERCENT: u8 = 30;
/// The same of a competitor's.
const COMPETITORS_SET_ASIDE_PERCENT: u8 = 85;

/// What one review meets: numbers below a hundred, and which rep.
struct Fate {
    patience: u8,
    answer: u8,
    rep: usize,
}

impl Fate {
    /// The same passage of the same lead meets the same steward in each run of a seed.
    fn of(lead: &Lead) -> Self {
        let digest: [u8; 32] = Sha256::digest(format!("review {}/{}", lead.id, lead.cycle.number)).into();
        Self { patience: digest[0] % HUNDRED, answer: digest[1] % HUNDRED, rep: digest[2].into() }
    }
}

impl Handshake {
    /// Looks at what waits for the stewards who work now, and answers what is due: each review within `longest`
    /// microseconds of its steward's hours. Says how many were answered.
    ///
    /// # Errors
    /// The database failed.
    pub async fn review(&mut self, longest: i64) -> Result<u32, DemoError> {
        let team = std::sync::Arc::clone(&self.session.look().await?.team);
        let now = self.reader.now().await.map_err(DemoError::Store)?;
        let mut answered = 0;
        for steward in stewards(&team, now).into_iter().filter(|it| team.hours(it).is_open(now)) {
            let waiting = self.reader.waiting(&steward.0).await.map_err(DemoError::Store)?;
            for lead in waiting.reviews.into_iter().map(|it| it.lead) {
                let mut asked = false;
                for command in answers(&lead, &steward, &team, now, longest) {
                    let about = format!("{}/{}", lead.id, lead.custody_version);
                    asked |= self.ask(lead.id, &about, steward.clone(), command, now).await?;
                }
                answered += u32::from(asked);
            }
        }
        Ok(answered)
    }
}

/// How many reviews wait for the stewards, and since when the oldest does.
///
/// # Errors
/// The database failed.
pub async fn waiting(reader: &Reader, team: &Team) -> Result<(i64, Option<Moment>), DemoError> {
    let now = reader.now().await.map_err(DemoError::Store)?;
    let (mut count, mut oldest) = (0, None);
    for steward in stewards(team, now) {
        let read = reader.waiting(&steward.0).await.map_err(DemoError::Store)?;
        count += read.reviews_all;
        oldest = read.reviews.iter().filter_map(|it| asked_at(&it.lead)).chain(oldest).min();
    }
    Ok((count, oldest))
}

/// Stewards of queues, and who stands in for them now.
fn stewards(team: &Team, now: Moment) -> BTreeSet<MemberId> {
    let named = team.pools().map(|pool| &pool.steward).chain([team.queue_steward()]);
    named.flat_map(|steward| [steward.clone(), team.acting(steward, now).clone()]).collect()
}

/// Since when a review waits; of a lead that waits for none, nothing.
fn asked_at(lead: &Lead) -> Option<Moment> {
    Some(lead.custody()?.clock(ClockKind::ReviewBy)?.started_at)
}

/// What a steward asks of a lead that waits for a review, one after the other; nothing before its time.
fn answers(lead: &Lead, steward: &MemberId, team: &Team, now: Moment, longest: i64) -> Vec<Command> {
    let (fate, Some(asked)) = (Fate::of(lead), asked_at(lead)) else { return Vec::new() };
    let waits = longest * i64::from(fate.patience) / i64::from(HUNDRED);
    if team.hours(steward).add(asked, waits) > now {
        return Vec::new();
    }
    match &lead.stage {
        // They said once that nobody may call, and nobody has newly agreed to it: it stays at that.
        Stage::Captured(_) if lead.no_contact => {
            vec![Command::SuppressLead { reason: SuppressedFor::OptOut }]
        }
        Stage::Captured(_) if is_set_aside(lead, &fate) => {
            vec![Command::ClaimLead, Command::RejectLead(junk())]
        }
        Stage::Captured(_) => {
            let reps: Vec<&MemberId> = team
                .members()
                .filter(|member| member.roles.contains(&Role::Rep) && team.is_there(&member.id, now))
                .map(|member| &member.id)
                .collect();
            let rep = reps.get(fate.rep % reps.len().max(1)).map(|rep| (*rep).clone());
            let given = rep.map(|to| Command::ReassignLead { to });
            std::iter::once(Command::ClaimLead).chain(given).collect()
        }
        // A deal that was taken out of the CRM after its win was none: they are asked anew.
        Stage::WonUnderReview { .. } => vec![Command::ReopenLead { consent: false }],
        Stage::Unseen
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Won { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => Vec::new(),
    }
}

/// Programs and throw-away addresses always are, a competitor mostly, others now and then.
fn is_set_aside(lead: &Lead, fate: &Fate) -> bool {
    let guards = lead.guards;
    if guards.bot || guards.junk || guards.disposable || guards.own || guards.test {
        return true;
    }
    fate.answer < if guards.competitor { COMPETITORS_SET_ASIDE_PERCENT } else { SET_ASIDE_PERCENT }
}

fn junk() -> Rejection {
    Rejection {
        code: RejectionCode::Junk,
        unmapped: false,
        sub_reason: None,
        retry_on: None,
        attempts: None,
        names_duplicate: false,
        names_competitor: false,
        proposed_owner: None,
        proposed_pool: None,
        fields: Vec::new(),
        scope: None,
        note_chars: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::policy_text;
    use crate::domain::calendar::Hours;
    use crate::domain::custody::{Clock, Custody, Holder};
    use crate::domain::ids::LeadId;
    use crate::domain::time::{DAY, HOUR};

    /// A Thursday noon.
    const NOW: Moment = Moment(19_999 * DAY + 12 * HOUR);
    const LONGEST: i64 = 8 * HOUR;

    fn waits(number: u32) -> Lead {
        let mut lead = Lead::unseen(LeadId::derived("/demo", "review", number));
        let clock = Clock::until(ClockKind::ReviewBy, Hours::Wall, NOW, NOW.plus(DAY));
        lead.stage = Stage::Captured(Custody::new(Holder::Steward(MemberId("maya-cohen".to_owned())), clock));
        lead
    }

    #[test]
    fn every_review_is_answered_within_its_steward_s_hours_and_each_answer_comes_up() {
        let team = policy_text::team(policy_text::DEFAULT_TEAM).unwrap();
        let maya = MemberId("maya-cohen".to_owned());
        let of = |lead: &Lead, at: Moment| answers(lead, &maya, &team, at, LONGEST);
        let all: Vec<Lead> = (0..200).map(waits).collect();
        let answered = |at: Moment| all.iter().filter(|lead| !of(lead, at).is_empty()).count();
        assert!((1..100).contains(&answered(NOW.plus(2 * HOUR))), "nobody looks at all of it at once");
        // Twenty hours later a day of the office has passed, over its night.
        assert_eq!(answered(NOW.plus(DAY)), all.len(), "none is left lying");
        let (mut aside, mut taken) = (0, 0);
        for lead in &all {
            match of(lead, NOW.plus(DAY)).as_slice() {
                [Command::ClaimLead, Command::RejectLead(rejection)] => {
                    assert_eq!(rejection.code, RejectionCode::Junk);
                    aside += 1;
                }
                [Command::ClaimLead, Command::ReassignLead { to }] => {
                    assert!(team.member(to).unwrap().roles.contains(&Role::Rep));
                    taken += 1;
                }
                other => panic!("no steward asks that: {other:?}"),
            }
        }
        assert!(aside > 30 && taken > 90, "set aside {aside}, taken up {taken}");
    }

    #[test]
    fn a_program_is_set_aside_and_who_wants_no_contact_is_left_alone() {
        let team = policy_text::team(policy_text::DEFAULT_TEAM).unwrap();
        let maya = MemberId("maya-cohen".to_owned());
        let late = NOW.plus(DAY);
        for number in 0..50 {
            let mut bot = waits(number);
            bot.guards.bot = true;
            assert!(matches!(
                answers(&bot, &maya, &team, late, LONGEST)[..],
                [Command::ClaimLead, Command::RejectLead(_)]
            ));
            let mut quiet = waits(number);
            quiet.no_contact = true;
            let asked = answers(&quiet, &maya, &team, late, LONGEST);
            assert_eq!(asked, [Command::SuppressLead { reason: SuppressedFor::OptOut }]);
        }
    }
}
