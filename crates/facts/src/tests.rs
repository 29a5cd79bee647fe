//! Facts on real repositories in folders of their own, with the real git.

mod commits;
mod edits;
mod environments;
mod files;
mod ground;
mod trust;
