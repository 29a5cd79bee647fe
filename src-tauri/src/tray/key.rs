//! The person's key at the start: made if there never was one, looked for if there was. On a thread of its own,
//! because a locked keychain answers only when its prompt was answered.
//!
//! Invariant: rules decide and silence denies without it. What is wrong stands in `sayso status` and in the window.

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use sayso_broker::Broker;
use sayso_keys::{Keychain, Trouble};
use sayso_wire::Places;

use crate::session;

/// How often the list of keys is looked at while the key is in trouble: the window may have mended it.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

pub(super) fn watch(broker: &Arc<Broker>, places: &Places) -> std::io::Result<()> {
    let broker = Arc::downgrade(broker);
    let places = places.clone();
    std::thread::Builder::new()
        .name("sayso-key".to_owned())
        .spawn(move || until_it_stands(&broker, &places))?;
    Ok(())
}

fn until_it_stands(broker: &Weak<Broker>, places: &Places) {
    let keychain = Keychain::new();
    loop {
        let seen = changed(&places.keys_file());
        match sayso_keys::first_start(&places.data, &keychain, &session::user(), &session::host()) {
            Ok(_) => {
                let Some(broker) = broker.upgrade() else { return };
                match tauri::async_runtime::block_on(broker.take_listed_keys()) {
                    Ok(()) => return,
                    Err(fault) => {
                        tracing::warn!(code = fault.code, %fault, "the list of keys does not count");
                        broker.set_key_trouble(Some(fault.message));
                    }
                }
            }
            Err(trouble) => {
                let Some(broker) = broker.upgrade() else { return };
                tell(&broker, &trouble);
            }
        }
        // Asking the keychain again could open its prompt again and again; the list of keys can be looked at freely.
        while changed(&places.keys_file()) == seen {
            std::thread::sleep(LOOK_AGAIN);
            if broker.strong_count() == 0 {
                return;
            }
        }
    }
}

fn tell(broker: &Broker, trouble: &Trouble) {
    tracing::warn!(code = trouble.code(), %trouble, "the person's key cannot be used");
    broker.set_key_trouble(Some(trouble.to_string()));
}

fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|meta| meta.modified()).ok()
}
