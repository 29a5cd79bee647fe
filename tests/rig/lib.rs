//! The rig of the end to end tests: a desktop without a screen, the application in it, `sayso` as an agent would
//! run it, and a WebDriver at the window.
//!
//! Invariants: every test has a desktop and a `SAYSO_HOME` of its own; whatever was started is ended with its
//! test; every wait is for an event and has a limit ([`PATIENCE`]) that only a fault reaches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc, missing_docs)]

mod app;
mod desktop;
mod driver;
/// Railway's stand-in, which the collector's own tests use too.
#[path = "../../crates/facts/tests/rig/railway.rs"]
pub mod railway;
mod shop;
mod stories;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use app::{App, Asking, sayso, status};
pub use desktop::Desktop;
pub use driver::Driver;
pub use shop::{git, shop};
pub use stories::{claude_code, cursor, decided, said_no};

/// How long a wait lasts before the test fails. Long: the machine may be busy. No test waits this long when it passes.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The folder with the built programs.
pub fn programs() -> PathBuf {
    let mut folder = std::env::current_exe().expect("the test knows its own program");
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    assert!(
        folder.join("sayso-desktop").exists(),
        "build the programs first: `cargo xtask test`, or `cargo build --workspace --features sayso-desktop/webdriver`"
    );
    folder
}

/// Looks again and again until `look` gives something.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
