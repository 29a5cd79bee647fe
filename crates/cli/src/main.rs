//! `sayso`: what agents and people run.
//!
//! # Invariants
//! - Nothing here approves. An approval is believed only after its receipt was verified against the pinned keys
//!   ([`pinned`]), for the very action, nonce and name that were asked ([`asking`]).
//! - Silence, doubt and failure are denials, each with a sentence and its own exit status ([`exit`]).
//! - The hook's way is short: no runtime, no configuration, no parsing of the command line by its types.
//! - Text from others goes to a terminal through [`words::safe`] alone.
//!
//! # Deliberately absent
//! Keys, ledger and broker: a client asks, waits, uses and takes back.

mod args;
mod ask;
mod asking;
mod credential;
mod exit;
mod history;
mod hook;
mod interrupt;
mod judge;
mod pages;
mod parent;
mod pinned;
mod read;
mod run;
mod start;
mod verify;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, What};
use exit::Exit;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if hook::is_asked_for(&words) {
        return hook::run(&words[1..]).into();
    }
    command().into()
}

fn command() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(other) => {
            let _gone = other.print();
            return if other.use_stderr() { Exit::Usage } else { Exit::Approved };
        }
    };
    match cli.what {
        What::Ask(args) => ask::run(&args),
        What::Run(args) => run::run(&args),
        What::Read(args) => read::run(&args),
        What::Hook(args) => hook::run(&args.words()),
        What::Verify(args) => verify::run(&args),
        What::Keys => keys(),
        What::Credential { order } => credential::run(&order),
        What::Log(args) => history::log(&args),
        What::Status { json } => history::status(json),
        What::StartDesktop => start::detached(),
        What::Man { folder } => pages::man(&folder),
        What::Completions { shell } => pages::completions(shell),
    }
}

/// `sayso keys`.
fn keys() -> Exit {
    let keys = sayso_wire::Places::from_env()
        .map_err(|why| why.to_string())
        .and_then(|places| pinned::keys(&places).map_err(|why| why.to_string()))
        .and_then(|keys| serde_json::to_string_pretty(&keys).map_err(|why| why.to_string()));
    match keys {
        Ok(jwks) => {
            words::say(&jwks);
            Exit::Approved
        }
        Err(why) => {
            words::complain(&words::safe(&why));
            Exit::Unreachable
        }
    }
}
