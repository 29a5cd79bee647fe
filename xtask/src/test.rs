//! `cargo xtask test`: everything, cheapest first, ending with cargo test's own lines.

use crate::steps::{Outcome, build_ui, cargo, program, root, step};
use crate::{checks, packages};

/// Runs everything.
pub(crate) fn test(yes: bool) -> Outcome {
    packages::for_testing(yes)?;
    step("Formatting", &mut cargo(["fmt", "--all", "--check"]))?;
    checks::all()?;
    build_ui()?;
    let ui = root().join("ui");
    for check in ["check", "lint", "test"] {
        step(&format!("UI: {check}"), program("npm", ["run", "--silent", check]).current_dir(&ui))?;
    }
    let all = ["--locked", "--workspace", "--all-targets"];
    step("Lints", &mut cargo([&["clippy", "--quiet"], &all[..], &["--", "-D", "warnings"]].concat()))?;
    // The programs that the tests drive are built as the tests want them: the window open to a WebDriver.
    let driven = ["--locked", "--workspace", "--features", "sayso-desktop/webdriver"];
    step("Build", &mut cargo([&["build", "--bins"], &driven[..]].concat()))?;
    step("Tests", &mut cargo([&["test", "--no-fail-fast"], &driven[..]].concat()))
}
