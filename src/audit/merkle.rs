//! A Merkle tree by RFC 9162 (2.1.1) over SHA-256, grown leaf by leaf in logarithmic memory. It never keeps the leaves.

use sha2::{Digest, Sha256};

/// What stands before a leaf and before two nodes when they are hashed (RFC 9162, 2.1.1), so that no node reads as a leaf.
const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// A tree as far as leaves were pushed.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Full subtrees from left to right, each smaller than the one before: (height, root).
    full: Vec<(u32, [u8; 32])>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: &[u8]) {
        let mut right: [u8; 32] = Sha256::new().chain_update(LEAF).chain_update(leaf).finalize().into();
        let mut height = 0;
        while let Some((_, left)) = self.full.pop_if(|(left_height, _)| *left_height == height) {
            right = node(&left, &right);
            height += 1;
        }
        self.full.push((height, right));
    }

    /// The root; of no leaves SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        let mut subtrees = self.full.iter().rev();
        match subtrees.next() {
            None => Sha256::digest([]).into(),
            Some((_, last)) => subtrees.fold(*last, |right, (_, left)| node(left, &right)),
        }
    }
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(NODE).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::checkpoint::hex;

    /// The leaves and roots that the reference implementations of Certificate Transparency are tested with.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    /// The definition of RFC 9162, 2.1.1, word by word: split at the largest power of two below n.
    fn by_definition(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => Sha256::new().chain_update([0]).chain_update(leaf).finalize().into(),
            more => {
                let middle = more.len().next_power_of_two() / 2;
                let (left, right) = more.split_at(middle);
                node(&by_definition(left), &by_definition(right))
            }
        }
    }

    #[test]
    fn the_roots_of_the_known_vectors_are_met() {
        let mut tree = Tree::new();
        assert_eq!(hex(&tree.root()), ROOTS[0]);
        for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            tree.push(leaf);
            assert_eq!(hex(&tree.root()), *root);
        }
    }

    #[test]
    fn a_tree_of_any_size_has_the_root_of_the_definition() {
        let leaves: Vec<Vec<u8>> = (0..200_u8).map(|number| vec![number; 3]).collect();
        let mut tree = Tree::new();
        for (at, leaf) in leaves.iter().enumerate() {
            tree.push(leaf);
            assert_eq!(tree.root(), by_definition(&leaves[..=at]), "{} leaves", at + 1);
        }
    }

    #[test]
    fn leaves_that_changed_places_change_the_root() {
        let root = |leaves: &[&[u8]]| {
            let mut tree = Tree::new();
            for leaf in leaves {
                tree.push(leaf);
            }
            tree.root()
        };
        assert_ne!(root(&[b"a", b"b", b"c"]), root(&[b"b", b"a", b"c"]));
        assert_ne!(root(&[b"a", b"b", b"c"]), root(&[b"a", b"b", b"c", b"c"]));
    }
}
