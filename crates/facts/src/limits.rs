//! Every bound on what checking may cost, each with its reason. Over a bound the fact says so.

use std::time::Duration;

/// This crate's own tests prove what is found, not how fast, and run beside compilers.
const PATIENCE: u64 = if cfg!(test) { 60 } else { 1 };

const fn milliseconds(ms: u64) -> Duration {
    Duration::from_millis(ms * PATIENCE)
}

/// For one fact. A person looks at the card from its first second on; what has not answered by now is told as
/// failed rather than waited for.
pub const FACT: Duration = milliseconds(2000);

/// For all facts of a card, whatever runs beside: from then on the card is settled.
pub const ALL: Duration = milliseconds(4000);

/// For the keychain to give a credential. Less than [`FACT`], so that a locked one is told as such.
pub const CREDENTIAL: Duration = milliseconds(1500);

/// For one walk through folders. Less than [`FACT`], so that "at least 400,000 files" comes out instead of nothing.
pub const WALK: Duration = milliseconds(1200);

/// Files and folders of one walk. Half a million take about a second and 60 MB for that second.
pub const ENTRIES: usize = 500_000;

/// Files that one repository may track. Its index is held while files are compared with it.
pub const TRACKED: usize = 1_000_000;

/// Repositories that one action is asked about: an action on a folder of projects hits many. Each costs a handful
/// of git processes.
pub const REPOSITORIES: usize = 16;

/// Bytes that one git process may write where its output is held whole.
pub const GIT_OUTPUT: usize = 64 * 1024 * 1024;

/// Bytes kept of what git writes to its standard error: its first sentence is enough.
pub const GIT_COMPLAINT: usize = 4096;

/// Paths named to one git process; with more it is asked about the whole repository. Keeps argv small.
pub const PATHSPECS: usize = 256;

/// Paths that the globs of one action may stand for.
pub const GLOB_MATCHES: usize = 5000;

/// Words that the braces of one glob may stand for.
pub const BRACE_WORDS: usize = 256;

/// Bytes of files read again because their times say nothing: what fits in a second.
pub const COMPARED: u64 = 128 * 1024 * 1024;

/// The largest entries listed below a folder that goes: what a person takes in at a glance.
pub const LISTED_ENTRIES: usize = 12;

/// Commits listed of one reference that goes or moves: what a person takes in at a glance.
pub const LISTED_COMMITS: usize = 10;

/// Targets listed in one outline.
pub const LISTED_TARGETS: usize = 40;

/// Bytes of a file that is shown as a diff: as much as one request can carry.
pub const EDITED: u64 = sayso_core::limits::LINE_BYTES as u64;

/// For finding the smallest diff. After it the diff is correct and larger than need be.
pub const DIFF: Duration = milliseconds(400);

/// Lines around a change.
pub const CONTEXT: usize = 3;

/// Bytes of a file that is coloured.
pub const COLOURED: usize = 2 * 1024 * 1024;

/// Bytes of a line that is coloured: longer ones are not written by hand, and cost the most.
pub const COLOURED_LINE: usize = 2000;

/// Lines read before a change to know what it stands in. Only a comment or a text longer than this is taken for
/// code, and gets the wrong colours.
pub const COLOURED_BEFORE: usize = 200;

/// For colouring both sides of a diff. After it the rest is plain.
pub const COLOURING: Duration = milliseconds(800);

/// Changes of one action shown as diffs or notes; the rest is counted.
pub const NOTES: usize = 20;

/// References of one action that commits are counted for.
pub const REFERENCES: usize = 8;

/// For all that one database is asked. Less than [`FACT`], so that what it said until then is told.
pub const DATABASE: Duration = milliseconds(1700);

/// For a database's server to let somebody in.
pub const DATABASE_CONNECT: Duration = milliseconds(1200);

/// For one statement: what counts rows for longer would keep a server from its work.
pub const STATEMENT: Duration = milliseconds(700);

