//! From folders to a broker that serves its socket.
//!
//! Invariants: the lock beside the socket is taken before the ledger is opened, so two never write one ledger; what
//! cannot be read whole (rules, keys, ledger) ends the start with a sentence, and no request is ever judged by half.

use std::io::Read as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sayso_broker::clock::{BootId, SystemClock};
use sayso_broker::{Broker, BrokerDesk, Parts};
use sayso_keys::MachineKey;
use sayso_rules::Policy;
use sayso_wire::{ListenError, Listener, Places};

use crate::credential::KeychainCredentials;
use crate::session;

/// Bytes of a `sayso.toml`. A table of every folder of a large house takes a few thousand.
const CONFIG_BYTES: u64 = 1024 * 1024;

/// Why nothing serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoStart {
    /// Another Sayso serves these folders.
    AlreadyRunning(String),
    /// Something must be mended first; the sentence says what.
    Broken(String),
}

/// A broker that serves, with what the person should hear of its start.
pub(super) struct Served {
    pub(super) broker: Arc<Broker>,
    /// Something in the configuration was left out.
    pub(super) warning: Option<String>,
}

/// Starts the broker, and serves the socket until the process ends.
pub(super) async fn serve(places: &Places, activated: Option<Listener>) -> Result<Served, NoStart> {
    let tables = tokio::task::spawn_blocking(sayso_reading::warm);
    let (policy, warning) = policy(places)?;
    let listener = listen(places, &policy, activated)?;
    make_private(&places.data)
        .map_err(|e| broken(&format!("{} cannot be made", places.data.display()), &e))?;
    let machine =
        Arc::new(MachineKey::open_or_create(&places.data).map_err(|e| NoStart::Broken(e.to_string()))?);
    let trusted = sayso_keys::enrolment::load(&places.data).map_err(|e| NoStart::Broken(e.to_string()))?;
    let ledger = sayso_broker::open_ledger(&places.data, &machine)
        .await
        .map_err(|e| broken("the record cannot be opened", &e))?;
    let boot = BootId::of_this_boot().map_err(|e| broken("this boot has no name", &e))?;
    let parts = Parts {
        keys_folder: places.data.clone(),
        home: home(),
        machine,
        trusted,
        policy,
        ledger,
        clock: Arc::new(SystemClock),
        boot,
        key_trouble: None,
        credentials: Arc::new(KeychainCredentials::new(places.data.clone())),
    };
    let broker = Broker::start(parts).await.map_err(|e| broken("the record cannot be read", &e))?;
    let desk = Arc::new(BrokerDesk(Arc::clone(&broker)));
    // Who asks first does not wait for tables. That they could not be read before is no fault: they are then.
    let _warm = tables.await;
    tokio::spawn(async move {
        if let Err(error) = sayso_wire::serve(listener, desk, std::future::pending()).await {
            tracing::error!(%error, "the socket is served no more");
        }
    });
    Ok(Served { broker, warning })
}

fn broken(what: &str, why: &dyn std::fmt::Display) -> NoStart {
    NoStart::Broken(format!("{what}: {why}"))
}

/// The rules of the team's file and the person's own. A broken file of the person's is left out and told; a broken
/// one of the team's lets nothing pass but plain reads.
fn policy(places: &Places) -> Result<(Policy, Option<String>), NoStart> {
    let system = read_config(&places.system_config_file)?;
    let user = read_config(&places.config_file)?;
    let (policy, error) = Policy::from_toml_or_system(system.as_deref(), user.as_deref());
    let warning = error.map(|error| {
        tracing::error!(%error, "a sayso.toml was left out");
        error.to_string()
    });
    Ok((policy, warning))
}

/// A file that is there but cannot be read may say anything; nothing starts over it.
fn read_config(path: &Path) -> Result<Option<String>, NoStart> {
    let unreadable = |why: &dyn std::fmt::Display| broken(&format!("{} cannot be read", path.display()), why);
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(unreadable(&e)),
    };
    let mut text = String::new();
    let read = file.take(CONFIG_BYTES + 1).read_to_string(&mut text).map_err(|e| unreadable(&e))?;
    if u64::try_from(read).is_ok_and(|read| read > CONFIG_BYTES) {
        return Err(unreadable(&format!("it is larger than {CONFIG_BYTES} bytes")));
    }
    Ok(Some(text))
}

fn listen(places: &Places, policy: &Policy, activated: Option<Listener>) -> Result<Listener, NoStart> {
    let others = others(&policy.socket().users)?;
    if let Some(listener) = activated {
        return Ok(listener.allowing(&others));
    }
    let mut places = places.clone();
    if let Some(folder) = &policy.socket().folder {
        let name = places.socket.file_name().map(PathBuf::from).unwrap_or_default();
        places.run = PathBuf::from(folder);
        places.socket = places.run.join(name);
    }
    Listener::bind(&places, &others).map_err(|error| match error {
        ListenError::AlreadyRunning(_) => NoStart::AlreadyRunning(error.to_string()),
        error => NoStart::Broken(error.to_string()),
    })
}

/// The uids of the users that may ask beside the person's own programs.
fn others(users: &[String]) -> Result<Vec<u32>, NoStart> {
    users
        .iter()
        .map(|user| {
            user.parse().ok().or_else(|| session::uid_of(user)).ok_or_else(|| {
                NoStart::Broken(format!(
                    "sayso.toml names the user {user:?} under socket.users, and there is none of that name here. \
                     Correct it, or write the user's number"
                ))
            })
        })
        .collect()
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn home() -> PathBuf {
    std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_is_not_there_says_nothing_and_one_that_cannot_be_read_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sayso.toml");
        assert_eq!(read_config(&path), Ok(None));
        std::fs::write(&path, "[limits]\n").unwrap();
        assert_eq!(read_config(&path).unwrap().as_deref(), Some("[limits]\n"));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(read_config(&path), Err(NoStart::Broken(why)) if why.contains("sayso.toml")));
    }

    #[test]
    fn a_user_that_does_not_exist_is_named() {
        assert_eq!(others(&["1234".to_owned()]), Ok(vec![1234]));
        assert_eq!(others(&["root".to_owned()]), Ok(vec![0]));
        assert!(
            matches!(others(&["nobody-of-this-name".to_owned()]), Err(NoStart::Broken(why)) if why.contains("nobody-of-this-name"))
        );
    }
}
