//! Large asks: reading, hiding and hashing megabytes takes a good part of a second, and is done on a thread of its own
//! so that nobody else's ask waits for it.

use std::sync::Arc;

use sayso_wire::protocol::RpcFault;

use crate::{Broker, pipeline};

impl Broker {
    /// Does `work`, which reads all of an action: here, or on a thread of its own where the action is `large`.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        large: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RpcFault> {
        if !large {
            return Ok(work());
        }
        // Never closed, so there is always a turn to come.
        let turn = Arc::clone(&self.large).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|_| pipeline::interrupted())
    }
}
