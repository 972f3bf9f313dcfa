//! What an ask says, from JSON or a form, turned into a command. Pure: it looks nothing up and decides nothing.

use super::ask_fields::{DAY_HINT, day, fault, moment, word};
use super::problem::FieldFault;
use super::view::asks::AskKind;
use crate::contract::request::NoteText;
use crate::domain::command::{Command, OptOutScope, Rejection, View};
use crate::domain::ids::HandoffId;
use crate::domain::lead::{Attempt, AttemptOutcome, Channel};
use crate::domain::policy::{Authority, Budget, Need, RejectionCode, SqlFacts};
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::Moment;
use crate::transaction::ask::Other;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Characters of a note at most: a page of text.
pub const NOTE_CHARS_MAX: usize = 4_000;
/// Characters of any other field at most.
const FIELD_CHARS_MAX: usize = 200;

/// The body of an ask. Every ask reads the fields that its description names and ignores the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AskBody {
    /// The handoff that the asker saw; an older one is refused as `stale_view`. `contest` and `verdict`: the handoff
    /// whose rejection it is about, which may be an older one.
    pub handoff_id: Option<String>,
    /// The custody version that the asker saw; the same as `If-Match`.
    pub custody_version: Option<u64>,
    /// Free text, at most 4,000 characters; demanded by `note` and `reopen`, and by `reject` with `other`.
    pub note: Option<String>,
    /// `note`: what it is about, such as `objection` or `question`.
    pub theme: Option<String>,
    /// `note`: marketing may quote it.
    pub may_quote: Option<bool>,
    /// `contact`: `phone`, `email`, `social`, `meeting`, `message`, `other`.
    pub channel: Option<String>,
    /// `contact`: `attempted`, `voicemail`, `conversation`, `meeting_booked`, `meeting_held`, `no_show`.
    pub outcome: Option<String>,
    /// `contact`: the person reached out.
    pub inbound: Option<bool>,
    /// `contact`: day of a booked meeting, or an RFC 3339 time.
    pub meeting_at: Option<String>,
    /// `reject`: the reason's code.
    pub code: Option<String>,
    /// `reject` with `no_fit`.
    pub sub_reason: Option<String>,
    /// `reject` with `bad_timing` or `competitor_chosen`: a day, `2026-12-24`.
    pub retry_on: Option<String>,
    /// `reject` with `competitor_chosen`.
    pub competitor: Option<String>,
    /// `reject` with `bad_data`: the fields that are wrong or missing.
    pub fields: Option<Vec<String>>,
    /// `reject` with `wrong_territory`, `wrong_segment`, `existing_customer`, `existing_opportunity`: a member's id.
    pub proposed_owner: Option<String>,
    /// `reject` with `wrong_territory`, `wrong_segment`: a pool's id.
    pub proposed_pool: Option<String>,
    /// `reject` with `duplicate`: the other lead's id.
    pub duplicate_of: Option<String>,
    /// `reject` with `opt_out`: `marketing` or `all`.
    pub scope: Option<String>,
    /// `qualify`: a two-way conversation or a held meeting took place.
    pub conversation: Option<bool>,
    /// `qualify`: `yes`, `no`, `unknown`.
    pub need: Option<String>,
    /// `qualify`: `decides`, `influences`, `none`, `unknown`.
    pub authority: Option<String>,
    /// `qualify`: `confirmed`, `plausible`, `none`, `unknown`.
    pub budget: Option<String>,
    /// `qualify`: months until they would buy.
    pub timeline_months: Option<u32>,
    /// `qualify`: the day of the next step.
    pub next_step_on: Option<String>,
    /// `qualify`: the member who is to close the lead; else the policy's closers, if there are any.
    pub next_owner: Option<String>,
    /// `verdict`: `uphold` or `overturn`.
    pub verdict: Option<String>,
    /// `reassign`: a member's id.
    pub to: Option<String>,
    /// `merge`: the id of the other lead of the same person.
    pub other_lead: Option<String>,
    /// `split`: the e-mail address that is another person's.
    pub email: Option<String>,
    /// `split`: the CRM record that is another person's, `system:object:id`.
    pub crm: Option<String>,
    /// `split`: signals since this day or time are the other person's; none by default.
    pub since: Option<String>,
    /// `suppress`: `opt_out` (the person asks for it; the default) or `legal`.
    pub reason: Option<String>,
    /// `reopen`: the person has newly agreed to be contacted.
    pub consent: Option<bool>,
    /// `settle`: the version at which the lead and the CRM disagreed.
    pub version: Option<u64>,
}

/// What a body asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub command: Command,
    pub view: View,
    pub note: Option<NoteText>,
    pub other: Option<Other>,
}

/// What stands around a body.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub now: Moment,
    pub member: &'a MemberId,
    /// 128 bits that name this attempt, the same for a retry.
    pub attempt: [u8; 16],
}

