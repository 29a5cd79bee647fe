//! Variables of an asking program that say where its systems are: for checking facts, and for nothing else.
//!
//! # Invariants
//! - Only names of a closed list are taken. Their values may be secrets: they stay in memory, are wiped, and never
//!   reach a log, the record or a card.
//! - They are a running program's own, read through the descriptor of its folder in `/proc`; one that has ended has
//!   none, whoever got its number.
//!
//! # Deliberately absent
//! Trust in them. A program can be started with any environment; what is asked with them is only read.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// Beginnings of names that are taken.
const BEGINNINGS: &[&str] = &["PG", "MYSQL_", "MARIADB_", "REDIS", "AWS_", "RAILWAY_", "RESTIC_", "BORG_"];
/// Whole names that are taken.
const NAMES: &[&str] = &["DATABASE_URL", "KUBECONFIG", "HOME"];
/// Bytes of an environment that are looked at. More than any shell's own; what lies beyond is not known.
#[cfg(target_os = "linux")]
const READ_BYTES: usize = 256 * 1024;

/// The variables of the process of this number, by name; none where it is gone or not ours to read.
pub fn of(pid: u32) -> BTreeMap<String, Zeroizing<String>> {
    chosen(&environment(pid))
}

#[cfg(target_os = "linux")]
fn environment(pid: u32) -> Zeroizing<Vec<u8>> {
    crate::process::environment(pid, READ_BYTES)
}

#[cfg(not(target_os = "linux"))]
fn environment(_pid: u32) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::new())
}

fn chosen(environment: &[u8]) -> BTreeMap<String, Zeroizing<String>> {
    let pairs = environment.split(|&byte| byte == 0).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| NAMES.contains(name) || BEGINNINGS.iter().any(|start| name.starts_with(start)))
        .map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn only_what_says_where_a_system_is_is_taken() {
        let found = chosen(b"PGHOST=db\0ANTHROPIC_API_KEY=x\0DATABASE_URL=postgres://a=b\0PATH=/bin\0odd\0");
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["DATABASE_URL", "PGHOST"]);
        assert_eq!(found["DATABASE_URL"].as_str(), "postgres://a=b");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn they_are_a_running_programs_own() {
        let mut child = std::process::Command::new("cat")
            .env("PGHOST", "db.acme.example")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // What it says back shows that it runs: until then the kernel may still be laying out its environment.
        child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        assert_eq!(of(child.id())["PGHOST"].as_str(), "db.acme.example");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(of(child.id()).is_empty());
    }
}
