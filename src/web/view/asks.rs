//! What may be asked of a lead now, by whom: from its stage and holder. `decide` has the last word; this only offers.

use crate::domain::custody::Holder;
use crate::domain::lead::{Lead, Stage, StageKind, SuppressedFor};
use crate::domain::policy::RejectionCode;
use crate::domain::team::{Member, MemberId, PoolId, Role, Team};
use crate::web::view::contests::{self, ContestChoice};
use crate::web::words::{member_name, pool_name, rejection_words};

/// An ask, as the API's paths name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AskKind {
    Accept,
    Claim,
    Decline,
    Contact,
    Qualify,
    Reject,
    Reassign,
    Reopen,
    Suppress,
    Merge,
    Split,
    Note,
    /// Marketing's word against a rejection.
    Contest,
    /// The arbiter's answer.
    Verdict,
    /// What the CRM said otherwise leaves the list.
    Settle,
    /// The person's data goes; for whoever may do what operations do.
    Erase,
}

impl AskKind {
    /// Every ask.
    pub const ALL: &'static [Self] = &[
        Self::Accept,
        Self::Claim,
        Self::Decline,
        Self::Contact,
        Self::Qualify,
        Self::Reject,
        Self::Reassign,
        Self::Reopen,
        Self::Suppress,
        Self::Merge,
        Self::Split,
        Self::Note,
        Self::Contest,
        Self::Verdict,
        Self::Settle,
        Self::Erase,
    ];

    /// The last part of its path.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Claim => "claim",
            Self::Decline => "decline",
            Self::Contact => "contact",
            Self::Qualify => "qualify",
            Self::Reject => "reject",
            Self::Reassign => "reassign",
            Self::Reopen => "reopen",
            Self::Suppress => "suppress",
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Note => "note",
            Self::Contest => "contest",
            Self::Verdict => "verdict",
            Self::Settle => "settle",
            Self::Erase => "erase",
        }
    }

    /// Reads the last part of a path.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.path() == path)
    }

    /// What a page says once it is done.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Accept | Self::Claim => "The lead is yours.",
            Self::Decline => "Passed on. The next rep gets the offer; nobody holds it against you.",
            Self::Contact => "The call is logged.",
            Self::Qualify => "Qualified. The next step's date is the new deadline.",
            Self::Reject => "Returned. The reason's consequence has been carried out.",
            Self::Reassign => "Reassigned.",
            Self::Reopen => "Opened again, in its next cycle.",
            Self::Merge => "United: one lead goes on, with the history of both.",
            Self::Split => "Taken apart: the new lead has the keys that you named.",
            Self::Suppress => "Nobody may contact this person any more.",
            Self::Note => "The note is written.",
            Self::Contest => "Contested. The arbiter decides; until then the rejection holds.",
            Self::Verdict => "Decided. Both sides are told, and the figures follow.",
            Self::Settle => "Settled. It stands in the lead's story.",
            Self::Erase => "Erased. The person's data is gone for good.",
        }
    }
}

