//! The two commands of the README (`run`, `test`), the benchmarks, and the checks of the house.
//!
//! Invariants: nothing is installed without saying what and asking, unless `--yes` (or CI) says so; nothing here
//! needs the network beyond the package registries; a step that fails ends the whole with its name.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command; its words are its product")]

mod bench;
mod checks;
mod deb;
mod packages;
mod run;
mod steps;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, try, test and measure Sayso")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, build, start the tray application and send it one practice request.
    Run {
        /// Install without asking.
        #[arg(long)]
        yes: bool,
        /// Where the screenshot goes when there is no display.
        #[arg(long, default_value = "target/practice.png")]
        screenshot: std::path::PathBuf,
    },
    /// Everything: formatting, lints, checks of the house, the UI's own checks, all tests.
    Test {
        /// Install without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Measure, and print ratios taken in one run.
    Bench {
        /// Only the benchmark of this name.
        only: Option<String>,
    },
    /// Build the Debian package, manual pages and completions included.
    Deb,
    /// Regenerate the TypeScript twins of the Rust types.
    Types,
    /// The checks of the house alone: layers, names, lengths, drift of generated files.
    Check,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Run { yes, screenshot } => run::run(yes, &screenshot),
        Task::Test { yes } => test::test(yes),
        Task::Bench { only } => bench::bench(only.as_deref()),
        Task::Deb => deb::deb(),
        Task::Types => checks::write_types(),
        Task::Check => checks::all(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("\nxtask: {failed}");
            ExitCode::FAILURE
        }
    }
}
