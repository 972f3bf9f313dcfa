//! One-time links of a notice: what they allow, signed under a key of their own. It never says whether one was used.

use super::keys::Keys;
use crate::domain::ids::{HandoffId, LeadId};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Stands first, so that another layout is told apart.
const FORMAT: u8 = 1;
/// Bytes of a signature.
const TAG_BYTES: usize = 32;
/// Format, action, lead, handoff, custody version, end; then the member's id.
const FIXED_BYTES: usize = 2 + 16 + 16 + 8 + 8;
/// Characters of a link at most: a member's id is short.
const TEXT_MAX: usize = 512;

/// What a link does when its button is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkAction {
    Accept,
    Pass,
    /// Signs the member in and shows the lead.
    Open,
}

impl LinkAction {
    const ALL: [Self; 3] = [Self::Accept, Self::Pass, Self::Open];

    /// The word that rows and pages name it by.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Pass => "pass",
            Self::Open => "open",
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Accept => 1,
            Self::Pass => 2,
            Self::Open => 3,
        }
    }
}

/// What a link allows, to whom, until when, as of which view of the lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub action: LinkAction,
    pub lead: LeadId,
    pub handoff: HandoffId,
    pub custody_version: u64,
    pub member: MemberId,
    pub expires_at: Moment,
}

/// The text is no link of ours: cut, altered, or made under another service key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the link is not one of Baton's, or was altered")]
pub struct LinkError;

impl Keys {
    /// The text of a link.
    #[must_use]
    pub fn link(&self, link: &Link) -> String {
        let mut bytes = Vec::with_capacity(FIXED_BYTES + link.member.0.len() + TAG_BYTES);
        bytes.extend_from_slice(&[FORMAT, link.action.number()]);
        bytes.extend_from_slice(link.lead.0.as_bytes());
        bytes.extend_from_slice(link.handoff.0.as_bytes());
        bytes.extend_from_slice(&link.custody_version.to_be_bytes());
        bytes.extend_from_slice(&link.expires_at.0.to_be_bytes());
        bytes.extend_from_slice(link.member.0.as_bytes());
        let tag = hmac::sign(&self.mac_of_links(), &bytes);
        bytes.extend_from_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a link's text.
    ///
    /// # Errors
    /// It is none that these keys have signed.
    pub fn read_link(&self, text: &str) -> Result<Link, LinkError> {
        if text.len() > TEXT_MAX {
            return Err(LinkError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| LinkError)?;
        let (signed, tag) = bytes.split_last_chunk::<TAG_BYTES>().ok_or(LinkError)?;
        hmac::verify(&self.mac_of_links(), signed, tag).map_err(|_| LinkError)?;
        let (&[format, action], rest) = signed.split_first_chunk::<2>().ok_or(LinkError)?;
        if format != FORMAT {
            return Err(LinkError);
        }
        let (lead, rest) = rest.split_first_chunk::<16>().ok_or(LinkError)?;
        let (handoff, rest) = rest.split_first_chunk::<16>().ok_or(LinkError)?;
        let (custody_version, rest) = rest.split_first_chunk::<8>().ok_or(LinkError)?;
        let (expires_at, member) = rest.split_first_chunk::<8>().ok_or(LinkError)?;
        Ok(Link {
            action: LinkAction::ALL.into_iter().find(|it| it.number() == action).ok_or(LinkError)?,
            lead: LeadId(Uuid::from_bytes(*lead)),
            handoff: HandoffId(Uuid::from_bytes(*handoff)),
            custody_version: u64::from_be_bytes(*custody_version),
            member: MemberId(String::from_utf8(member.to_vec()).map_err(|_| LinkError)?),
            expires_at: Moment(i64::from_be_bytes(*expires_at)),
        })
    }

    fn mac_of_links(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.link_key())
    }
}

/// What a used link is stored by.
#[must_use]
pub fn link_hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(action: LinkAction) -> Link {
        let lead = LeadId::derived("tests", "1", 0);
        Link {
            action,
            lead,
            handoff: HandoffId(Uuid::from_u128(9)),
            custody_version: 3,
            member: MemberId("maya-cohen".to_owned()),
            expires_at: Moment(5),
        }
    }

    #[test]
    fn a_link_reads_back_and_an_altered_one_does_not() {
        let keys = Keys::new(b"one secret", 1);
        for action in LinkAction::ALL {
            let text = keys.link(&link(action));
            assert_eq!(keys.read_link(&text), Ok(link(action)));
            assert_eq!(Keys::new(b"another", 1).read_link(&text), Err(LinkError));
            for place in 0..text.len() {
                let mut altered = text.clone().into_bytes();
                altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
                assert_eq!(keys.read_link(&String::from_utf8(altered).unwrap()), Err(LinkError), "{place}");
            }
        }
        assert_eq!(keys.read_link(""), Err(LinkError));
        assert_eq!(keys.read_link(&"A".repeat(600)), Err(LinkError));
    }

    #[test]
    fn two_actions_have_two_links() {
        let keys = Keys::new(b"one secret", 1);
        let (one, other) = (keys.link(&link(LinkAction::Accept)), keys.link(&link(LinkAction::Pass)));
        assert_ne!(link_hash(&one), link_hash(&other));
    }
}