/// The asks that make sense now for this person, in the order in which a page shows them.
#[must_use]
pub fn available(lead: &Lead, member: Option<&Member>, team: &Team) -> Vec<AskKind> {
    let Some(member) = member.filter(|member| member.active) else {
        return Vec::new();
    };
    let holds = lead.holder().is_some_and(|holder| *holder.member() == member.id);
    let in_sales = member.roles.iter().any(|role| match role {
        Role::Rep | Role::Sales | Role::Manager => true,
        Role::Marketing | Role::Operations | Role::Arbiter => false,
    });
    let mut asks = match &lead.stage {
        Stage::Unseen | Stage::Merged { .. } => return Vec::new(),
        Stage::Captured(_) | Stage::Recycled { .. } | Stage::Lost { .. } => {
            let may_claim = in_sales || (holds && is_reviewed(lead));
            if may_claim && !lead.no_contact { vec![AskKind::Claim] } else { Vec::new() }
        }
        Stage::Queued { pool, .. } => queued(team, pool, member, holds, in_sales),
        Stage::Offered { rep, .. } if *rep == member.id => {
            vec![AskKind::Accept, AskKind::Decline, AskKind::Contact, AskKind::Qualify, AskKind::Reject]
        }
        Stage::SalesQualified(_) if contests::is_closers_choice(lead, member, team) => {
            vec![AskKind::Accept, AskKind::Decline, AskKind::Contact, AskKind::Qualify, AskKind::Reject]
        }
        Stage::SalesAccepted(_) | Stage::SalesQualified(_) if holds => {
            vec![AskKind::Contact, AskKind::Qualify, AskKind::Reject]
        }
        Stage::Opportunity(_) if holds => vec![AskKind::Contact, AskKind::Qualify],
        Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. } => Vec::new(),
    };
    if !contests::contestable(lead, member).is_empty() {
        asks.push(AskKind::Contest);
    }
    if !contests::waiting(lead, member, team).is_empty() {
        asks.push(AskKind::Verdict);
    }
    let keeps_order = team.keeps_order(&member.id);
    if (holds || keeps_order) && can_be_reassigned(&lead.stage) {
        asks.push(AskKind::Reassign);
    }
    if can_be_reopened(&lead.stage) {
        asks.push(AskKind::Reopen);
    }
    if keeps_order && lead.stage.kind() != StageKind::Suppressed {
        asks.extend([AskKind::Merge, AskKind::Split]);
    }
    asks.push(AskKind::Note);
    // With a deal it is said already; a lead that came back by a hand-raise is set aside by it again.
    let said = lead.no_contact && matches!(lead.stage.kind(), StageKind::Opportunity | StageKind::Won);
    if !said && lead.stage.kind() != StageKind::Suppressed {
        asks.push(AskKind::Suppress);
    }
    asks
}

/// A steward is to look at the captured lead: only claiming it and what follows, or a word of no contact, ends that.
fn is_reviewed(lead: &Lead) -> bool {
    matches!(&lead.stage, Stage::Captured(custody) if matches!(custody.holder, Holder::Steward(_)))
}

/// Closed in one way or another; of a suppressed person only while the person, not the law, asked for it.
fn can_be_reopened(stage: &Stage) -> bool {
    match stage {
        Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { reason: SuppressedFor::OptOut, .. } => true,
        Stage::Unseen
        | Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => false,
    }
}

fn queued(team: &Team, pool: &PoolId, member: &Member, holds: bool, in_sales: bool) -> Vec<AskKind> {
    let of_pool = team.pool(pool).is_some_and(|pool| pool.members.iter().any(|(id, _)| *id == member.id));
    let mut asks = Vec::new();
    if of_pool {
        asks.extend([AskKind::Accept, AskKind::Contact, AskKind::Qualify]);
    } else if in_sales {
        asks.push(AskKind::Claim);
    }
    if holds {
        asks.push(AskKind::Reject);
    }
    asks
}

fn can_be_reassigned(stage: &Stage) -> bool {
    match stage {
        Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_) => true,
        Stage::Unseen
        | Stage::Captured(_)
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => false,
    }
}

/// Codes that stand at hand as buttons; the rest stand in the list.
const COMMON: [RejectionCode; 8] = [
    RejectionCode::BadTiming,
    RejectionCode::NoNeed,
    RejectionCode::NoBudget,
    RejectionCode::NoAuthority,
    RejectionCode::NoFit,
    RejectionCode::Unreachable,
    RejectionCode::BadData,
    RejectionCode::Junk,
];

/// The panel of asks on a lead's page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskPanel {
    pub asks: Vec<&'static str>,
    /// Why nothing, or little, can be asked; empty where the asks speak for themselves.
    pub hint: String,
    /// Code and words of the common reasons, then of all.
    pub common: Vec<(&'static str, &'static str)>,
    pub codes: Vec<(&'static str, &'static str)>,
    pub sub_reasons: Vec<String>,
    /// Id and name of those who can take a lead.
    pub members: Vec<(String, String)>,
    pub pools: Vec<(String, String)>,
    /// What a page sends back so that an old one is refused.
    pub handoff: String,
    pub custody_version: u64,
    /// Facts for SQL stand already.
    pub adds_facts: bool,
    /// The person asked for no contact, and must have agreed anew before the lead is opened again.
    pub needs_consent: bool,
    /// Rejections that this person may contest, and contests that wait for this person's verdict.
    pub contestable: Vec<ContestChoice>,
    pub waiting: Vec<ContestChoice>,
}

impl AskPanel {
    /// Whether an ask is offered, for templates.
    #[must_use]
    pub fn has(&self, ask: &str) -> bool {
        self.asks.contains(&ask)
    }
}

