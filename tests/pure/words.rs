//! The words of table and scenario files: one line is one command, or what is expected after it. It decides nothing.

use crate::people::report;
use crate::story::Story;
use baton::domain::command::{
    Actor, Command, DealChange, DealReport, Nature, Offer, OptOutScope, Rejection, Report,
};
use baton::domain::contest::Ruling;
use baton::domain::custody::ClockKind;
use baton::domain::ids::{HandoffId, LeadId, OpportunityId};
use baton::domain::lead::{
    Attempt, AttemptOutcome, Channel, Consent, Motion, Origin, Permission, StageKind, SuppressedFor,
};
use baton::domain::policy::{Authority, Budget, Need, RejectionCode, SqlFacts};
use baton::domain::routing::{Candidate, RouteTried, WhyNot};
use baton::domain::signal::{Signal, SignalId, SignalKind};
use baton::domain::team::{MemberId, PoolId};
use baton::domain::time::{DAY, HOUR, MINUTE, Moment};
use std::collections::BTreeMap;

/// A line's plain words, and its `key=value` words.
pub struct Line<'a> {
    pub words: Vec<&'a str>,
    pub named: BTreeMap<&'a str, &'a str>,
}

impl<'a> Line<'a> {
    pub fn new(text: &'a str) -> Self {
        let (named, words) =
            text.split_whitespace().partition::<Vec<&str>, _>(|word| word.len() > 1 && word.contains('='));
        Self { words, named: named.iter().map(|word| word.split_once('=').unwrap()).collect() }
    }

    pub fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }
}

/// `dev` is `dev-patel`, and so on: the shipped team by first names.
pub fn member(word: &str) -> MemberId {
    let id = match word {
        "ana" => "ana-ruiz",
        "dev" => "dev-patel",
        "emma" => "emma-larsen",
        "felix" => "felix-braun",
        "hugo" => "hugo-silva",
        "kira" => "kira-sato",
        "maya" => "maya-cohen",
        "noah" => "noah-fischer",
        "olga" => "olga-petrov",
        "paul" => "paul-dupont",
        "quinn" => "quinn-adams",
        "rosa" => "rosa-lind",
        other => other,
    };
    MemberId(id.to_owned())
}

pub fn actor(word: &str) -> Actor {
    match word {
        "feed" => Actor::Feed,
        "stranger" => Actor::Stranger,
        "router" => Actor::Router,
        "sweeper" => Actor::Sweeper,
        name => Actor::Member(member(name)),
    }
}

/// `90m`, `5h`, `3d` in microseconds.
pub fn span(word: &str) -> i64 {
    let (number, unit) = word.split_at(word.len() - 1);
    let number: i64 = number.parse().unwrap_or_else(|_| panic!("no span of time: {word}"));
    number
        * match unit {
            "m" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            other => panic!("no unit of time: {other}"),
        }
}

pub fn deal(word: &str) -> OpportunityId {
    OpportunityId::derived("crm", word)
}

/// The command that a line says, and when it happened.
pub fn command(story: &mut Story, text: &str) -> (Moment, Command) {
    story.told += 1;
    let line = Line::new(text);
    if line.words[0] == "left" {
        crate::speaking::switch_off(story, line.words[1]);
    }
    let at = line.named.get("ago").map_or(story.now, |ago| story.now.plus(-span(ago)));
    let number = line.named.get("id").map_or(story.told, |id| 1_000 + id.parse::<u32>().unwrap());
    (at, said(story, &line, at, number))
}

