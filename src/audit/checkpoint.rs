//! What a checkpoint signs and what the next one names of it: bytes, hash, Ed25519. Pure; it never reads a row or a file.

use super::merkle::Tree;
use crate::store::checkpoint::{Checkpoint, Range};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};

/// Stands before the signed bytes, so that a signature of ours says nothing else anywhere.
const DOMAIN: &[u8] = b"baton.checkpoint.v1";
/// Bytes of an Ed25519 seed (RFC 8032).
pub const SEED_BYTES: usize = 32;
/// Bytes of the public key's hash that name it: enough to tell keys apart, the key itself stands beside it.
const KEY_ID_BYTES: usize = 8;

/// A text that is no seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signing key is 64 hexadecimal characters")]
pub struct NoSeed;

/// Signs checkpoints. It prints as the name of its key.
pub struct Signer {
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&key_id(&self.public))
    }
}

impl Signer {
    /// The signer of a seed written in hexadecimal.
    ///
    /// # Errors
    /// The text is not 64 hexadecimal characters.
    pub fn from_hex(text: &str) -> Result<Self, NoSeed> {
        Self::from_seed(&unhex(text).ok_or(NoSeed)?)
    }

    /// The signer of a seed.
    ///
    /// # Errors
    /// Never for 32 bytes; the library's type says so.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Result<Self, NoSeed> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoSeed)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| NoSeed)?;
        Ok(Self { pair, public })
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.public
    }

    /// Fills in root, key and signature of a checkpoint whose other fields stand.
    #[must_use]
    pub fn signed(&self, mut checkpoint: Checkpoint) -> Checkpoint {
        checkpoint.ranges.sort_by(|left, right| left.stream.as_bytes().cmp(right.stream.as_bytes()));
        checkpoint.root = root(&checkpoint.ranges);
        checkpoint.public_key = self.public;
        checkpoint.key_id = key_id(&self.public);
        let signature = self.pair.sign(&signed_bytes(&checkpoint));
        for (to, from) in checkpoint.signature.iter_mut().zip(signature.as_ref()) {
            *to = *from;
        }
        checkpoint
    }
}

