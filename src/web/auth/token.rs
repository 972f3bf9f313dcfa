//! The text of tokens: prefix, secret, checksum. Pure; only their hashes are ever stored.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Says in logs and secret scanners what was found.
pub const PREFIX: &str = "baton_";
/// Bytes of the secret: 192 bits can't be guessed.
pub const SECRET_BYTES: usize = 24;
/// Bytes of the checksum: a typing error passes once in four billion.
const CHECKSUM_BYTES: usize = 4;

/// A token's text cannot be one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not one of Baton's, or was cut or mistyped")]
pub struct MalformedToken;

/// The text of a token with this secret.
#[must_use]
pub fn text(secret: &[u8; SECRET_BYTES]) -> String {
    let body = hex(secret);
    let checksum = checksum(&body);
    format!("{PREFIX}{body}{checksum}")
}

/// The hash that is stored for a token's text.
///
/// # Errors
/// Prefix, length or checksum are wrong, which spares the database the question.
pub fn hash(text: &str) -> Result<[u8; 32], MalformedToken> {
    let rest = text.trim().strip_prefix(PREFIX).ok_or(MalformedToken)?;
    let body = rest.get(..SECRET_BYTES * 2).ok_or(MalformedToken)?;
    let given = rest.get(SECRET_BYTES * 2..).ok_or(MalformedToken)?;
    if !body.bytes().all(|byte| byte.is_ascii_hexdigit()) || given != checksum(body) {
        return Err(MalformedToken);
    }
    Ok(Sha256::digest(text.trim().as_bytes()).into())
}

/// Whether two secrets are equal, in a time that does not tell where they differ.
#[must_use]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// The value that a form of this session must bring: only who holds the cookie can make it.
#[must_use]
pub fn csrf(session: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(b"baton csrf\0");
    digest.update(session.as_bytes());
    let bytes: [u8; 32] = digest.finalize().into();
    hex(&bytes)
}

/// A secret from the operating system.
///
/// # Errors
/// The system gives no randomness.
pub fn draw() -> Result<[u8; SECRET_BYTES], getrandom::Error> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret)?;
    Ok(secret)
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn checksum(body: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(b"baton token\0");
    digest.update(body.as_bytes());
    let bytes: [u8; 32] = digest.finalize().into();
    hex(&bytes[..CHECKSUM_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_a_mistyped_one_does_not() {
        let token = text(&[7; SECRET_BYTES]);
        assert!(hash(&token).is_ok());
        assert_eq!(hash(&format!(" {token}\n")), hash(&token));
        for place in 0..token.len() {
            let mut mistyped = token.clone().into_bytes();
            mistyped[place] = if mistyped[place] == b'0' { b'1' } else { b'0' };
            let mistyped = String::from_utf8(mistyped).unwrap();
            assert_eq!(hash(&mistyped), Err(MalformedToken), "place {place}");
        }
        assert_eq!(hash(&token[..token.len() - 1]), Err(MalformedToken));
        assert_eq!(hash("baton_\u{fc}\u{fc}"), Err(MalformedToken));
        assert_eq!(hash(""), Err(MalformedToken));
    }

    #[test]
    fn two_sessions_never_share_a_form_value() {
        assert_ne!(csrf("a"), csrf("b"));
        assert!(equal(csrf("a").as_bytes(), csrf("a").as_bytes()));
        assert!(!equal(csrf("a").as_bytes(), b""));
    }
}
