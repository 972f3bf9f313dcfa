//! Sealing: a few identifiers that must outlive the person by minutes, readable only under the service key. It never
//! stores or logs what it opens.

use super::keys::Keys;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// The secret's id stands first, so that a text sealed under another one is told apart.
const KEY_ID_LEN: usize = 2;

/// A sealed text that these keys cannot open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the text is sealed under service key {sealed}, and this is key {ours}")]
    OtherKey { sealed: u16, ours: u16 },
    #[error("the sealed text is damaged, or the service key is another one")]
    Damaged,
}

impl Keys {
    /// Seals a text about something: key id, nonce, ciphertext. The same text about the same thing gives the same bytes:
    /// the nonce is drawn from the text by HMAC, so that no two texts ever share one and a plan made twice is one plan.
    #[must_use]
    pub fn seal(&self, about: &[u8], text: &[u8]) -> Vec<u8> {
        let nonce = self.nonce(about, text);
        let mut body = text.to_vec();
        let Some(key) = self.aead(about) else { return Vec::new() };
        let Ok(()) =
            key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about), &mut body)
        else {
            // Only a text of more than 256 GiB is refused.
            return Vec::new();
        };
        let mut sealed = self.key_id().to_be_bytes().to_vec();
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        sealed
    }

    /// Opens what [`Self::seal`] made about the same thing.
    ///
    /// # Errors
    /// It was sealed under another key, or is not what was sealed.
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (id, rest) = sealed.split_first_chunk::<KEY_ID_LEN>().ok_or(SealError::Damaged)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Damaged)?;
        let sealed_under = u16::from_be_bytes(*id);
        if sealed_under != self.key_id() {
            return Err(SealError::OtherKey { sealed: sealed_under, ours: self.key_id() });
        }
        let key = self.aead(about).ok_or(SealError::Damaged)?;
        let mut body = body.to_vec();
        let text = key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(about), &mut body)
            .map_err(|_| SealError::Damaged)?;
        Ok(text.to_vec())
    }

    /// A key for one thing only.
    fn aead(&self, about: &[u8]) -> Option<LessSafeKey> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.sealing_key(about)).ok().map(LessSafeKey::new)
    }

    fn nonce(&self, about: &[u8], text: &[u8]) -> [u8; NONCE_LEN] {
        let digest = self.sealing_nonce(about, text);
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&digest[..NONCE_LEN]);
        nonce
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_shows_nothing_and_opens_under_the_same_key_only() {
        let keys = Keys::new(b"one secret", 1);
        let sealed = keys.seal(b"lead", b"salesforce:lead:00Q1");
        assert!(!sealed.windows(4).any(|window| window == b"00Q1"));
        assert_eq!(keys.seal(b"lead", b"salesforce:lead:00Q1"), sealed);
        assert_ne!(
            keys.seal(b"lead", b"salesforce:lead:00Q2")[..14],
            sealed[..14],
            "another text, another nonce"
        );
        assert_eq!(keys.open(b"lead", &sealed).unwrap(), b"salesforce:lead:00Q1");
        assert_eq!(keys.open(b"other", &sealed), Err(SealError::Damaged));
        assert_eq!(Keys::new(b"another", 1).open(b"lead", &sealed), Err(SealError::Damaged));
        let other = SealError::OtherKey { sealed: 1, ours: 2 };
        assert_eq!(Keys::new(b"one secret", 2).open(b"lead", &sealed), Err(other));
        for cut in [0, 1, 13, sealed.len() - 1] {
            assert!(keys.open(b"lead", &sealed[..cut]).is_err());
        }
    }
}