/// The panel for a lead and whoever looks at it.
#[must_use]
pub fn panel(lead: &Lead, member: Option<&Member>, team: &Team, sub_reasons: &[String]) -> AskPanel {
    let asks = available(lead, member, team);
    let codes = RejectionCode::ALL
        .iter()
        .copied()
        // Only a closer returns a lead to the first rep.
        .filter(|code| *code != RejectionCode::Return || lead.leg.is_some())
        .map(|code| (code.code(), rejection_words(code)))
        .collect();
    AskPanel {
        hint: hint(lead, member, team, &asks),
        asks: asks.iter().map(|ask| ask.path()).collect(),
        common: COMMON.iter().map(|code| (code.code(), rejection_words(*code))).collect(),
        codes,
        sub_reasons: sub_reasons.to_vec(),
        members: team
            .members()
            .filter(|member| {
                member.active && member.roles.iter().any(|role| matches!(role, Role::Rep | Role::Sales))
            })
            .map(|member| (member.id.0.clone(), member.name.clone()))
            .collect(),
        pools: team.pools().map(|pool| (pool.id.0.clone(), pool_name(team, &pool.id))).collect(),
        handoff: lead.handoff().map_or_else(String::new, |handoff| handoff.to_string()),
        custody_version: lead.custody_version,
        adds_facts: matches!(lead.stage, Stage::SalesQualified(_) | Stage::Opportunity(_)),
        needs_consent: lead.no_contact || lead.stage.kind() == StageKind::Suppressed,
        contestable: member.map_or_else(Vec::new, |member| contests::contestable(lead, member)),
        waiting: member.map_or_else(Vec::new, |member| contests::waiting(lead, member, team)),
    }
}

fn hint(lead: &Lead, member: Option<&Member>, team: &Team, asks: &[AskKind]) -> String {
    let Some(member) = member else {
        return "You are signed in without a place in the team, so you can read but not ask.".to_owned();
    };
    if !member.active {
        return "The team file lists you as inactive, so you can read but not ask.".to_owned();
    }
    if is_reviewed(lead) && (lead.no_contact || asks.contains(&AskKind::Claim)) {
        return review_hint(lead.no_contact).to_owned();
    }
    let aside = [AskKind::Note, AskKind::Reassign, AskKind::Reopen, AskKind::Suppress];
    if asks.iter().any(|ask| !aside.contains(ask)) {
        return String::new();
    }
    match (&lead.stage, lead.holder()) {
        (Stage::Opportunity(_), _) => {
            "The deal decides now; close it in the CRM and the lead follows.".to_owned()
        }
        (Stage::Won { .. } | Stage::WonUnderReview { .. }, _) => {
            "Won. A new need of this customer opens an expansion by itself; open it again to ask for one."
                .to_owned()
        }
        (Stage::Captured(_), Some(Holder::MarketingOwner(_))) => {
            "Sales asked for better data; once a form or the CRM brings it, the lead goes back to its queue."
                .to_owned()
        }
        (Stage::Disqualified { .. }, _) => {
            "Disqualified; it comes back with better data, a hand-raise, or a reason to open it again."
                .to_owned()
        }
        (Stage::Suppressed { .. }, _) => "This person must not be contacted.".to_owned(),
        (Stage::Merged { .. }, _) => "This lead lives on in another one.".to_owned(),
        (_, Some(holder)) => format!("{} holds this lead now.", holder_name(team, holder)),
        (_, None) => String::new(),
    }
}

/// What ends a steward's review; no ask says so by itself.
fn review_hint(no_contact: bool) -> &'static str {
    if no_contact {
        "Asked for no contact before. \u{201c}No contact at all\u{201d} leaves it at that; once a record says that the person \
         agrees anew, the lead can be claimed."
    } else {
        "To end this review, claim the lead: then reassign it to a rep, or return it with a reason, such as junk, to set it \
         aside. \u{201c}No contact at all\u{201d} ends it, too."
    }
}

fn holder_name(team: &Team, holder: &Holder) -> String {
    member_name(team, holder.member())
}

/// The member that an id names.
#[must_use]
pub fn member_of<'a>(team: &'a Team, id: Option<&MemberId>) -> Option<&'a Member> {
    id.and_then(|id| team.member(id))
}
