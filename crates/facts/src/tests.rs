//! Facts on real repositories in folders of their own, with the real git.

mod aws;
mod commits;
mod copies;
mod edits;
mod environments;
mod files;
mod ground;
mod mysql;
mod origins;
mod postgres;
mod redis;
#[path = "../tests/rig/mod.rs"]
pub(crate) mod rig;
mod sqlite;
mod trust;
