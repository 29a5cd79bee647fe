//! `sayso-desktop`: the tray, and the window as a process of its own.
//!
//! # Modes
//! - `sayso-desktop`: the tray process, with its window open.
//! - `sayso-desktop --hidden`: the tray process alone.
//! - `sayso-desktop --window`: the window process. The tray starts it, over pipes that nobody else can open.
//! - `sayso-desktop --credential …`: what `sayso credential` becomes; keeps a secret in the keychain and ends.
//!
//! # Invariants
//! - The tray process never makes a webview, so that Sayso at rest is small; the window process ends with its
//!   window, so that its memory goes back to the system.
//! - Only the window process touches the person's key for a decision, and only at the moment of signing.
//! - Nothing in the environment makes a release build drivable from outside.
//! - No display, no folder, no keychain: a sentence and an exit status, never a panic.
//!
//! # Deliberately absent
//! Judgement. What needs a person, what a decision is worth and what is recorded is the broker's.

#[cfg(all(feature = "webdriver", not(debug_assertions)))]
compile_error!("the feature `webdriver` lets anyone press Approve; it is for debug builds in tests alone");

mod arguments;
mod credential;
mod session;
mod tray;
mod window;

use std::process::ExitCode;

use arguments::Mode;

/// Exit statuses of `sayso-desktop`, as in sysexits.
mod status {
    /// Bad usage.
    pub(crate) const USAGE: u8 = 64;
    /// No display, or no folder of the session.
    pub(crate) const UNAVAILABLE: u8 = 69;
    /// Something of Sayso's own is broken: the ledger, the keys, the rules.
    pub(crate) const SOFTWARE: u8 = 70;
}

fn main() -> ExitCode {
    shut_the_inspectors();
    match arguments::read(std::env::args_os().skip(1)) {
        Ok(Mode::Tray { hidden }) => ended(tray::run(hidden)),
        Ok(Mode::Window) => ended(window::run()),
        Ok(Mode::Credential(order)) => ended(credential::run(&order)),
        Ok(Mode::Said(text)) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(text) => {
            complain(&text);
            ExitCode::from(status::USAGE)
        }
    }
}

/// What a process has to say at its end, where it did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The exit status.
    pub(crate) status: u8,
    /// A sentence with what to do.
    pub(crate) message: String,
}

fn ended(outcome: Result<(), Ended>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(ended) => {
            complain(&ended.message);
            ExitCode::from(ended.status)
        }
    }
}

#[expect(clippy::print_stdout, reason = "answers to a person at a terminal")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the last word of a process that could not go on")]
fn complain(text: &str) {
    eprintln!("sayso-desktop: {text}");
}

/// Takes away what would let a WebDriver or an inspector drive the window, before anything reads it.
fn shut_the_inspectors() {
    #[cfg(not(feature = "webdriver"))]
    for name in ["TAURI_WEBVIEW_AUTOMATION", "WEBKIT_INSPECTOR_SERVER", "WEBKIT_INSPECTOR_HTTP_SERVER"] {
        // SAFETY: the first thing in `main`; there is no other thread that could read the environment.
        #[expect(unsafe_code, reason = "removing a variable is unsafe only beside other threads")]
        unsafe {
            std::env::remove_var(name);
        }
    }
}

/// Logs go to stderr, in both processes: in the window's, stdout is a pipe with a language of its own.
fn log_to_stderr() {
    let level = tracing_subscriber::EnvFilter::try_from_env("SAYSO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,sayso_broker=info,sayso_desktop=info"));
    // A second subscriber is refused; there is none.
    let _ = tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).try_init();
}

/// The configuration and the page, compiled in once for both processes.
fn context() -> tauri::Context {
    tauri::generate_context!()
}
