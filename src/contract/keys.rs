//! Keys and hashes of what records say, under the service key. It never keeps what it hashes, nor shows its secret.

use super::request::CrmKey;
use super::text;
use crate::domain::ids::{IdentityKey, KeyKind, LeadId};
use crate::domain::signal::SignalId;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;

/// Parts of an e-mail address before the @ that name a duty, not a person: such an address never merges two leads.
/// Sorted, for binary search.
const ROLE_MAILBOXES: &[&str] = &[
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administration",
    "all",
    "bookings",
    "business",
    "careers",
    "contact",
    "customerservice",
    "dev",
    "einkauf",
    "enquiries",
    "everyone",
    "finance",
    "hello",
    "help",
    "helpdesk",
    "hi",
    "hr",
    "info",
    "information",
    "inquiries",
    "invoice",
    "invoices",
    "it",
    "jobs",
    "kontakt",
    "legal",
    "mail",
    "mailbox",
    "marketing",
    "media",
    "news",
    "newsletter",
    "no-reply",
    "noreply",
    "office",
    "operations",
    "orders",
    "postmaster",
    "press",
    "privacy",
    "procurement",
    "purchasing",
    "reception",
    "sales",
    "security",
    "service",
    "staff",
    "support",
    "team",
    "techsupport",
    "test",
    "vertrieb",
    "webmaster",
    "welcome",
];

/// Begins every domain that is known by its HMAC only; no web domain holds a colon.
pub const COMPANY_PREFIX: &str = "hmac:";
/// 64 bits tell companies apart; more would only be longer in every lead.
const COMPANY_BYTES: usize = 8;

/// Makes keys and hashes under one service key.
#[derive(Clone)]
pub struct Keys {
    mac: Hmac<Sha256>,
    key_id: u16,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// What a hash is for; written before what is hashed, so that no two uses give the same digest.
#[derive(Clone, Copy)]
enum Domain {
    Email,
    Crm,
    Anonymous,
    Cause,
    Content,
    Sealing,
    Nonce,
    Company,
    Links,
}

impl Domain {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Email => b"baton/identity/email/1",
            Self::Crm => b"baton/identity/crm/1",
            Self::Anonymous => b"baton/identity/anonymous/1",
            Self::Cause => b"baton/cause/1",
            Self::Content => b"baton/content/1",
            Self::Sealing => b"baton/sealing/key/1",
            Self::Nonce => b"baton/sealing/nonce/1",
            Self::Company => b"baton/company/1",
            Self::Links => b"baton/links/key/1",
        }
    }
}

impl Keys {
    /// Keys under a secret of any length; `key_id` names it beside every stored digest.
    #[must_use]
    pub fn new(secret: &[u8], key_id: u16) -> Self {
        // HMAC takes keys of every length, so this cannot fail; hashing first also keeps it so by construction.
        let digest: [u8; 32] = Sha256::digest(secret).into();
        Self { mac: <Hmac<Sha256> as KeyInit>::new(&block(digest)), key_id }
    }

    /// Which secret these keys are under.
    #[must_use]
    pub fn key_id(&self) -> u16 {
        self.key_id
    }

    /// The key of an e-mail address; case and surrounding space do not count.
    #[must_use]
    pub fn email(&self, address: &str) -> IdentityKey {
        let digest = self.short(Domain::Email, &[normal_email(address).as_bytes()]);
        IdentityKey { kind: KeyKind::Email, digest }
    }

    /// The key of a CRM record.
    #[must_use]
    pub fn crm(&self, key: &CrmKey) -> IdentityKey {
        let parts = [key.system.as_bytes(), key.object.as_bytes(), key.id.as_bytes()];
        IdentityKey { kind: KeyKind::Crm, digest: self.short(Domain::Crm, &parts) }
    }

    /// The key of a visitor's cookie id.
    #[must_use]
    pub fn anonymous(&self, id: &str) -> IdentityKey {
        IdentityKey { kind: KeyKind::Anonymous, digest: self.short(Domain::Anonymous, &[id.as_bytes()]) }
    }

    /// The key that a lead's own id is.
    #[must_use]
    pub fn lead(&self, id: LeadId) -> IdentityKey {
        IdentityKey::lead(id)
    }

