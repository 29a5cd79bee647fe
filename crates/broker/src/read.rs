//! Reading an ask: its bytes, and the scripts that they run.
//!
//! Invariants: the bytes alone are read at once; a disk is touched, and a large ask worked on, beside the others. What is
//! decided is about the bytes of every script that was read through: one that changed since ends it.

use std::path::Path;

use sayso_core::reading::FileRead;
use sayso_core::record::Kept;
use sayso_core::visible::reveal_line;
use sayso_core::{Action, Ask, Digest, Reading, redact};
use sayso_facts::Around;
use sayso_wire::desk::Caller;
use sayso_wire::protocol::RpcFault;

use crate::{Broker, limits};

/// An ask with its action's secrets hidden, its action's digest, and what it would do.
pub(crate) type Read = (Ask, Action, Digest, Reading);

impl Broker {
    /// What an ask says.
    pub(crate) async fn read(&self, ask: Ask) -> Result<Read, RpcFault> {
        let large = ask.action.is_over(limits::LARGE_ACTION);
        let ((ask, hidden, action, reading), more) = self.aside(large, move || bytes(ask)).await??;
        if !more {
            return Ok((ask, hidden, action, reading));
        }
        let through = move || {
            let reading = sayso_sources::read_through(&ask.action);
            (ask, hidden, action, reading)
        };
        self.aside(true, through).await
    }

    /// Why what was asked cannot be approved or used any more: a script that it runs is not what was read.
    pub(crate) async fn script_changed(&self, kept: &Kept) -> Result<Option<String>, RpcFault> {
        if kept.files.is_empty() {
            return Ok(None);
        }
        let files = kept.files.clone();
        let changed = self.aside(true, move || changed(&files)).await?;
        Ok(changed)
    }

    /// What facts are asked with for this caller: its own variables only where it talks to a system at all.
    pub(crate) fn around_of(&self, caller: &Caller, reading: &Reading) -> Around {
        let mut around = self.around.clone();
        let asker = caller.peer.processes.first().filter(|_| caller.same_user && !reading.reaches.is_empty());
        if let Some(asker) = asker {
            around.variables = sayso_wire::variables::of(asker.pid);
        }
        around
    }
}

/// All that takes as long as the ask is large; and whether scripts that it runs would say more.
fn bytes(ask: Ask) -> Result<(Read, bool), RpcFault> {
    let action = ask.action.digest().map_err(|e| RpcFault::refused("bad_action", e.to_string()))?;
    let (reading, more) = sayso_sources::read_bytes(&ask.action);
    let hidden = redact::action(&ask.action);
    Ok(((ask, hidden, action, reading), more))
}

/// A sentence on the first of these that is not what was read. Blocking.
pub(crate) fn changed(files: &[FileRead]) -> Option<String> {
    let file = sayso_sources::changed(files)?;
    let name = Path::new(&file.path).file_name().unwrap_or_default().to_string_lossy();
    Some(format!(
        "{} changed after it was read, so what was decided is not what would run. Ask again.",
        reveal_line(&redact::text(&name))
    ))
}
