//! Our own grammar of shell scripts: the text of a script to a tree, in one pass forward.
//!
//! # Invariants
//! - Total: any text, any nesting; what is not understood is a [`tree::Fault`], and the commands around it are kept.
//! - Linear: no sign is gone back to but within a named allowance; nesting is bounded by a depth.
//! - What bash runs is in the tree. Where bash would refuse the whole, the commands that can be seen are in it too.

#![allow(dead_code, reason = "the walk that uses it is on its way")]

pub(crate) mod tree;