#[expect(clippy::too_many_lines, reason = "one arm for each word, and nothing else")]
fn said(story: &Story, line: &Line<'_>, at: Moment, number: u32) -> Command {
    let person = |default| report(line.named.get("person").copied().unwrap_or(default), at, number);
    match line.words[0] {
        "signal" => Command::RecordSignal {
            signal: signal(line, at, number),
            report: Report {
                origin: Some(line.named.get("origin").map_or(Origin::Marketing, |word| origin(word))),
                campaign: line.named.get("campaign").map(|it| (*it).to_owned()),
                customer: line.has("customer"),
                ..person("vp")
            },
        },
        "profile" => Command::ReportProfile { report: person("vp") },
        "record" => Command::LinkCrmRecord {
            by_person: line.has("person"),
            owner: line.named.get("owner").map(|it| member(it)),
            report: person("vp"),
        },
        "offer" => Command::OfferLead(Offer {
            rep: member(line.words[1]),
            pool: PoolId("mid-market".into()),
            rule: "mid-market".into(),
            candidates: Vec::new(),
            receipt: None,
        }),
        "nobody_free" => Command::NoteNobodyFree(Box::new(RouteTried {
            pool: PoolId("mid-market".into()),
            candidates: vec![Candidate { rep: member("dev"), why_not: Some(WhyNot::Away) }],
            more: 0,
        })),
        "pass_pool" => Command::PassPool { to: PoolId(line.words[1].into()) },
        "claim" => Command::ClaimLead,
        "accept" => Command::AcceptLead,
        "decline" => Command::DeclineLead,
        "attempt" => Command::RecordAttempt(attempt(line, at, number)),
        "reject" => Command::RejectLead(rejection(line, story.now)),
        "qualify" => Command::QualifyLead {
            facts: facts(line, at),
            next_owner: line.named.get("next").map(|it| member(it)),
        },
        "contest" => Command::ContestRejection { handoff: contested(story, line) },
        "verdict" => Command::SettleContest {
            handoff: contested(story, line),
            ruling: Ruling::parse(line.words[1]).unwrap_or_else(|| panic!("no ruling: {}", line.words[1])),
        },
        "settle" => Command::SettleDisagreement { version: 1 },
        "deal" => Command::ReportDeal(deal_report(line, at)),
        "reassign" => Command::ReassignLead { to: member(line.words[1]) },
        "due" => {
            let kind = clock(line.words[1]);
            let mut due = story.due(kind).unwrap_or(baton::domain::command::DueClock {
                kind,
                rung_at: at,
                cycle: 1,
                custody_version: 1,
            });
            if line.has("stale") {
                due.custody_version += 1;
            }
            Command::PassDeadline(due)
        }
        "opt_out" => Command::OptOutEmail { signal: made(SignalKind::EmailOptOut, at, number) },
        "note" => Command::TakeNote,
        "absorb" | "merge" | "split" | "begin_split" => united(line, at, number),
        "erase" => Command::EraseLead,
        "bound" => Command::RecordSignal { signal: signal(line, at, number), report: Report::default() },
        "suppress" => Command::SuppressLead {
            reason: if line.has("legal") { SuppressedFor::Legal } else { SuppressedFor::OptOut },
        },
        "consent" => Command::GiveConsent {
            consent: Consent { email: permission(line, "email"), phone: permission(line, "phone") },
        },
        "reopen" => Command::ReopenLead { consent: line.has("consent") },
        "convert" => Command::ConvertCrmRecord {
            owner: line.named.get("owner").map(|it| member(it)),
            report: person("vp"),
        },
        "unlink" => Command::UnlinkCrmRecord,
        "customer" => Command::NoteCustomer { owner: line.words.get(1).map(|it| member(it)) },
        "score_again" => Command::ScoreAgain,
        "left" => Command::NoteHolderLeft { member: member(line.words[1]) },
        "contact_left" => Command::NoteContactLeft { opportunity: deal(line.words[1]) },
        other => panic!("no such command: {other}"),
    }
}

/// The handoff that was rejected first, unless the line says of which cycle.
fn contested(story: &Story, line: &Line<'_>) -> HandoffId {
    let first = story.lead.returned.first().map(|returned| returned.handoff);
    match line.named.get("of") {
        Some(cycle) => HandoffId::derived(story.lead.id, cycle.parse().unwrap()),
        None => first.unwrap_or_else(|| HandoffId::derived(story.lead.id, 1)),
    }
}

fn permission(line: &Line<'_>, channel: &str) -> Permission {
    match line.named.get(channel) {
        Some(&"given") => Permission::Given,
        Some(&"withdrawn") => Permission::Withdrawn,
        Some(other) => panic!("no consent: {other}"),
        None => Permission::Unknown,
    }
}

/// Two leads that are one person, and one that was two.
fn united(line: &Line<'_>, at: Moment, number: u32) -> Command {
    match line.words[0] {
        "absorb" => {
            let mut other = crate::lifecycle::lead_of(line.words[1]);
            if !line.has("itself") {
                other.id = LeadId::derived("tests", line.words[1], 1);
            }
            Command::AbsorbLead { other: Box::new(other) }
        }
        "merge" => Command::MergeLead { into: LeadId::derived("tests", "survivor", 1) },
        "split" => Command::SplitLead { to: LeadId::derived("tests", "split", 1), since: at },
        "begin_split" => Command::BeginSplit {
            from: LeadId::derived("tests", "split", 1),
            signals: vec![made(SignalKind::EmailClicked, at, number)],
            report: Report::default(),
        },
        other => panic!("no such command: {other}"),
    }
}

fn made(kind: SignalKind, at: Moment, number: u32) -> Signal {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    Signal { id: SignalId(id), kind, at, about: number, automated: false }
}

fn signal(line: &Line<'_>, at: Moment, number: u32) -> Signal {
    let kind = SignalKind::ALL.iter().copied().find(|kind| kind.code() == line.words[1]);
    let kind = kind.unwrap_or_else(|| panic!("no such signal: {}", line.words[1]));
    Signal { automated: line.has("automated"), ..made(kind, at, number) }
}

fn origin(word: &str) -> Origin {
    [Origin::Marketing, Origin::Sales, Origin::Partner, Origin::Unknown]
        .into_iter()
        .find(|it| it.code() == word)
        .unwrap()
}

pub fn clock(word: &str) -> ClockKind {
    ClockKind::ALL
        .iter()
        .copied()
        .find(|kind| kind.code() == word)
        .unwrap_or_else(|| panic!("no clock: {word}"))
}

