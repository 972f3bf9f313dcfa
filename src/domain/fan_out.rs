//! Changes that touch many leads, and what each lead is told. Values and pure choices; the sweeper works them off.

use super::command::{Command, Report};
use super::ids::{AccountId, LeadId, OpportunityId};
use super::lead::{Lead, Origin, StageKind};
use super::signal::{Signal, SignalId, SignalKind};
use super::team::MemberId;
use super::time::{DAY, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Colleagues of one person who hear that the person is active (POLICY, engagement 12).
pub const COLLEAGUES_MAX: usize = 50;
/// Colleagues of whom one person hears on one day: more than any policy's cap counts, and a story stays readable where a
/// whole company is busy.
pub const HEARD_A_DAY: usize = 8;
/// Two people of one company are active together when their signals lie no further apart (POLICY, engagement 12).
const TOGETHER: i64 = 30 * DAY;

/// A change that touches many leads. Stored: append only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FanOut {
    /// The company has bought.
    AccountBecameCustomer { account: AccountId, owner: Option<MemberId> },
    /// Somebody of the company was active; the others hear of it.
    ColleagueActive { account: AccountId, lead: LeadId, at: Moment },
    /// Another policy is in force: captured leads are scored again.
    PolicyPublished { policy: [u8; 32], at: Moment },
    /// The CRM took these people off a deal.
    ContactsLeft { opportunity: OpportunityId, revision: i64, leads: Vec<LeadId> },
    /// A campaign belongs to another side than was thought.
    CampaignCredited { campaign: String, origin: Origin, at: Moment },
    /// Somebody of the team left, or was switched off: what they hold goes to others.
    MemberLeft { member: MemberId, at: Moment },
}

impl FanOut {
    /// Names the change: the same one told twice is one task. A person is active once a day.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::AccountBecameCustomer { account, .. } => format!("customer/{account}"),
            Self::ColleagueActive { account, lead, at } => {
                format!("colleague/{account}/{lead}/{}", at.0.div_euclid(DAY))
            }
            Self::PolicyPublished { policy, at } => {
                format!("policy/{}/{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, policy), at.0)
            }
            Self::ContactsLeft { opportunity, revision, .. } => {
                format!("contacts-left/{opportunity}/{revision}")
            }
            Self::CampaignCredited { campaign, at, .. } => {
                format!("campaign/{}/{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, campaign.as_bytes()), at.0)
            }
            Self::MemberLeft { member, at } => {
                format!("left/{}/{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, member.0.as_bytes()), at.0)
            }
        }
    }

    /// The number that rows store; append only.
    #[must_use]
    pub fn number(&self) -> i16 {
        match self {
            Self::AccountBecameCustomer { .. } => 1,
            Self::ColleagueActive { .. } => 2,
            Self::PolicyPublished { .. } => 3,
            Self::ContactsLeft { .. } => 4,
            Self::CampaignCredited { .. } => 5,
            Self::MemberLeft { .. } => 6,
        }
    }

    /// The company that it is about, where it is about one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::AccountBecameCustomer { account, .. } | Self::ColleagueActive { account, .. } => {
                Some(*account)
            }
            Self::PolicyPublished { .. }
            | Self::ContactsLeft { .. }
            | Self::CampaignCredited { .. }
            | Self::MemberLeft { .. } => None,
        }
    }

    /// Whether one look at the leads is all that it takes: who was active together is seen from all of a company at once,
    /// and a deal has a hundred contacts at most.
    #[must_use]
    pub fn is_one_step(&self) -> bool {
        match self {
            Self::ColleagueActive { .. } | Self::ContactsLeft { .. } => true,
            Self::AccountBecameCustomer { .. }
            | Self::PolicyPublished { .. }
            | Self::CampaignCredited { .. }
            | Self::MemberLeft { .. } => false,
        }
    }

    /// What these leads are told, each with the moment at which it happened. For colleagues all leads of the company are
    /// wanted at once: who was active together depends on both.
    #[must_use]
    pub fn commands(&self, leads: &[Lead], now: Moment) -> Vec<(LeadId, Moment, Command)> {
        match self {
            Self::AccountBecameCustomer { owner, .. } => leads
                .iter()
                .map(|lead| (lead.id, now, Command::NoteCustomer { owner: owner.clone() }))
                .collect(),
            Self::PolicyPublished { .. } => leads
                .iter()
                .filter(|lead| lead.stage.kind() == StageKind::Captured)
                .map(|lead| (lead.id, now, Command::ScoreAgain))
                .collect(),
            Self::ColleagueActive { lead, at, .. } => colleagues(leads, *lead, *at),
            Self::ContactsLeft { opportunity, .. } => leads
                .iter()
                .map(|lead| (lead.id, now, Command::NoteContactLeft { opportunity: *opportunity }))
                .collect(),
            Self::CampaignCredited { campaign, origin, .. } => leads
                .iter()
                .map(|lead| {
                    let credit = Command::CreditCampaign { campaign: campaign.clone(), origin: *origin };
                    (lead.id, now, credit)
                })
                .collect(),
            Self::MemberLeft { member, .. } => leads
                .iter()
                .map(|lead| (lead.id, now, Command::NoteHolderLeft { member: member.clone() }))
                .collect(),
        }
    }
}