/// Bytes in hexadecimal, as keys are written.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A key or a seed, 32 bytes, from its 64 hexadecimal digits.
#[must_use]
pub fn unhex(text: &str) -> Option<[u8; SEED_BYTES]> {
    let digits = text.as_bytes();
    let mut bytes = [0; SEED_BYTES];
    if digits.len() != 2 * SEED_BYTES {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// The name of a public key: `ed25519-` and the first 64 bits of its SHA-256.
#[must_use]
pub fn key_id(public: &[u8; 32]) -> String {
    let digest = Sha256::digest(public);
    format!("ed25519-{}", hex(digest.get(..KEY_ID_BYTES).unwrap_or_default()))
}

/// The root over ranges, which stand in the order of their streams' bytes: a leaf holds stream, both ends and root.
#[must_use]
pub fn root(ranges: &[Range]) -> [u8; 32] {
    let mut tree = Tree::new();
    for range in ranges {
        let mut leaf = Vec::with_capacity(range.stream.len() + 56);
        leaf.extend_from_slice(&length(range.stream.as_bytes()));
        leaf.extend_from_slice(range.stream.as_bytes());
        leaf.extend_from_slice(&range.from.to_be_bytes());
        leaf.extend_from_slice(&range.to.to_be_bytes());
        leaf.extend_from_slice(&range.root);
        tree.push(&leaf);
    }
    tree.root()
}

/// What is signed: every field but the key's name and the signature; the ranges through their root.
#[must_use]
pub fn signed_bytes(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DOMAIN.len() + 132);
    bytes.extend_from_slice(&length(DOMAIN));
    bytes.extend_from_slice(DOMAIN);
    bytes.extend_from_slice(&checkpoint.number.to_be_bytes());
    bytes.extend_from_slice(&checkpoint.made_at.0.to_be_bytes());
    bytes.extend_from_slice(&checkpoint.timeline.to_be_bytes());
    bytes.extend_from_slice(&checkpoint.previous);
    bytes.extend_from_slice(&length(&checkpoint.ranges));
    bytes.extend_from_slice(&checkpoint.root);
    bytes.extend_from_slice(&checkpoint.public_key);
    bytes
}

fn length<T>(of: &[T]) -> [u8; 8] {
    u64::try_from(of.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// What the next checkpoint names: SHA-256 over what was signed and the signature.
#[must_use]
pub fn hash(checkpoint: &Checkpoint) -> [u8; 32] {
    Sha256::new().chain_update(signed_bytes(checkpoint)).chain_update(checkpoint.signature).finalize().into()
}

/// What is wrong with a checkpoint taken by itself: its root, its key's name, its signature.
#[must_use]
pub fn flaw(checkpoint: &Checkpoint) -> Option<&'static str> {
    if checkpoint.root != root(&checkpoint.ranges) {
        return Some("its ranges do not give its root");
    }
    if checkpoint.key_id != key_id(&checkpoint.public_key) {
        return Some("its key has another name");
    }
    let key = UnparsedPublicKey::new(&ED25519, checkpoint.public_key);
    if key.verify(&signed_bytes(checkpoint), &checkpoint.signature).is_err() {
        return Some("its signature is not of its key");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Moment;

    fn range(stream: &str, from: i64, to: i64) -> Range {
        Range { stream: stream.to_owned(), from, to, root: [7; 32] }
    }

    fn made() -> Checkpoint {
        let signer = Signer::from_seed(&[5; 32]).unwrap();
        signer.signed(Checkpoint {
            number: 3,
            made_at: Moment(1_773_651_600_000_000),
            timeline: 1,
            ranges: vec![range("route/5", 1, 2), range("crm.lead-events.v1/0", 4, 9)],
            previous: [1; 32],
            ..Checkpoint::default()
        })
    }

    #[test]
    fn a_change_of_any_field_is_a_flaw_and_changes_the_hash() {
        type Change = fn(&mut Checkpoint);
        let good = made();
        assert_eq!(flaw(&good), None);
        let changed: [(&str, Change); 12] = [
            ("number", |it| it.number += 1),
            ("time", |it| it.made_at.0 += 1),
            ("timeline", |it| it.timeline += 1),
            ("stream", |it| it.ranges[0].stream.push('0')),
            ("from", |it| it.ranges[0].from -= 1),
            ("to", |it| it.ranges[0].to += 1),
            ("range's root", |it| it.ranges[1].root[0] ^= 1),
            ("a range less", |it| drop(it.ranges.pop())),
            ("root", |it| it.root[31] ^= 1),
            ("previous", |it| it.previous[0] ^= 1),
            ("key", |it| it.public_key[0] ^= 1),
            ("signature", |it| it.signature[63] ^= 1),
        ];
        for (what, change) in changed {
            let mut bad = good.clone();
            change(&mut bad);
            assert!(flaw(&bad).is_some(), "{what}");
        }
    }

    #[test]
    fn a_checkpoint_signed_anew_by_another_key_has_no_flaw_and_another_hash() {
        let good = made();
        let forged = Signer::from_seed(&[6; 32]).unwrap().signed(good.clone());
        assert_eq!(flaw(&forged), None);
        assert_ne!(hash(&forged), hash(&good));
        assert_ne!(forged.key_id, good.key_id);
    }

    #[test]
    fn the_first_vector_of_rfc_8032_is_met() {
        let text = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let signer = Signer::from_hex(text).unwrap();
        assert_eq!(
            hex(&signer.public_key()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert_eq!(Signer::from_hex("9d61").unwrap_err(), NoSeed);
        assert_eq!(Signer::from_hex(&"zz".repeat(32)).unwrap_err(), NoSeed);
        assert_eq!(format!("{signer:?}"), key_id(&signer.public_key()), "never the seed");
    }
}
