//! Where everything lives: the one resolver of folders.
//!
//! Invariants: every path is absolute; `SAYSO_HOME` moves all of them together, so a test or a second copy never
//! touches the first; what is missing is an error that says what to set, never a guess.
//!
//! Deliberately absent: making or checking folders (the listener checks its own), and reading what is in them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folders and files of one Sayso.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The person's own configuration.
    pub config_file: PathBuf,
    /// What a team hands out; the person's own file may only tighten it.
    pub system_config_file: PathBuf,
    /// The folder (0700) of keys and ledger.
    pub data: PathBuf,
    /// The socket's folder (0700).
    pub run: PathBuf,
    /// The socket.
    pub socket: PathBuf,
}

/// A folder that cannot be told. The message says what to set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// `SAYSO_HOME` is there and useless.
    #[error(
        "SAYSO_HOME is {0}. Set it to an absolute folder, or unset it to use the folders of your own session."
    )]
    BadHome(&'static str),
    /// `SAYSO_SOCKET` is there and useless.
    #[error(
        "SAYSO_SOCKET is not an absolute path with a folder. Set it to where Sayso's socket is, or unset it."
    )]
    BadSocket,
    /// Neither the folder's own variable nor `HOME`.
    #[error(
        "HOME is not set, so {0} cannot be found. Set HOME, or SAYSO_HOME to keep everything in one folder."
    )]
    NoHome(&'static str),
    /// No folder for the socket.
    #[error(
        "XDG_RUNTIME_DIR is not set, so the socket's folder cannot be found. A desktop session sets it; elsewhere \
         run `export XDG_RUNTIME_DIR=/run/user/$(id -u)`, or set SAYSO_HOME to keep everything in one folder."
    )]
    NoRuntimeFolder,
}

impl NoPlace {
    /// The stable code, as in `--json`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadHome(_) => "bad_sayso_home",
            Self::BadSocket => "bad_sayso_socket",
            Self::NoHome(_) => "no_home",
            Self::NoRuntimeFolder => "no_runtime_folder",
        }
    }
}

impl Places {
    /// The places that this process's environment names.
    ///
    /// # Errors
    /// [`NoPlace`] where a variable is missing or useless.
    pub fn from_env() -> Result<Self, NoPlace> {
        Self::resolve(|name| std::env::var_os(name))
    }

    /// The places that these variables name. `SAYSO_SOCKET` names the socket alone, whatever else holds: for agents
    /// under a user of their own, who reach a socket that is not in their own session's folder.
    ///
    /// # Errors
    /// [`NoPlace`] where a variable is missing or useless.
    pub fn resolve(look: impl Fn(&str) -> Option<OsString>) -> Result<Self, NoPlace> {
        let Some(socket) = look("SAYSO_SOCKET").map(PathBuf::from) else { return Self::usual(look) };
        let run = socket.parent().filter(|_| socket.is_absolute()).ok_or(NoPlace::BadSocket)?.to_owned();
        // The usual socket's folder need not be there for this user.
        let places = Self::usual(|name| match look(name) {
            None if name == "XDG_RUNTIME_DIR" => Some(run.clone().into()),
            found => found,
        })?;
        Ok(Self { run, socket, ..places })
    }

    fn usual(look: impl Fn(&str) -> Option<OsString>) -> Result<Self, NoPlace> {
        if let Some(home) = look("SAYSO_HOME") {
            // An empty SAYSO_HOME is a script whose own variable was empty. It meant a folder apart, so falling
            // back to the person's own would be the worst reading of it.
            if home.is_empty() {
                return Err(NoPlace::BadHome("empty"));
            }
            let home = PathBuf::from(home);
            if !home.is_absolute() {
                return Err(NoPlace::BadHome("not an absolute path"));
            }
            return Ok(Self::under(&home));
        }
        let data =
            named(&look, "XDG_DATA_HOME", ".local/share", "the folder of keys and ledger")?.join("sayso");
        let config = named(&look, "XDG_CONFIG_HOME", ".config", "sayso.toml")?.join("sayso");
        let run = match absolute(look("XDG_RUNTIME_DIR")) {
            Some(folder) => folder.join("sayso"),
            // macOS has no such folder; the one of keys and ledger is as private.
            None if cfg!(target_os = "macos") => data.join("run"),
            None => return Err(NoPlace::NoRuntimeFolder),
        };
        Ok(Self {
            config_file: config.join("sayso.toml"),
            system_config_file: PathBuf::from("/etc/sayso/sayso.toml"),
            data,
            socket: run.join(SOCKET),
            run,
        })
    }

