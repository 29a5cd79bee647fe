//! The person's own table of where backups are: `[backups]` in `sayso.toml`.
//!
//! ```toml
//! [backups.shop]
//! of         = ["db.acme.example/shop", "volume postgres-data", "~/work/shop"]
//! dumps      = "/mnt/dumps/shop"
//! restic     = "/mnt/restic"
//! borg       = "/mnt/borg"
//! pgbackrest = "shop"
//! credential = "shop-restic"
//! ```
//!
//! Deliberately absent: looking there. Facts do that, and say for each backup whether it survives.

use crate::environment::matches;

/// All places, in the order they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupPlaces {
    /// The rows.
    pub rows: Vec<BackupPlace>,
}

/// One place, and what is backed up there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupPlace {
    /// Its name: the table's key.
    pub name: String,
    /// What it holds copies of: databases (`host/database`, or the name alone), volumes and buckets by name or id,
    /// folders; `*` stands for any run of characters.
    pub of: Vec<String>,
    /// A folder whose files are dumps, one a backup.
    pub dumps: Option<String>,
    /// A restic repository.
    pub restic: Option<String>,
    /// A Borg repository.
    pub borg: Option<String>,
    /// A pgBackRest stanza.
    pub pgbackrest: Option<String>,
    /// The name of the credential that opens it.
    pub credential: Option<String>,
}

impl BackupPlaces {
    /// The places that hold copies of anything that goes by one of these names.
    pub fn of<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = &'a BackupPlace> {
        let fits = |entry: &String| names.iter().any(|name| matches(entry, name));
        self.rows.iter().filter(move |row| row.of.iter().any(fits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_by_any_name_that_the_thing_goes_by() {
        let row = |name: &str, of: &[&str]| BackupPlace {
            name: name.to_owned(),
            of: of.iter().map(|s| (*s).to_owned()).collect(),
            ..BackupPlace::default()
        };
        let places = BackupPlaces { rows: vec![row("a", &["db.acme.example/shop"]), row("b", &["*/blog"])] };
        let found =
            |name: &str| places.of(&[name.to_owned()]).map(|row| row.name.clone()).collect::<Vec<_>>();
        assert_eq!(found("db.acme.example/shop"), ["a"]);
        assert_eq!(found("localhost/blog"), ["b"]);
        assert!(found("shop").is_empty());
    }
}
