//! The broker's bounds, each with its reason.

/// Requests that wait at once, of all askers. Ten thousand fit in 200 MB; past twice that somebody floods.
pub const WAITING: usize = 20_000;

/// Requests that wait at once from one user other than Sayso's own.
pub const WAITING_OF_OTHER_USER: usize = 2_000;

/// Requests that wait at once from one process with those it started. Ten thousand of one agent fit, and eight thousand
/// places are left for everybody else.
pub const WAITING_OF_ONE_PROCESS: usize = 12_000;

/// How far up from the asker its processes are counted: `sayso`, the shell around it, the agent. Further up stands what
/// different agents share, a terminal or the session.
pub const NEAR_PROCESSES: usize = 3;

/// Bytes that those which wait asked for in all. They are kept about three times over: the ask, its card, its facts.
pub const WAITING_BYTES: usize = 128 * 1024 * 1024;

/// Bytes of those from one user other than Sayso's own: a few of the largest.
pub const WAITING_BYTES_OF_OTHER_USER: usize = 32 * 1024 * 1024;

/// Bytes of those from one process with those it started.
pub const WAITING_BYTES_OF_ONE_PROCESS: usize = 96 * 1024 * 1024;

/// Bytes from which on an action is read, hidden and hashed on a thread of its own: a millisecond's work.
pub const LARGE_ACTION: usize = 64 * 1024;

/// Large actions worked on at once. Each takes a small multiple of its bytes while it is.
pub const LARGE_AT_ONCE: usize = 2;

/// Requests whose place is looked up at once, before they wait. It asks `git`; more would start a process each.
pub const PLACING: usize = 32;

/// Bytes of a card as it goes to the seat, well under what one line to it takes. Marks for what cannot be seen make
/// a text many times longer.
pub const CARD_BYTES: usize = 8 * 1024 * 1024;

/// Sentences about what could not be read, where a card is over its limit.
pub const CARD_UNREAD: usize = 50;

/// Calls of one seat that are being answered at once. A person makes one or two.
pub const SEAT_CALLS: usize = 32;

/// Requests whose facts are checked at the same time: each starts processes, and two cores serve the person too.
pub const GATHERING: usize = 4;

/// Notices that the tray may lag behind before it is told only the count.
pub const NOTICES: usize = 256;

/// How long a request outlives its connection, in milliseconds: what a client takes to come back.
pub const TAKE_UP_MS: u64 = 10_000;

/// How long a request that a restart took up waits for its asker to come back, in milliseconds.
pub const TAKE_UP_AFTER_RESTART_MS: u64 = 60_000;

/// How long an ended card stays in the queue so that a person sees what became of it, in milliseconds.
pub const LINGER_MS: u64 = 60_000;

/// Ended cards that stay in the queue at most.
pub const LINGERING: usize = 20;

/// How often the queue is sent to a seat at most, in milliseconds.
pub const QUEUE_EVERY_MS: u64 = 50;

/// The longest that the deadlines sleep, in milliseconds: timers stand still in suspend, the deadlines do not.
pub const DEADLINE_NAP_MS: u64 = 1_000;

/// Seconds that a person's receipt may live longer than demanded, for rounding to whole seconds.
pub const RECEIPT_SLACK_SECONDS: i64 = 2;