    /// The places under one folder, as `SAYSO_HOME` has them.
    pub fn under(home: &Path) -> Self {
        let run = home.join("run");
        Self {
            config_file: home.join("sayso.toml"),
            system_config_file: home.join("etc/sayso.toml"),
            data: home.join("data"),
            socket: run.join(SOCKET),
            run,
        }
    }

    /// The public keys whose word counts (a JWKS).
    pub fn keys_file(&self) -> PathBuf {
        self.data.join("keys.json")
    }

    /// The machine's own key (0600).
    pub fn machine_key_file(&self) -> PathBuf {
        self.data.join("machine.key")
    }

    /// The ledger.
    pub fn ledger_file(&self) -> PathBuf {
        self.data.join("ledger.db")
    }
}

/// The socket's name in its folder.
pub(crate) const SOCKET: &str = "sayso.sock";

/// The XDG rule: a relative path is as if it were not set.
fn absolute(value: Option<OsString>) -> Option<PathBuf> {
    value.map(PathBuf::from).filter(|path| path.is_absolute())
}

fn named(
    look: &impl Fn(&str) -> Option<OsString>,
    variable: &str,
    under_home: &str,
    what: &'static str,
) -> Result<PathBuf, NoPlace> {
    absolute(look(variable))
        .or_else(|| absolute(look("HOME")).map(|home| home.join(under_home)))
        .ok_or(NoPlace::NoHome(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Result<Places, NoPlace> {
        Places::resolve(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v)))
    }

    #[test]
    fn sayso_socket_names_the_socket_alone() {
        let with = |socket: &'static str| {
            Places::resolve(move |name| match name {
                "SAYSO_SOCKET" => Some(socket.into()),
                "HOME" => Some("/home/agent".into()),
                _ => None,
            })
        };
        let places = with("/run/sayso-anna/sayso.sock").unwrap();
        assert_eq!(places.run, Path::new("/run/sayso-anna"));
        assert_eq!(places.socket, Path::new("/run/sayso-anna/sayso.sock"));
        assert_eq!(places.config_file, Path::new("/home/agent/.config/sayso/sayso.toml"));
        assert_eq!(with("sayso.sock"), Err(NoPlace::BadSocket));
        assert_eq!(with(""), Err(NoPlace::BadSocket));
    }

    #[test]
    fn sayso_home_moves_everything_into_one_folder() {
        let found = places(&[("SAYSO_HOME", "/x"), ("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r")]).unwrap();
        assert_eq!(found, Places::under(Path::new("/x")));
        assert_eq!(found.config_file, Path::new("/x/sayso.toml"));
        assert_eq!(found.system_config_file, Path::new("/x/etc/sayso.toml"));
        assert_eq!(found.data, Path::new("/x/data"));
        assert_eq!(found.socket, Path::new("/x/run/sayso.sock"));
        assert_eq!(found.keys_file(), Path::new("/x/data/keys.json"));
    }

    #[test]
    fn an_empty_or_relative_sayso_home_never_means_the_persons_own_folders() {
        for bad in ["", "here", "./x"] {
            let refusal =
                places(&[("SAYSO_HOME", bad), ("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r")]).unwrap_err();
            assert_eq!(refusal.code(), "bad_sayso_home");
        }
    }

    #[test]
    fn without_it_the_xdg_folders_count_and_a_relative_one_does_not() {
        let found = places(&[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r"), ("XDG_DATA_HOME", "rel")]).unwrap();
        assert_eq!(found.config_file, Path::new("/h/.config/sayso/sayso.toml"));
        assert_eq!(found.system_config_file, Path::new("/etc/sayso/sayso.toml"));
        assert_eq!(found.data, Path::new("/h/.local/share/sayso"));
        assert_eq!(found.socket, Path::new("/r/sayso/sayso.sock"));
        let found =
            places(&[("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "/d"), ("XDG_RUNTIME_DIR", "/r")]).unwrap();
        assert_eq!(found.config_file, Path::new("/c/sayso/sayso.toml"));
        assert_eq!(found.data, Path::new("/d/sayso"));
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_set() {
        let refusal = places(&[("XDG_RUNTIME_DIR", "/r")]).unwrap_err();
        assert!(refusal.to_string().contains("Set HOME"), "{refusal}");
        if !cfg!(target_os = "macos") {
            let refusal = places(&[("HOME", "/h"), ("XDG_RUNTIME_DIR", "")]).unwrap_err();
            assert!(refusal.to_string().contains("export XDG_RUNTIME_DIR"), "{refusal}");
        }
    }
}
