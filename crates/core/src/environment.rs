//! The person's own table of what is production and what is not: `[environments]` in `sayso.toml`.
//!
//! ```toml
//! [environments.production]
//! folders = ["~/code/shop-prod"]
//! remotes = ["github.com/acme/infra"]
//! hosts   = ["db.acme.example", "*.prod.acme.example"]
//! ```
//!
//! Deliberately absent: reading files or asking git. Facts do that and look here for the name.

use serde::{Deserialize, Serialize};

/// All environments, in the order they are written: the first that matches wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environments {
    /// The rows.
    pub rows: Vec<Environment>,
}

/// One environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// Its name: the table's key.
    #[serde(skip)]
    pub name: String,
    /// Folders that belong to it, with all below them; `~` is the home folder.
    pub folders: Vec<String>,
    /// Git remotes, without scheme, user and `.git`; `*` stands for any run of characters.
    pub remotes: Vec<String>,
    /// Hosts; `*` stands for any run of characters.
    pub hosts: Vec<String>,
}