/// Both of every pair hear of it, at the later of the two moments, whichever was told first; the one who was active hears
/// of the colleague who was so last.
fn colleagues(leads: &[Lead], active: LeadId, at: Moment) -> Vec<(LeadId, Moment, Command)> {
    let mut pairs: Vec<(Moment, LeadId)> = leads
        .iter()
        .filter(|lead| lead.id != active)
        .filter_map(|lead| Some((last_active(lead, at)?, lead.id)))
        .collect();
    pairs.sort_unstable_by(|one, other| other.cmp(one));
    pairs.truncate(COLLEAGUES_MAX);
    let latest = pairs.first().map(|(theirs, other)| (active, *other, (*theirs).max(at)));
    let told = pairs.into_iter().map(|(theirs, lead)| (lead, active, theirs.max(at)));
    let known: BTreeMap<LeadId, &Lead> = leads.iter().map(|lead| (lead.id, lead)).collect();
    told.chain(latest)
        .filter(|(hears, _, at)| known.get(hears).is_none_or(|lead| heard(lead, *at) < HEARD_A_DAY))
        .map(|(hears, of, at)| (hears, at, together(hears, of, at)))
        .collect()
}

/// Of how many colleagues somebody has heard on the day of a moment.
fn heard(lead: &Lead, at: Moment) -> usize {
    let of_colleague = |signal: &&Signal| signal.kind == SignalKind::ColleagueActive;
    let day = |at: Moment| at.0.div_euclid(DAY);
    lead.signals.signals().iter().filter(of_colleague).filter(|signal| day(signal.at) == day(at)).count()
}

/// When somebody was last active within the time that counts, before or after `at`.
fn last_active(lead: &Lead, at: Moment) -> Option<Moment> {
    let signals = lead.signals.signals().iter().rev();
    signals.filter(|signal| signal.kind.shows_activity()).map(|signal| signal.at).find(|theirs| {
        let apart = theirs.since(at);
        (-TOGETHER..=TOGETHER).contains(&apart)
    })
}

/// One signal a day and pair: told again, it has the same id.
fn together(hears: LeadId, of: LeadId, at: Moment) -> Command {
    let name = format!("colleague\u{0}{hears}\u{0}{of}\u{0}{}", at.0.div_euclid(DAY));
    let id = SignalId(*Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).as_bytes());
    let signal = Signal { id, kind: SignalKind::ColleagueActive, at, about: 0, automated: false };
    Command::RecordSignal { signal, report: Report::default() }
}
