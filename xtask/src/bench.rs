//! `cargo xtask bench`: figures as ratios taken in one run, on the release build.

use crate::packages;
use crate::steps::{Outcome, build_command, build_ui, cargo, step, target};

/// Builds for release and runs the benchmarks, all or the one named.
pub(crate) fn bench(only: Option<&str>) -> Outcome {
    packages::for_testing(false)?;
    build_ui()?;
    build_command()?;
    let packages = ["-p", "sayso-desktop", "-p", "sayso-tests"];
    step("Build", &mut cargo([&["build", "--locked", "--release", "--bins"], &packages[..]].concat()))?;
    let mut command = std::process::Command::new(target().join("release/figures"));
    command.args(only);
    step("Figures", &mut command)
}
