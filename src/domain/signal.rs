//! Signals: scored facts about a lead, and the bounded window of them that counts. It never scores.

use super::time::Moment;
use serde::{Deserialize, Serialize};

/// The newest signals by (occurred at, id) that are kept for scoring; what falls out stays in the audit.
pub const WINDOW_SIGNALS_MAX: usize = 128;
/// Of one kind at most so many stay in the window, so that one busy kind cannot push out all others.
pub const WINDOW_SIGNALS_OF_ONE_KIND_MAX: usize = 32;

/// 128 bits of SHA-256 over source and id of the record; the same for a retry that restamps its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SignalId(pub [u8; 16]);

/// What kind of form was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FormKind {
    Demo,
    Contact,
    Pricing,
    Trial,
    Content,
    Newsletter,
    Webinar,
    Event,
    Other,
}

/// What kind of page was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PageKind {
    Pricing,
    Product,
    Case,
    Careers,
    Other,
}

/// What happened. The order of variants is part of stored bytes: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SignalKind {
    Form(FormKind),
    PageView(PageKind),
    Session(PageKind),
    EmailSent,
    EmailDelivered,
    EmailOpened,
    EmailClicked,
    EmailReplied,
    SoftBounce,
    HardBounce,
    EmailOptOut,
    WebinarRegistered,
    WebinarAttended,
    EventAttended,
    AdClick,
    Chat,
    InboundCall,
    ProductActivated,
    Intent,
    ColleagueActive,
    RecycleDateReached,
}

impl SignalKind {
    /// The words of the contract and of the policy: `form.demo`, `session.pricing`, `email.clicked`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Form(FormKind::Demo) => "form.demo",
            Self::Form(FormKind::Contact) => "form.contact",
            Self::Form(FormKind::Pricing) => "form.pricing",
            Self::Form(FormKind::Trial) => "form.trial",
            Self::Form(FormKind::Content) => "form.content",
            Self::Form(FormKind::Newsletter) => "form.newsletter",
            Self::Form(FormKind::Webinar) => "form.webinar",
            Self::Form(FormKind::Event) => "form.event",
            Self::Form(FormKind::Other) => "form.other",
            Self::PageView(PageKind::Pricing) => "page_view.pricing",
            Self::PageView(PageKind::Product) => "page_view.product",
            Self::PageView(PageKind::Case) => "page_view.case",
            Self::PageView(PageKind::Careers) => "page_view.careers",
            Self::PageView(PageKind::Other) => "page_view.other",
            Self::Session(PageKind::Pricing) => "session.pricing",
            Self::Session(PageKind::Product) => "session.product",
            Self::Session(PageKind::Case) => "session.case",
            Self::Session(PageKind::Careers) => "session.careers",
            Self::Session(PageKind::Other) => "session.other",
            Self::EmailSent => "email.sent",
            Self::EmailDelivered => "email.delivered",
            Self::EmailOpened => "email.opened",
            Self::EmailClicked => "email.clicked",
            Self::EmailReplied => "email.replied",
            Self::SoftBounce => "email.bounced.soft",
            Self::HardBounce => "email.bounced.hard",
            Self::EmailOptOut => "email.opt_out",
            Self::WebinarRegistered => "webinar.registered",
            Self::WebinarAttended => "webinar.attended",
            Self::EventAttended => "event.attended",
            Self::AdClick => "ad.clicked",
            Self::Chat => "chat",
            Self::InboundCall => "call.inbound",
            Self::ProductActivated => "product.activated",
            Self::Intent => "intent",
            Self::ColleagueActive => "colleague.active",
            Self::RecycleDateReached => "recycle_date.reached",
        }
    }

    /// Every kind, in the order of its code's definition; what a policy may name.
    pub const ALL: &'static [Self] = &[
        Self::Form(FormKind::Demo),
        Self::Form(FormKind::Contact),
        Self::Form(FormKind::Pricing),
        Self::Form(FormKind::Trial),
        Self::Form(FormKind::Content),
        Self::Form(FormKind::Newsletter),
        Self::Form(FormKind::Webinar),
        Self::Form(FormKind::Event),
        Self::Form(FormKind::Other),
        Self::PageView(PageKind::Pricing),
        Self::PageView(PageKind::Product),
        Self::PageView(PageKind::Case),
        Self::PageView(PageKind::Careers),
        Self::PageView(PageKind::Other),
        Self::Session(PageKind::Pricing),
        Self::Session(PageKind::Product),
        Self::Session(PageKind::Case),
        Self::Session(PageKind::Careers),
        Self::Session(PageKind::Other),
        Self::EmailSent,
        Self::EmailDelivered,
        Self::EmailOpened,
        Self::EmailClicked,
        Self::EmailReplied,
        Self::SoftBounce,
        Self::HardBounce,
        Self::EmailOptOut,
        Self::WebinarRegistered,
        Self::WebinarAttended,
        Self::EventAttended,
        Self::AdClick,
        Self::Chat,
        Self::InboundCall,
        Self::ProductActivated,
        Self::Intent,
        Self::ColleagueActive,
        Self::RecycleDateReached,
    ];

    /// Whether a person must have acted for this to happen (LIFECYCLE ideas 12 and 17); an open may be a proxy's.
    #[must_use]
    pub fn is_human(self) -> bool {
        match self {
            Self::Form(_)
            | Self::PageView(_)
            | Self::Session(_)
            | Self::EmailClicked
            | Self::EmailReplied
            | Self::WebinarRegistered
            | Self::WebinarAttended
            | Self::EventAttended
            | Self::AdClick
            | Self::Chat
            | Self::InboundCall
            | Self::ProductActivated => true,
            Self::EmailSent
            | Self::EmailDelivered
            | Self::EmailOpened
            | Self::SoftBounce
            | Self::HardBounce
            | Self::EmailOptOut
            | Self::Intent
            | Self::ColleagueActive
            | Self::RecycleDateReached => false,
        }
    }

    /// Whether colleagues count it as activity: what a person did, page by page left out, which sessions sum up.
    #[must_use]
    pub fn shows_activity(self) -> bool {
        self.is_human() && !matches!(self, Self::PageView(_))
    }

    /// Whether this is a touch for attribution: forms, ad clicks, events (KPIS, attribution).
    #[must_use]
    pub fn is_touch(self) -> bool {
        match self {
            Self::Form(_)
            | Self::AdClick
            | Self::EventAttended
            | Self::WebinarRegistered
            | Self::WebinarAttended
            | Self::EmailClicked
            | Self::EmailReplied
            | Self::Chat
            | Self::InboundCall => true,
            Self::PageView(_)
            | Self::Session(_)
            | Self::ProductActivated
            | Self::EmailSent
            | Self::EmailDelivered
            | Self::EmailOpened
            | Self::SoftBounce
            | Self::HardBounce
            | Self::EmailOptOut
            | Self::Intent
            | Self::ColleagueActive
            | Self::RecycleDateReached => false,
        }
    }
}

