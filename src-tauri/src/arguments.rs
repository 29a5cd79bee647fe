//! What `sayso-desktop` takes. Three words do not need a parser.

use std::ffi::OsString;

use crate::credential::Order;

/// Which process this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The tray; its window opens at the start unless hidden.
    Tray {
        /// Whether to start to the tray alone.
        hidden: bool,
    },
    /// The window, started by the tray.
    Window,
    /// Keeping, naming or forgetting a credential.
    Credential(Order),
    /// Nothing but a text to print.
    Said(String),
}

const HELP: &str = "\
Sayso's tray application: agents ask at its socket, you decide in its window.

Usage: sayso-desktop [--hidden]

  --hidden   start to the tray alone, without the window
  --version  print the version
  --help     print this

Started a second time, it opens the window of the first. Quit it from the tray.
SAYSO_HOME=FOLDER keeps configuration, data and socket in that folder: a second, separate Sayso.";

pub(crate) fn read(mut words: impl Iterator<Item = OsString>) -> Result<Mode, String> {
    let mut mode = Mode::Tray { hidden: false };
    while let Some(word) = words.next() {
        mode = match word.to_str() {
            Some("--hidden") => Mode::Tray { hidden: true },
            Some("--window") => return Ok(Mode::Window),
            Some("--credential") => {
                let order = Order::read(&words.collect::<Vec<_>>());
                return order.map(Mode::Credential).ok_or_else(|| {
                    "takes --credential add NAME, --credential list or --credential remove NAME".to_owned()
                });
            }
            Some("--help" | "-h") => return Ok(Mode::Said(HELP.to_owned())),
            Some("--version" | "-V") => {
                return Ok(Mode::Said(format!("sayso-desktop {}", env!("CARGO_PKG_VERSION"))));
            }
            _ => return Err(format!("does not know {}; see --help", word.display())),
        };
    }
    Ok(mode)
}

/// Whether the words that another start handed over ask for the window: all but `--hidden` do.
pub(crate) fn wants_window(words: &[String]) -> bool {
    !words.iter().skip(1).any(|word| word == "--hidden")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<Mode, String> {
        read(words.iter().map(OsString::from))
    }

    #[test]
    fn every_word_is_known_or_refused_by_name() {
        assert_eq!(of(&[]), Ok(Mode::Tray { hidden: false }));
        assert_eq!(of(&["--hidden"]), Ok(Mode::Tray { hidden: true }));
        assert_eq!(of(&["--window"]), Ok(Mode::Window));
        assert_eq!(of(&["--credential", "list"]), Ok(Mode::Credential(Order::List)));
        assert_eq!(of(&["--credential", "add", "a"]), Ok(Mode::Credential(Order::Add("a".to_owned()))));
        assert!(of(&["--credential", "add"]).unwrap_err().contains("add NAME"));
        assert!(matches!(of(&["--help"]), Ok(Mode::Said(text)) if text.contains("--hidden")));
        assert!(of(&["--hiden"]).unwrap_err().contains("--hiden"));
    }

    #[test]
    fn a_second_start_opens_the_window_unless_it_is_hidden() {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert!(wants_window(&words(&["sayso-desktop"])));
        assert!(!wants_window(&words(&["sayso-desktop", "--hidden"])));
    }
}
