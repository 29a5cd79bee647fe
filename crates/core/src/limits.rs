//! Every bound that Sayso puts on what others send it, each with its reason.
//!
//! Over a limit is an error that names the limit; nothing is cut off in silence.

/// One line on the socket, in bytes. A file edit carries the whole new content; 8 MiB holds every source
/// file worth a person's reading and bounds what one connection can make us hold.
pub const LINE_BYTES: usize = 8 * 1024 * 1024;

/// How deep JSON may nest. Real tool arguments stay under 20; serde_json's own limit is 128, and each level
/// costs stack in every reader behind us.
pub const JSON_DEPTH: usize = 64;

/// Keys and array elements in one message. Keeps the memory of a parsed message a small multiple of its bytes.
pub const JSON_NODES: usize = 200_000;

/// The largest integer that survives RFC 8785 (an IEEE double, 2^53 - 1). A larger one would have the same
/// canonical bytes as its neighbour, so two actions would share a digest.
pub const EXACT_INTEGER: u64 = (1 << 53) - 1;

/// Bytes of a path. Linux's `PATH_MAX`.
pub const PATH_BYTES: usize = 4096;

/// Bytes of the name that an agent gives itself; it stands in one line of the queue.
pub const AGENT_NAME_BYTES: usize = 64;

/// Claims in one request, and bytes of a claim's key and value. A claim is a sentence, not a document.
pub const CLAIMS: usize = 32;
/// Bytes of a claim's key.
pub const CLAIM_KEY_BYTES: usize = 64;
/// Bytes of a claim's value.
pub const CLAIM_VALUE_BYTES: usize = 4096;

/// Bytes of a reason, an agent's or a person's: what fits on a screen.
pub const REASON_BYTES: usize = 4096;

/// Words of an argv. Linux takes more (2 MiB in all); no person reads 4096 words.
pub const ARGV_WORDS: usize = 4096;

/// Names of changed environment variables.
pub const ENV_NAMES: usize = 256;

/// Headers of an HTTP action.
pub const HTTP_HEADERS: usize = 256;

/// Bytes of a compact receipt: its claims are of fixed shape, a reason at most.
pub const RECEIPT_BYTES: usize = 16 * 1024;

/// Characters of a nonce: at least 128 bits in base64url, at most what a UUID or a long random string takes.
pub const NONCE_CHARS: core::ops::RangeInclusive<usize> = 22..=128;

/// Lines of a diff that a card carries. More is summarised in words with the count of what is not shown.
pub const CARD_DIFF_LINES: usize = 4000;

/// Rows of an outline that a card carries.
pub const CARD_OUTLINE_ROWS: usize = 500;

/// Bytes of the exact request that a card carries; the rest is counted in words.
pub const CARD_EXACT_BYTES: usize = 256 * 1024;

/// How long a receipt lives unless the configuration says otherwise, in seconds.
pub const RECEIPT_SECONDS: u64 = 300;

/// How long a request waits for a person unless the configuration says otherwise, in seconds.
pub const WAIT_SECONDS: u64 = 300;

/// How far a signature's `iat` may stand from our wall clock, in seconds: window and broker share a machine.
pub const SIGNED_SKEW_SECONDS: i64 = 120;
