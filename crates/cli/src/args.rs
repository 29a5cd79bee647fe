//! The command line as types. Only what is not on the hook's way comes here.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use sayso_agents::Agent;
use sayso_rules::Profile;

const AFTER: &str = "\
Exit status of ask: 0 approved, 1 denied, 3 nobody decided in time, 4 withdrawn,
64 bad usage or bad input, 69 Sayso not reachable.

Environment:
  SAYSO_HOME     keeps configuration, data and socket of a copy of its own in one folder.
  SAYSO_SOCKET   the socket of a Sayso that belongs to another user; nothing is started for it.

Examples:
  sayso run -- git push --force
  sayso ask --reason 'free disk space' -- rm -rf build && rm -rf build
  sayso log --search production";

/// Nothing irreversible happens without your say-so.
#[derive(Debug, Parser)]
#[command(name = "sayso", version, about, after_help = AFTER, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub what: What,
}

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Ask for approval of an action and wait until it is decided.
    #[command(after_help = AskArgs::AFTER)]
    Ask(AskArgs),
    /// Ask for approval of a command, then run exactly that command.
    #[command(after_help = RunArgs::AFTER)]
    Run(RunArgs),
    /// Explain what a command would do. Nobody is asked and nothing runs.
    #[command(after_help = ReadArgs::AFTER)]
    Read(ReadArgs),
    /// Answer an agent's hook on standard input and output.
    #[command(after_help = HookArgs::AFTER)]
    Hook(HookArgs),
    /// Check a receipt offline.
    #[command(after_help = VerifyArgs::AFTER)]
    Verify(VerifyArgs),
    /// Print the public keys whose word counts here, as a JWKS.
    #[command(after_help = "Example:\n  sayso keys | sudo install -D -m 644 /dev/stdin /etc/sayso/keys.json")]
    Keys,
    /// Keep a credential in the keychain for checking facts: one that can only read. It is never printed again.
    #[command(after_help = CREDENTIAL)]
    Credential {
        /// What to do.
        #[command(subcommand)]
        order: CredentialOrder,
    },
    /// Show every request and how it ended, newest first.
    #[command(after_help = LogArgs::AFTER, args_conflicts_with_subcommands = true)]
    Log(LogArgs),
    /// Show how Sayso does.
    #[command(
        after_help = "Exit status: 0 it runs, 69 it does not. It is not started for this.\n\nExample:\n  sayso status --json"
    )]
    Status {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Start the application in a session of its own.
    #[command(hide = true, name = crate::start::COMMAND)]
    StartDesktop,
    /// Write the manual pages into a folder.
    #[command(hide = true)]
    Man {
        /// The folder; it must exist.
        folder: PathBuf,
    },
    /// Print the completions for a shell.
    #[command(hide = true)]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

const CREDENTIAL: &str = "\
Names say what it opens: railway, aws or aws:PROFILE, postgres:HOST or postgres:HOST/DATABASE,
mysql:HOST, redis:HOST, or the name that [backups] in sayso.toml gives it. The secret is a token, a
password, or for databases a whole connection string; it is asked for, or read from standard input.

Examples:
  sayso credential add railway
  sayso credential add postgres:db.acme.example/shop < read-only-login.txt
  sayso credential list";

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialOrder {
    /// Keep one, in the place of one by the same name.
    Add {
        /// Its name.
        name: String,
    },
    /// Name all that are kept.
    List,
    /// Forget one.
    Remove {
        /// Its name.
        name: String,
    },
}

/// What an asker says of itself and its wish.
#[derive(Debug, Args)]
pub(crate) struct Words {
    /// Something you claim about the action; shown in quotation marks. May be given several times.
    #[arg(long = "claim", value_name = "KEY=VALUE", value_parser = pair)]
    pub claims: Vec<(String, String)>,
    /// Why you want it; shown in quotation marks.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How long to wait: 90s, 5m, 1h. Silence is a denial. The configuration sets the most.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub timeout: Option<Duration>,
    /// The name to ask under.
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// The action as JSON, from a file or from standard input (-).
    #[arg(long, value_name = "FILE", conflicts_with = "command", required_unless_present = "command")]
    pub action: Option<PathBuf>,
    #[command(flatten)]
    pub words: Words,
    /// Print one JSON object with decision, reason and receipt.
    #[arg(long)]
    pub json: bool,
    /// The command that you want to run here.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

impl AskArgs {
    const AFTER: &str = "\
Exit status: 0 approved, 1 denied, 3 nobody decided in time, 4 withdrawn (Ctrl-C),
64 bad usage or bad input, 69 Sayso not reachable.

The command is not run; `sayso run` does that. An approval is for exactly this action, once.

Examples:
  sayso ask -- terraform destroy
  sayso ask --timeout 2m --claim ticket=OPS-7 --json -- psql -c 'drop table orders'
  echo '{\"kind\":\"sql\",\"statement\":\"drop table orders\"}' | sayso ask --action -";
}

#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// Read JSON lines {"id","kind","cwd","input"} from standard input and answer each. Touches no file.
    #[arg(long, conflicts_with_all = ["command", "json"], required_unless_present = "command")]
    pub batch: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// How much passes: guard lets everyday development pass, strict only plain reads.
    #[arg(long, value_name = "PROFILE", default_value = "guard", value_parser = profile)]
    pub profile: Profile,
    /// The command; a single word with blanks in it is a line for a shell.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

impl ReadArgs {
    const AFTER: &str = "\
Kinds of a batch and their input: shell and sql a text; http {method, url, headers, body};
graphql {url, query, variables}; mcp {server, tool, arguments}; file {operation: read, write,
edit or delete, path, content}. Each line is answered by {id, decision, severity, effects, unread, why}.

Examples:
  sayso read -- find . -name '*.log' -delete
  sayso read -- 'curl -fsSL https://example.com/install.sh | sh'
  sayso read --batch --profile strict < cases.jsonl";
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::named(name).ok_or_else(|| "takes guard or strict".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub words: Words,
    /// An environment variable that the command gets. Sayso is told the name alone. Without a value, the one in
    /// the present environment stays and only its name is told.
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<OsString>,
    /// The command, byte for byte as it will run.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

impl RunArgs {
    const AFTER: &str = "\
Exit status: the command's own; 126 where it was not approved or cannot be executed, 127 where there is no such
command, 64 bad usage or bad input.

No shell reads the command. It runs in the folder in which it was asked for.

Examples:
  sayso run -- git push --force
  sayso run --env PGHOST=db.acme.example -- psql -f migrate.sql";
}

#[derive(Debug, Args)]
pub(crate) struct HookArgs {
    /// Whose hook: claude-code or cursor.
    #[arg(value_name = "AGENT", value_parser = agent_names())]
    pub agent: String,
    /// Deny by itself after this time: 570s for claude-code and 55s for cursor where nothing is said. Keep it below the
    /// limit that the agent's settings give the hook, past which some agents act unasked.
    #[arg(long, value_name = "TIME")]
    pub limit: Option<String>,
}

impl HookArgs {
    const AFTER: &str = "\
Always answers allow or deny. Whatever goes wrong is a denial.

In ~/.claude/settings.json:
  {\"hooks\":{\"PreToolUse\":[{\"matcher\":\"*\",\"hooks\":[{\"type\":\"command\",
    \"command\":\"/usr/bin/sayso hook claude-code --limit 23h || exit 2\",
    \"timeout\":86400,\"onFailure\":\"block\"}]}]}}

In ~/.cursor/hooks.json:
  {\"version\":1,\"hooks\":{\"preToolUse\":[{
    \"command\":\"/usr/bin/sayso hook cursor --limit 23h || exit 2\",
    \"timeout\":86400,\"failClosed\":true}]}}
A Cursor that does not know preToolUse yet takes the same under beforeShellExecution, beforeMCPExecution and
beforeReadFile.";

    /// The words after `hook` that these are.
    pub(crate) fn words(self) -> Vec<OsString> {
        let limit = self.limit.into_iter().flat_map(|limit| ["--limit".into(), limit.into()]);
        std::iter::once(self.agent.into()).chain(limit).collect()
    }
}

fn agent_names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Agent::ALL.map(Agent::name))
}

/// Every hook's command.
pub(crate) fn agents() -> String {
    Agent::ALL.map(|agent| format!("`sayso hook {}`", agent.name())).join(" and ")
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The receipt, or - for standard input.
    #[arg(value_name = "RECEIPT")]
    pub receipt: String,
    /// Hold it against this action, as JSON (- for standard input).
    #[arg(long, value_name = "FILE")]
    pub action: Option<PathBuf>,
    /// Verify with the keys in this JWKS instead of those that count here.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Hold only for an approval that is in force now.
    #[arg(long)]
    pub approves: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl VerifyArgs {
    const AFTER: &str = "\
Exit status: 0 it holds, 1 it does not, 64 bad usage or bad input.

A receipt that holds says truly what was decided. A denial holds too, and so does an approval of last week:
with --approves only an approval that is in force now does. Whether it was used already, the log knows.

Examples:
  sayso verify eyJhbGciOi…
  sayso ask --json -- make deploy | jq -r .receipt | sayso verify --approves -";
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    pub what: Option<LogWhat>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Only requests with these words in them.
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,
    /// At most so many requests.
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<usize>,
}

impl LogArgs {
    const AFTER: &str = "\
Examples:
  sayso log --limit 20
  sayso log --search 'production denied' --json
  sayso log verify";
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogWhat {
    /// Recompute the whole log and name the first leaf that does not hold.
    #[command(
        after_help = "Exit status: 0 all holds, 1 a leaf does not, 69 Sayso not reachable.\n\nExample:\n  sayso log verify"
    )]
    Verify {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a claim is written KEY=VALUE".to_owned()),
    }
}

/// A span of time as people write it; more than 0.
///
/// # Errors
/// A sentence.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(span) if span.is_zero() => Err("must be more than 0".to_owned()),
        Ok(span) => Ok(span),
        Err(_) => Err("is written like 90s, 5m or 1h 30m".to_owned()),
    }
}
