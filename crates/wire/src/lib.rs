//! The local socket: JSON-RPC 2.0, one message a line.
//!
//! # Invariants
//! - No method approves. A client can ask, wait, withdraw and use what was approved.
//! - Whatever one client sends or fails to read, others are served as if it were not there: everything that a
//!   client can make us hold or do has a named bound in [`limits`].
//! - The peer is who the kernel says it is; a uid that is not named gets a sentence and a closed connection.
//! - The folder of the socket is checked by its descriptor, and the socket is bound through that descriptor.
//! - A caller that is gone is noticed: its futures at the desk are dropped, and [`desk::Caller::process_gone`] is
//!   set first where its process ended.
//!
//! # Deliberately absent
//! - What any of it means: the broker implements [`desk::Desk`] and this crate only carries words.
//! - Windows. Its named pipe is a piece of its own; everything that touches a socket is compiled for Unix alone,
//!   so a build for Windows has the words ([`protocol`], [`rpc`], [`places`]) and neither [`client`] nor server.
//!   On macOS the caller's process is named but not watched: there is no pidfd.
//! - A runtime in the client. [`client`] is plain blocking `std`, and is all there is without the feature `server`.

#[cfg(unix)]
pub mod client;
#[cfg(feature = "server")]
pub mod desk;
#[cfg(unix)]
mod dial;
pub mod limits;
#[cfg(unix)]
mod os;
pub mod places;
pub mod protocol;
pub mod rpc;

#[cfg(all(unix, feature = "server"))]
mod activation;
#[cfg(all(unix, feature = "server"))]
mod connection;
#[cfg(all(unix, feature = "server"))]
mod flow;
#[cfg(all(unix, feature = "server"))]
pub mod listener;
#[cfg(all(unix, feature = "server"))]
mod peer;
#[cfg(all(unix, feature = "server"))]
mod process;
#[cfg(all(unix, feature = "server"))]
mod room;
#[cfg(all(unix, feature = "server"))]
pub mod server;
#[cfg(all(unix, feature = "server"))]
pub mod variables;

#[cfg(unix)]
pub use client::{Client, ClientError, Unreachable};
#[cfg(all(unix, feature = "server"))]
pub use listener::{ListenError, Listener};
pub use places::{NoPlace, Places};
#[cfg(all(unix, feature = "server"))]
pub use server::serve;