/// For a lock. Whoever holds one for longer holds it for minutes.
pub const LOCK: Duration = Duration::from_millis(300);

/// Systems of one sort that one action is asked about.
pub const REACHES: usize = 3;

/// Hosts of one connection that are tried.
pub const DATABASE_HOSTS: usize = 4;

/// Bytes of a file that says how to connect.
pub const CONNECTION_FILE: u64 = 64 * 1024;

/// Tables of one action that a database is asked about.
pub const TABLES: usize = 40;

/// Tables of one action whose rows are counted and shown.
pub const TABLES_COUNTED: usize = 8;

/// Rows that are counted one by one; of more the database's own estimate is told.
pub const ROWS_COUNTED: u64 = 20_000_000;

/// Rows shown of a table.
pub const SAMPLE_ROWS: usize = 3;

/// Columns shown of a row.
pub const SAMPLE_COLUMNS: usize = 6;

/// Characters shown of a value.
pub const SAMPLE_CHARACTERS: usize = 40;

/// Keys that an action names and that are looked for, one request each.
pub const KEYS: usize = 1000;

/// Names of keys that a server walks at once: what takes it about a millisecond, in which it does nothing else.
pub const KEYS_AT_ONCE: &str = "1000";

/// Files of one folder that are looked at as dumps.
pub const DUMPS: usize = 5000;

/// Bytes that a program may tell of its backups.
pub const BACKUP_LIST: usize = 8 * 1024 * 1024;

/// For all that one provider's interface is asked. Less than [`FACT`], so that it is told who was slow.
pub const PROVIDER: Duration = milliseconds(1800);

/// Bytes of one answer of a provider's interface. A project with a thousand volumes takes less than a tenth of it.
pub const PROVIDER_BYTES: usize = 4 * 1024 * 1024;

/// Characters of a provider's own words that a fact quotes.
pub const PROVIDER_MESSAGE: usize = 200;

/// Pages of projects that are searched for a volume.
pub const PROJECT_PAGES: usize = 10;

/// Volumes of one operation that are asked about one by one; two requests each.
pub const VOLUMES: usize = 12;

/// Backups that an outline lists for one volume; the others are counted.
pub const BACKUP_ROWS: usize = 2;

/// For listing what is in a bucket, page after page. Less than [`PROVIDER`], so that "at least 9,000 objects" comes out.
pub const LISTING: Duration = milliseconds(1500);

/// Things of one action that AWS is asked about one by one.
pub const THINGS: usize = 12;

/// Names right below a bucket or a prefix that are counted by themselves.
pub const PREFIXES: usize = 500;

/// For all that repositories of backups are asked. Less than [`FACT`], so that what was listed until then is told.
pub const COPIES: Duration = milliseconds(1800);

/// For all copies of files, disks that hang among them. Less than [`FACT`], so that no other fact suffers for it.
pub const COPIES_ALL: Duration = milliseconds(1900);

/// Targets of one action that are looked for one by one in backups.
pub const HELD: usize = 8;

/// Snapshots of one repository that are looked into, from the newest on.
pub const SNAPSHOTS: usize = 3;

/// Folders above a target that are looked at for snapshots.
pub const ABOVE: usize = 32;

/// Bytes from which a token or password is looked for: shorter ones stand in files by chance.
pub const SECRET: usize = 12;

/// Bytes from which one is called a token: nobody types so many.
pub const TOKEN: usize = 20;

/// Secrets of one action that are looked for.
pub const SECRETS: usize = 3;

/// For looking where they stand: a card settles within a second all the same.
pub const SECRET_SEARCH: Duration = milliseconds(700);

/// Files and folders that are looked at for it.
pub const SECRET_ENTRIES: usize = 30_000;

/// Bytes that are read for it: what fits in half a second.
pub const SECRET_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of a file that is read for it. Nobody keeps a token in a larger one.
pub const SECRET_FILE: u64 = 256 * 1024;

/// Folders deep that is looked outside the project: `code/other/config/.env`.
pub const SECRET_DEPTH: usize = 4;
