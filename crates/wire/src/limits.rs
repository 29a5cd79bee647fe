//! Every bound that the socket puts on those who use it, each with its reason. The bound on one line is
//! [`sayso_core::limits::LINE_BYTES`].
//!
//! Over a limit is an answer that names the limit, or a closed connection; nothing is cut off in silence.

use std::time::Duration;

/// Connections at once. 10,000 waiting askers must fit, with room for others beside them; each costs a file and a
/// few kilobytes.
pub const CONNECTIONS: usize = 16_384;

/// Connections of one uid. Leaves room for the person's own commands where agents run as a user of their own.
pub const CONNECTIONS_PER_UID: usize = 12_288;

/// Files kept back from connections: ledger, configuration, folders that facts look into, pipes to the window.
pub const FILES_KEPT_BACK: usize = 512;

/// Connections that the kernel keeps until they are accepted: Linux's own most (`net.core.somaxconn`).
pub const BACKLOG: i32 = 4096;

/// Requests in flight on one connection. A gateway that asks for many agents at once needs dozens.
pub const IN_FLIGHT: usize = 256;

/// How long a line may take from its first byte to its end. 8 MiB through a local socket take milliseconds.
pub const HALF_LINE: Duration = Duration::from_secs(10);

/// How long a client may leave our answers unread before its connection is closed.
pub const UNREAD: Duration = Duration::from_secs(10);

/// Bytes of answers that wait for one client before we stop reading what it asks next.
pub const OUTBOX_BYTES: usize = 256 * 1024;

/// Bytes of answers waiting for one client from which on progress is dropped: it is news, not an answer.
pub const PROGRESS_OUTBOX_BYTES: usize = 32 * 1024;

/// Progress messages that wait for one connection's task. More are dropped by the sender.
pub const PROGRESS_QUEUE: usize = 16;

/// Bytes held for all clients together: half lines, lines being answered, answers not yet read.
pub const BYTES_IN_ALL: usize = 256 * 1024 * 1024;

/// How much of [`BYTES_IN_ALL`] long lines may take, so that a flood of them leaves room for short ones.
pub const BYTES_FOR_LONG_LINES: usize = 192 * 1024 * 1024;

/// Bytes held for one uid, so that another user's agents cannot take it all.
pub const BYTES_PER_UID: usize = 224 * 1024 * 1024;

/// Bytes held for one connection: a longest line in the making, one being answered, and their like.
pub const BYTES_PER_CONNECTION: usize = 32 * 1024 * 1024;

/// Bytes read at once. One such buffer for each thread of ours, none for a connection that waits.
pub const READ_BYTES: usize = 64 * 1024;

/// A line over this is long: it is read on a thread of its own, so that parsing it delays nobody.
pub const LONG_LINE_BYTES: usize = READ_BYTES;

/// Long lines parsed at once. Parsing one makes a small multiple of its bytes.
pub const LONG_LINES_AT_ONCE: usize = 2;

/// Bytes of a buffer that a connection keeps while it has nothing in it; a larger one is given back.
pub const KEPT_BYTES: usize = 1024;

/// Lines that are not messages before the connection is closed. A client that errs once or twice learns from the
/// answers; one that sends garbage does not.
pub const STRIKES: u32 = 32;

/// Bytes of a message's `id`. A UUID takes 36.
pub const ID_BYTES: usize = 128;

/// Bytes of the sentence in an error. It may quote a field's name, and a name may be as long as a line.
pub const FAULT_BYTES: usize = 512;

/// Processes named in a chain, from the caller up. An agent in an editor in a terminal in a session takes about 8.
pub const PROCESSES: usize = 16;

/// Bytes of a command line that are shown.
pub const COMMAND_LINE_BYTES: usize = 2048;

/// Bytes of a command line that are read: more than is shown, so that a secret is never cut before it is seen to
/// be one.
pub const COMMAND_LINE_READ_BYTES: usize = 16 * 1024;

/// Chains of processes read at once, and for how long at most. Reading `/proc` can wait for the other process's
/// memory; whoever makes it wait delays only itself.
pub const CHAINS_AT_ONCE: usize = 8;

/// How long reading a chain may take; after it the caller is known by its numbers alone.
pub const CHAIN: Duration = Duration::from_secs(2);

/// How long a closed connection waits for the word that its process ended. The kernel closes a process's files a
/// moment before it reports its end.
pub const LEAVING: Duration = Duration::from_millis(100);

/// How long ready answers may take to leave at a shutdown.
pub const SHUTDOWN: Duration = Duration::from_secs(1);

/// How long accepting pauses when the system has no file or memory left for a connection.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a client waits for a server that does not accept, or does not read what it is sent.
pub const CLIENT_SEND: Duration = Duration::from_secs(10);

/// How often a client that started the application looks for its socket.
pub const START_LOOK: Duration = Duration::from_millis(20);
