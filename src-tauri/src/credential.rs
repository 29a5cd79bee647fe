//! `sayso-desktop --credential add NAME | list | remove NAME`: the person's credentials for checking facts.
//!
//! Invariants: a secret comes from standard input or from a terminal that does not show it, never from the command
//! line, and is never printed; it goes into the keychain and nowhere else.

use std::ffi::OsString;
use std::io::{BufRead, IsTerminal, Read, Write};

use sayso_keys::{Keychain, credentials};
use sayso_wire::Places;
use zeroize::Zeroizing;

use crate::{Ended, say, status};

/// What is to be done with credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// Keep one.
    Add(String),
    /// Name all.
    List,
    /// Forget one.
    Remove(String),
}

impl Order {
    /// The words behind `--credential`.
    pub(crate) fn read(words: &[OsString]) -> Option<Self> {
        let words: Vec<&str> = words.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
        match words.as_slice() {
            ["add", name] => Some(Self::Add((*name).to_owned())),
            ["list"] => Some(Self::List),
            ["remove", name] => Some(Self::Remove((*name).to_owned())),
            _ => None,
        }
    }
}

pub(crate) fn run(order: &Order) -> Result<(), Ended> {
    let unavailable = |message: String| Ended { status: status::UNAVAILABLE, message };
    let told = |trouble: sayso_keys::Trouble| unavailable(trouble.to_string());
    let data = Places::from_env().map_err(|why| unavailable(why.to_string()))?.data;
    match order {
        Order::Add(name) => {
            let secret = secret(name).map_err(|why| {
                unavailable(format!("the secret could not be read: {why}. Nothing was kept"))
            })?;
            credentials::add(&data, &Keychain::new(), name, &secret).map_err(told)?;
            say(&format!("{name} is kept in the keychain. Facts are checked with it from now on."));
        }
        Order::List => {
            let names = credentials::names(&data).map_err(told)?;
            say(&if names.is_empty() { "No credential is kept.".to_owned() } else { names.join("\n") });
        }
        Order::Remove(name) => {
            let was_there = credentials::remove(&data, &Keychain::new(), name).map_err(told)?;
            let said = if was_there { "is forgotten." } else { "was not there." };
            say(&format!("{name} {said}"));
        }
    }
    Ok(())
}

/// One line from the terminal, unseen, or all of standard input without its last line's end.
fn secret(name: &str) -> std::io::Result<Zeroizing<String>> {
    let stdin = std::io::stdin();
    let mut text = Zeroizing::new(String::new());
    if stdin.is_terminal() {
        let mut prompt = std::io::stderr();
        write!(prompt, "The secret of {name} (it is not shown): ")?;
        prompt.flush()?;
        let _hidden = Hidden::of_stdin()?;
        stdin.lock().read_line(&mut text)?;
        writeln!(prompt)?;
    } else {
        // One byte over the limit is asked for, so that what is too long is refused and not cut.
        stdin.lock().take(credentials::SECRET_BYTES as u64 + 3).read_to_string(&mut text)?;
    }
    let end = text.trim_end_matches(['\n', '\r']).len();
    Ok(Zeroizing::new(text[..end].to_owned()))
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden(rustix::termios::Termios);

impl Hidden {
    fn of_stdin() -> std::io::Result<Self> {
        let before = rustix::termios::tcgetattr(std::io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(rustix::termios::LocalModes::ECHO);
        rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let now = rustix::termios::OptionalActions::Now;
        // Nothing is left to do where the terminal is gone.
        let _ = rustix::termios::tcsetattr(std::io::stdin(), now, &self.0);
    }
}

/// The keychain, as facts ask it.
#[derive(Debug)]
pub(crate) struct KeychainCredentials {
    data: std::path::PathBuf,
    keychain: Keychain,
}

impl KeychainCredentials {
    /// Those whose names stand in this folder.
    pub(crate) fn new(data: std::path::PathBuf) -> Self {
        Self { data, keychain: Keychain::with_limit(sayso_facts::limits::CREDENTIAL) }
    }
}

impl sayso_facts::Credentials for KeychainCredentials {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, String> {
        let names = credentials::names(&self.data).map_err(|trouble| trouble.to_string())?;
        // A keychain that nobody put it into is not woken, and asks for no password.
        if !names.iter().any(|known| known == name) {
            return Ok(None);
        }
        credentials::get(&self.keychain, name).map_err(|trouble| trouble.to_string())
    }
}