fn attempt(line: &Line<'_>, at: Moment, number: u32) -> Attempt {
    let channel = match line.words[1] {
        "phone" => Channel::Phone,
        "email" => Channel::Email,
        "meeting" => Channel::Meeting,
        other => panic!("no channel: {other}"),
    };
    let outcome = match line.words[2] {
        "attempted" => AttemptOutcome::Attempted,
        "voicemail" => AttemptOutcome::Voicemail,
        "conversation" => AttemptOutcome::Conversation,
        "booked" => AttemptOutcome::MeetingBooked,
        "held" => AttemptOutcome::MeetingHeld,
        other => panic!("no outcome: {other}"),
    };
    let mut id = [1; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    Attempt {
        id,
        at,
        channel,
        outcome,
        inbound: false,
        automated: line.has("automated"),
        by: line.named.get("by").map(|it| member(it)),
        meeting_at: line.named.get("meeting").map(|it| at.plus(span(it))),
    }
}

/// A rejection with everything that its code demands, unless the line says `bare` or names it.
fn rejection(line: &Line<'_>, now: Moment) -> Rejection {
    let code = RejectionCode::parse(line.words[1]).unwrap_or_else(|| panic!("no code: {}", line.words[1]));
    let full = !line.has("bare");
    let owner = line.named.get("to").map(|it| member(it));
    let days = |word: &str| word.trim_end_matches('d').parse::<i64>().unwrap();
    let retry = line.named.get("retry").map(|it| now.plus(days(it) * DAY));
    Rejection {
        code,
        unmapped: line.has("unmapped"),
        sub_reason: (full && code == RejectionCode::NoFit).then(|| "size".to_owned()),
        retry_on: retry.or_else(|| (full && code == RejectionCode::BadTiming).then(|| now.plus(60 * DAY))),
        attempts: (full && code == RejectionCode::Unreachable).then_some(5),
        names_duplicate: full && code == RejectionCode::Duplicate,
        names_competitor: full && code == RejectionCode::CompetitorChosen,
        proposed_owner: owner,
        proposed_pool: line.named.get("pool").map(|it| PoolId((*it).to_owned())),
        fields: if full && matches!(code, RejectionCode::BadData | RejectionCode::Return) {
            vec!["phone".into()]
        } else {
            Vec::new()
        },
        scope: match line.named.get("scope") {
            Some(&"all") => Some(OptOutScope::All),
            Some(_) => Some(OptOutScope::Marketing),
            None => None,
        },
        note_chars: if full { 40 } else { 0 },
    }
}

fn facts(line: &Line<'_>, at: Moment) -> SqlFacts {
    if line.has("bare") {
        return SqlFacts::default();
    }
    let today = i32::try_from(at.0.div_euclid(DAY)).unwrap();
    SqlFacts {
        need: Need::Yes,
        authority: Authority::Decides,
        budget: if line.has("richer") { Budget::Confirmed } else { Budget::Plausible },
        timeline_months: Some(3),
        next_step_on: Some(today + 5),
        conversation: true,
    }
}

fn deal_report(line: &Line<'_>, at: Moment) -> DealReport {
    let change = match line.words[1] {
        "opened" => DealChange::Opened,
        "updated" => DealChange::Updated,
        "won" => DealChange::Won,
        "lost" => DealChange::Lost { reason: line.named.get("reason").map(|it| (*it).to_owned()) },
        "reopened" => DealChange::Reopened,
        "deleted" => DealChange::Deleted,
        other => panic!("no change of a deal: {other}"),
    };
    DealReport {
        id: deal(line.words[2]),
        change,
        motion: if line.has("expansion") { Motion::Expansion } else { Motion::NewBusiness },
        renewal: line.has("renewal"),
        opened_at: at,
        closed_at: None,
        close_date: line
            .named
            .get("closes")
            .map(|in_days| i32::try_from(at.plus(span(in_days)).0.div_euclid(DAY)).unwrap()),
        owner: line.named.get("owner").map(|it| member(it)),
        repeated: line.has("repeated"),
        late: line.has("late"),
    }
}

/// `ask dev`, `fact feed`: nature and actor.
pub fn who(text: &str) -> (Nature, Actor) {
    let (nature, name) =
        text.trim().split_once(' ').unwrap_or_else(|| panic!("ask or fact, and who: {text}"));
    let nature = match nature {
        "ask" => Nature::Ask,
        "fact" => Nature::Fact,
        other => panic!("neither ask nor fact: {other}"),
    };
    (nature, actor(name.trim()))
}

/// A column of the table.
pub fn letter(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Unseen => "U",
        StageKind::Captured => "C",
        StageKind::Queued => "Q",
        StageKind::Offered => "O",
        StageKind::SalesAccepted => "A",
        StageKind::SalesQualified => "S",
        StageKind::Opportunity => "P",
        StageKind::Won => "W",
        StageKind::Lost => "L",
        StageKind::Recycled => "R",
        StageKind::Disqualified => "D",
        StageKind::Suppressed => "X",
        StageKind::Merged => "M",
    }
}