/// One scored fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    pub id: SignalId,
    pub kind: SignalKind,
    pub at: Moment,
    /// What the signal is about where a rule counts once each: 32 bits of a hash of the message id on e-mail
    /// signals; 0 elsewhere.
    pub about: u32,
    /// Made by a machine (link scanners, out-of-office replies): counted, never scored, never in the window.
    pub automated: bool,
}

/// The signals that count for a score: at most [`WINDOW_SIGNALS_MAX`], sorted by (at, id), and how many machines made.
///
/// Any order and any repetition of the same signals gives the same window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalWindow {
    signals: Vec<Signal>,
    automated: u32,
}

impl SignalWindow {
    /// The signals, oldest first.
    #[must_use]
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// How many automated signals were counted and kept out.
    #[must_use]
    pub fn automated(&self) -> u32 {
        self.automated
    }

    /// Whether a signal with this id is in the window.
    #[must_use]
    pub fn holds(&self, id: SignalId) -> bool {
        self.signals.iter().any(|signal| signal.id == id)
    }

    /// This window without some signals, which another lead has now.
    pub fn remove(&mut self, ids: &[SignalId]) {
        self.signals.retain(|signal| !ids.contains(&signal.id));
    }

    /// Both windows as one, as if every signal had come to the same lead.
    #[must_use]
    pub fn united(mut self, other: &Self) -> Self {
        for signal in &other.signals {
            self.insert(*signal);
        }
        self.automated = self.automated.saturating_add(other.automated);
        self
    }

    /// Takes one signal in; an automated one is only counted, one that is there already changes nothing.
    pub fn insert(&mut self, signal: Signal) {
        if signal.automated {
            self.automated = self.automated.saturating_add(1);
            return;
        }
        if self.holds(signal.id) {
            return;
        }
        let place = self.signals.partition_point(|other| (other.at, other.id) < (signal.at, signal.id));
        self.signals.insert(place, signal);
        let of_kind = self.signals.iter().filter(|other| other.kind == signal.kind).count();
        if of_kind > WINDOW_SIGNALS_OF_ONE_KIND_MAX
            && let Some(oldest) = self.signals.iter().position(|other| other.kind == signal.kind)
        {
            self.signals.remove(oldest);
        }
        if self.signals.len() > WINDOW_SIGNALS_MAX {
            self.signals.remove(0);
        }
    }
}