    /// What leads, audit and outbox know a company's domain by: of a one-person domain it is the person's own.
    #[must_use]
    pub fn company(&self, domain: &str) -> String {
        if domain.starts_with(COMPANY_PREFIX) {
            return domain.to_owned();
        }
        let digest = self.short(Domain::Company, &[domain.as_bytes()]);
        let hex = digest.iter().take(COMPANY_BYTES).map(|byte| format!("{byte:02x}"));
        std::iter::once(COMPANY_PREFIX.to_owned()).chain(hex).collect()
    }

    /// What audit rows name a cause by.
    #[must_use]
    pub fn cause(&self, source: &str, id: &str) -> [u8; 32] {
        self.long(Domain::Cause, &[source.as_bytes(), id.as_bytes()])
    }

    /// The content of an event: the same for any order of members and any white space.
    #[must_use]
    pub fn content(&self, event_type: &str, data: &Value) -> [u8; 16] {
        let mut bytes = Vec::with_capacity(CONTENT_BYTES);
        text::canonical(data, &mut bytes);
        self.short(Domain::Content, &[event_type.as_bytes(), &bytes])
    }

    /// The content of a record that is no event: its raw bytes.
    #[must_use]
    pub fn raw_content(&self, value: &[u8]) -> [u8; 16] {
        self.short(Domain::Content, &[b"raw", value])
    }

    /// The key that texts about one thing are sealed under.
    pub(super) fn sealing_key(&self, about: &[u8]) -> [u8; 32] {
        self.long(Domain::Sealing, &[about])
    }

    /// What the nonce of a sealed text is cut from.
    pub(super) fn sealing_nonce(&self, about: &[u8], text: &[u8]) -> [u8; 32] {
        self.long(Domain::Nonce, &[about, text])
    }

    /// The key that one-time links are signed under.
    pub(super) fn link_key(&self) -> [u8; 32] {
        self.long(Domain::Links, &[])
    }

    fn short(&self, domain: Domain, parts: &[&[u8]]) -> [u8; 16] {
        half(self.long(domain, parts))
    }

    fn long(&self, domain: Domain, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(domain.label());
        for part in parts {
            mac.update(&length(part));
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Room for the canonical bytes of a usual event.
const CONTENT_BYTES: usize = 2_048;

/// A key of exactly one block of SHA-256, which is what HMAC takes as it stands.
fn block(digest: [u8; 32]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (place, byte) in key.iter_mut().zip(digest) {
        *place = byte;
    }
    key
}

fn length(part: &[u8]) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

fn half(digest: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

/// Half of SHA-256 over parts, each written with its length.
fn hashed(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(length(part));
        hash.update(part);
    }
    half(hash.finalize().into())
}

/// The digest of a record's duplicate key: the same for a retry.
#[must_use]
pub fn duplicate(source: &str, id: &str) -> [u8; 16] {
    hashed(&[source.as_bytes(), id.as_bytes()])
}

/// The id of the signal that a record is.
#[must_use]
pub fn signal(source: &str, id: &str) -> SignalId {
    SignalId(duplicate(source, id))
}

/// The id of an attempt, from the CRM's own.
#[must_use]
pub fn attempt(system: &str, attempt_id: &str) -> [u8; 16] {
    hashed(&[b"attempt", system.as_bytes(), attempt_id.as_bytes()])
}

/// What a signal is about: 32 bits of a hash of the message id.
#[must_use]
pub fn about(message_id: &str) -> u32 {
    let [first, second, third, fourth, ..] = hashed(&[b"message", message_id.as_bytes()]);
    u32::from_be_bytes([first, second, third, fourth])
}

/// An e-mail address as it is compared and kept: trimmed, lower case.
#[must_use]
pub fn normal_email(address: &str) -> String {
    address.trim().to_lowercase()
}

/// The domain of a normal e-mail address.
#[must_use]
pub fn email_domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
}

/// Whether the part before the @ names a duty (`info`, `sales`), not a person.
#[must_use]
pub fn is_role_mailbox(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let plain = local.split('+').next().unwrap_or_default();
    ROLE_MAILBOXES.binary_search(&plain).is_ok()
}
