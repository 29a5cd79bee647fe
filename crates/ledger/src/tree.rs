//! The Merkle tree of RFC 6962: its hashes, and its right edge, from which it grows.
//!
//! Invariant: an [`Edge`] holds one node for each bit that is set in its size, the largest subtree first; its root
//! is the RFC's Merkle tree hash of all leaves pushed.

use sha2::{Digest as _, Sha256};

/// A SHA-256 of the tree.
pub(crate) type Hash = [u8; 32];

/// The hash of a leaf: `SHA-256(0x00 ‖ leaf)`.
pub(crate) fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
pub(crate) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The roots of the full subtrees that a tree of some size is made of (its "compact range").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edge {
    size: u64,
    nodes: Vec<Hash>,
}

impl Edge {
    /// How many leaves.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub(crate) fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The tree's root; of an empty tree the SHA-256 of nothing.
    pub(crate) fn root(&self) -> Hash {
        let mut smaller = self.nodes.iter().rev();
        match smaller.next() {
            None => Sha256::digest([]).into(),
            Some(last) => smaller.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// The nodes one behind the other, as they are stored.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.nodes.concat()
    }

    /// An edge from what was stored; `None` where the nodes are not as many as the size takes.
    pub(crate) fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (nodes, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && nodes.len() == usize::try_from(size.count_ones()).ok()?;
        fits.then(|| Self { size, nodes: nodes.to_vec() })
    }

    /// The first run of leaves whose subtree differs from the other edge's, which is of the same size.
    pub(crate) fn first_difference(&self, other: &Self) -> Option<std::ops::Range<u64>> {
        let mut start = 0;
        let bits = (0..u64::BITS).rev().map(|bit| 1u64 << bit).filter(|bit| self.size & bit != 0);
        for ((length, mine), theirs) in bits.zip(&self.nodes).zip(&other.nodes) {
            if mine != theirs {
                return Some(start..start + length);
            }
            start += length;
        }
        None
    }
}

#[cfg(test)]
mod tests;