impl AskBody {
    /// A body from a form's fields; empty ones were left out by whoever filled it in.
    #[must_use]
    pub fn from_fields(fields: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| {
            fields.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let flag = |name: &str| text(name).map(|value| value == "true");
        Self {
            handoff_id: text("handoff_id"),
            custody_version: text("custody_version").and_then(|value| value.parse().ok()),
            note: text("note"),
            theme: text("theme"),
            may_quote: flag("may_quote"),
            channel: text("channel"),
            outcome: text("outcome"),
            inbound: flag("inbound"),
            meeting_at: text("meeting_at"),
            code: text("code").or_else(|| text("quick")),
            sub_reason: text("sub_reason"),
            retry_on: text("retry_on"),
            competitor: text("competitor"),
            fields: text("fields").map(|list| {
                list.split([',', ' ']).map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
            }),
            proposed_owner: text("proposed_owner"),
            proposed_pool: text("proposed_pool"),
            duplicate_of: text("duplicate_of"),
            scope: text("scope"),
            conversation: flag("conversation"),
            need: text("need"),
            authority: text("authority"),
            budget: text("budget"),
            timeline_months: text("timeline_months").map(|value| value.parse().unwrap_or(u32::MAX)),
            next_step_on: text("next_step_on"),
            next_owner: text("next_owner"),
            verdict: text("verdict"),
            to: text("to"),
            other_lead: text("other_lead"),
            email: text("email"),
            crm: text("crm"),
            since: text("since"),
            reason: text("reason"),
            consent: flag("consent"),
            version: text("version").and_then(|value| value.parse().ok()),
        }
    }

    /// The command of an ask.
    ///
    /// # Errors
    /// Every field that can't be used.
    pub fn asked(&self, kind: AskKind, around: &Around<'_>) -> Result<Asked, Vec<FieldFault>> {
        let mut faults = self.too_long();
        let command = match kind {
            AskKind::Accept => Some(Command::AcceptLead),
            AskKind::Claim => Some(Command::ClaimLead),
            AskKind::Decline => Some(Command::DeclineLead),
            AskKind::Contact => self.attempt(around, &mut faults).map(Command::RecordAttempt),
            AskKind::Qualify => self.facts(&mut faults).map(|facts| Command::QualifyLead {
                facts,
                next_owner: self.next_owner.clone().map(MemberId),
            }),
            AskKind::Reject => self.rejection(&mut faults).map(Command::RejectLead),
            AskKind::Reassign => match &self.to {
                Some(to) => Some(Command::ReassignLead { to: MemberId(to.clone()) }),
                None => fault(&mut faults, "to", "missing", "name the member who is to have the lead"),
            },
            AskKind::Note => self.written(&mut faults, "write what there is to say", Command::TakeNote),
            AskKind::Settle => match self.version {
                Some(version) => Some(Command::SettleDisagreement { version }),
                None => fault(&mut faults, "version", "missing", "the version at which both disagreed"),
            },
            AskKind::Reopen => {
                let command = Command::ReopenLead { consent: self.consent.unwrap_or(false) };
                self.written(&mut faults, "write why it is opened again", command)
            }
            AskKind::Erase => Some(Command::EraseLead),
            AskKind::Suppress => self.suppression(&mut faults),
            AskKind::Merge => self.merge(&mut faults),
            AskKind::Split => self.split(around, &mut faults),
            AskKind::Contest => self.contest(&mut faults),
            AskKind::Verdict => self.settle(&mut faults),
        };
        let view = self.view(kind, &mut faults);
        match command {
            Some(command) if faults.is_empty() => {
                Ok(Asked { command, view, note: self.note_text(kind), other: self.other(kind) })
            }
            Some(_) | None => Err(faults),
        }
    }

    fn view(&self, kind: AskKind, faults: &mut Vec<FieldFault>) -> View {
        // A contest may be about a passage that is over; the handoff is then no view of the present one.
        let handoff =
            if matches!(kind, AskKind::Contest | AskKind::Verdict) { None } else { self.handoff(faults) };
        View { handoff, custody_version: self.custody_version }
    }

    pub(super) fn handoff(&self, faults: &mut Vec<FieldFault>) -> Option<HandoffId> {
        self.handoff_id.as_deref().and_then(|text| match Uuid::try_parse(text) {
            Ok(id) => Some(HandoffId(id)),
            Err(_) => fault(faults, "handoff_id", "format", "a UUID"),
        })
    }

    fn too_long(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if self.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
            fault::<()>(&mut faults, "note", "too_long", "at most 4,000 characters");
        }
        let short = [
            ("theme", &self.theme),
            ("competitor", &self.competitor),
            ("sub_reason", &self.sub_reason),
            ("duplicate_of", &self.duplicate_of),
            ("email", &self.email),
            ("crm", &self.crm),
        ];
        for (name, value) in short {
            if value.as_ref().is_some_and(|value| value.chars().count() > FIELD_CHARS_MAX) {
                fault::<()>(&mut faults, name, "too_long", "at most 200 characters");
            }
        }
        let texts = [
            &self.note,
            &self.theme,
            &self.competitor,
            &self.sub_reason,
            &self.duplicate_of,
            &self.to,
            &self.next_owner,
            &self.proposed_owner,
            &self.proposed_pool,
            &self.email,
            &self.crm,
        ];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            fault::<()>(&mut faults, "note", "forbidden_character", "U+0000 can't be stored");
        }
        faults
    }

    fn attempt(&self, around: &Around<'_>, faults: &mut Vec<FieldFault>) -> Option<Attempt> {
        let channel = match self.channel.as_deref() {
            Some("phone") => Some(Channel::Phone),
            Some("email") => Some(Channel::Email),
            Some("social") => Some(Channel::Social),
            Some("meeting") => Some(Channel::Meeting),
            Some("message") => Some(Channel::Message),
            Some("other") => Some(Channel::Other),
            Some(_) | None => {
                fault(faults, "channel", "unknown", "phone, email, social, meeting, message or other")
            }
        };
        let outcome = match self.outcome.as_deref() {
            Some("attempted") => Some(AttemptOutcome::Attempted),
            Some("voicemail") => Some(AttemptOutcome::Voicemail),
            Some("conversation") => Some(AttemptOutcome::Conversation),
            Some("meeting_booked") => Some(AttemptOutcome::MeetingBooked),
            Some("meeting_held") => Some(AttemptOutcome::MeetingHeld),
            Some("no_show") => Some(AttemptOutcome::NoShow),
            Some(_) | None => fault(
                faults,
                "outcome",
                "unknown",
                "attempted, voicemail, conversation, meeting_booked, meeting_held or no_show",
            ),
        };
        let meeting_at = self
            .meeting_at
            .as_deref()
            .and_then(|text| moment(text).or_else(|| fault(faults, "meeting_at", "format", DAY_HINT)));
        Some(Attempt {
            id: around.attempt,
            at: around.now,
            channel: channel?,
            outcome: outcome?,
            inbound: self.inbound.unwrap_or(false),
            automated: false,
            by: Some(around.member.clone()),
            meeting_at,
        })
    }

    fn facts(&self, faults: &mut Vec<FieldFault>) -> Option<SqlFacts> {
        let need = word(self.need.as_deref(), Need::parse, faults, "need", "yes, no or unknown");
        let authority = word(
            self.authority.as_deref(),
            Authority::parse,
            faults,
            "authority",
            "decides, influences, none or unknown",
        );
        let budget = word(
            self.budget.as_deref(),
            Budget::parse,
            faults,
            "budget",
            "confirmed, plausible, none or unknown",
        );
        let next_step_on = self
            .next_step_on
            .as_deref()
            .and_then(|text| day(text).or_else(|| fault(faults, "next_step_on", "format", DAY_HINT)));
        Some(SqlFacts {
            need: need?,
            authority: authority?,
            budget: budget?,
            timeline_months: self.timeline_months.filter(|months| *months < u32::MAX),
            next_step_on,
            conversation: self.conversation.unwrap_or(false),
        })
    }

    fn rejection(&self, faults: &mut Vec<FieldFault>) -> Option<Rejection> {
        let code = match self.code.as_deref() {
            None => fault(faults, "code", "missing", "choose a reason"),
            Some(text) => RejectionCode::parse(text)
                .or_else(|| fault(faults, "code", "unknown", "no reason of the policy")),
        };
        let retry_on = self
            .retry_on
            .as_deref()
            .and_then(|text| moment(text).or_else(|| fault(faults, "retry_on", "format", DAY_HINT)));
        let scope = match self.scope.as_deref() {
            None => None,
            Some("marketing") => Some(OptOutScope::Marketing),
            Some("all") => Some(OptOutScope::All),
            Some(_) => fault(faults, "scope", "unknown", "marketing or all"),
        };
        Some(Rejection {
            code: code?,
            unmapped: false,
            sub_reason: self.sub_reason.clone(),
            retry_on,
            attempts: None,
            names_duplicate: self.duplicate_of.is_some(),
            names_competitor: self.competitor.is_some(),
            proposed_owner: self.proposed_owner.clone().map(MemberId),
            proposed_pool: self.proposed_pool.clone().map(PoolId),
            fields: self.fields.clone().unwrap_or_default(),
            scope,
            note_chars: self
                .note
                .as_ref()
                .map_or(0, |note| u32::try_from(note.chars().count()).unwrap_or(u32::MAX)),
        })
    }

    /// The note of an ask; names that a rejection gives are kept with it, since nothing else may hold free text.
    fn note_text(&self, kind: AskKind) -> Option<NoteText> {
        let named = [("Competitor: ", &self.competitor), ("Duplicate of: ", &self.duplicate_of)];
        let mut lines: Vec<String> = self.note.iter().cloned().collect();
        lines.extend(
            named
                .into_iter()
                .filter_map(|(label, value)| value.as_ref().map(|value| format!("{label}{value}"))),
        );
        let of_kind = [(AskKind::Reject, "rejection"), (AskKind::Contact, "attempt")];
        let theme = match of_kind.iter().find(|(named, _)| *named == kind) {
            Some((_, theme)) => theme,
            None if kind == AskKind::Note => self.theme.as_deref().unwrap_or("general"),
            None => kind.path(),
        };
        (!lines.is_empty()).then(|| NoteText {
            theme: theme.to_owned(),
            text: lines.join("\n"),
            tags: Vec::new(),
            may_quote: self.may_quote.unwrap_or(false),
        })
    }
}
