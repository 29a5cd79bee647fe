//! `sayso credential`: becomes the application, which alone reaches the keychain.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::args::CredentialOrder;
use crate::exit::Exit;
use crate::{start, words};

/// Comes back only where there is no application to become.
pub(crate) fn run(order: &CredentialOrder) -> Exit {
    let words: Vec<&str> = match order {
        CredentialOrder::Add { name } => vec!["add", name],
        CredentialOrder::List => vec!["list"],
        CredentialOrder::Remove { name } => vec!["remove", name],
    };
    let why = Command::new(start::program()).arg("--credential").args(words).exec();
    words::complain(&format!(
        "sayso-desktop, which keeps credentials, cannot be run ({why}); install it beside sayso"
    ));
    Exit::Unreachable
}
