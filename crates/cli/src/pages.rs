//! Manual pages and shell completions, made from the same types that read the command line.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;

use crate::args::Cli;
use crate::exit::Exit;
use crate::words;

/// Writes `sayso.1` and a page for each command into `folder`.
pub(crate) fn man(folder: &Path) -> Exit {
    match clap_mangen::generate_to(Cli::command(), folder) {
        Ok(()) => Exit::Approved,
        Err(why) => {
            words::complain(&format!("the manual cannot be written into {}: {why}", folder.display()));
            Exit::Usage
        }
    }
}

/// Prints the completions for `shell`.
pub(crate) fn completions(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sayso", &mut script);
    let _gone = std::io::stdout().lock().write_all(&script);
    Exit::Approved
}
