//! Variables by which a program runs another, or trusts what it should not.

use sayso_core::Severity;
use sayso_core::reading::Span;

use super::state::Text;
use super::stream::Stream;
use super::walk::Walk;

/// Their value is a command.
const COMMANDS: &[&str] = &[
    "GIT_SSH_COMMAND",
    "GIT_SSH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "PAGER",
    "MANPAGER",
    "EDITOR",
    "VISUAL",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "BROWSER",
    "GIT_PROXY_COMMAND",
    "PROMPT_COMMAND",
    "LESSOPEN",
    "LESSCLOSE",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "PSQL_EDITOR",
    "PSQL_PAGER",
    "CC",
    "CXX",
    "FCEDIT",
    "HGEDITOR",
    "SVN_EDITOR",
    "SVN_SSH",
    "RSYNC_RSH",
    "CVS_RSH",
    "TAR_OPTIONS",
    "DEBUGINFOD_PROGRESS",
    "KUBE_EDITOR",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC",
    "RUSTC",
    "RUSTDOC",
    "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
    "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
    "CMAKE_C_COMPILER_LAUNCHER",
    "PYTHONBREAKPOINT_",
    "MAKE",
    "SHELL_",
    "BAT_PAGER",
    "DELTA_PAGER",
    "SYSTEMD_PAGER",
    "SYSTEMD_EDITOR",
    "AWS_PAGER",
    "GH_PAGER",
    "GH_EDITOR",
    "GH_BROWSER",
    "MYSQL_PAGER",
    "TERMCMD",
    "PS4",
    "PS1",
    "PS0",
    "PS2",
];
/// Nobody sets these but to run something.
const LOADS: &[&str] = &[
    "LD_PRELOAD",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "GCONV_PATH",
    "GIT_EXEC_PATH",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "PERL5DB",
    "PYTHONSTARTUP",
    "GTK_MODULES",
    "LD_PROFILE_OUTPUT",
    "NODE_REPL_EXTERNAL_MODULE",
    "PERLLIB_",
    "GIT_TEMPLATE_DIR_",
    "SHELLOPTS",
    "BASHOPTS",
    "PHPRC",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "SSLKEYLOGFILE",
];
/// Options of an interpreter, with what of them loads code.
const OPTIONS: &[(&str, &[&str])] = &[
    (
        "NODE_OPTIONS",
        &[
            "--require",
            "-r ",
            "--import",
            "--loader",
            "--experimental-loader",
            "--inspect=0.0.0.0",
            "--env-file",
        ],
    ),
    ("RUBYOPT", &["-r", "-e", "-I"]),
    ("PERL5OPT", &["-M", "-m", "-d", "-I", "-e"]),
    ("JAVA_TOOL_OPTIONS", &["-javaagent", "-agentpath", "-agentlib", "-Xbootclasspath"]),
    ("_JAVA_OPTIONS", &["-javaagent", "-agentpath", "-agentlib", "-Xbootclasspath"]),
    ("JDK_JAVA_OPTIONS", &["-javaagent", "-agentpath", "-agentlib", "-Xbootclasspath"]),
    ("GOFLAGS", &["-toolexec", "-vettool", "-exec"]),
    ("LUA_INIT", &["@", "os.", "io.", "require"]),
    ("MAKEFLAGS", &["--eval", "SHELL="]),
    ("GIT_CONFIG_KEY_0", &["alias", "core.", "pager", "diff.", "filter."]),
];
/// Values that switch the check of a certificate off.
const CHECKS: &[(&str, &[&str])] = &[
    ("NODE_TLS_REJECT_UNAUTHORIZED", &["0"]),
    ("PYTHONHTTPSVERIFY", &["0"]),
    ("GIT_SSL_NO_VERIFY", &["1", "true", "yes"]),
    ("AWS_NO_VERIFY_SSL", &["1", "true"]),
];
/// Values that keep commands out of the shell's history.
const HISTORY: &[(&str, &[&str])] = &[
    ("HISTFILE", &["", "/dev/null"]),
    ("HISTSIZE", &["0"]),
    ("HISTFILESIZE", &["0"]),
    ("HISTCONTROL", &["ignorespace", "ignoreboth"]),
];
/// Folders that anybody can put a program into.
const OPEN: &[&str] = &["/tmp", "/var/tmp", "/dev/shm"];

/// Looks at what a variable is set to, where children get it.
pub(super) fn check(walk: &mut Walk<'_>, name: &str, value: &Text, span: Option<Span>) {
    if name.starts_with("BASH_FUNC_") || value.text.starts_with("() {") {
        return walk.findings.unread(name, "a shell takes this variable for a function", span);
    }
    let bytes = name.as_bytes();
    // Most names belong to nobody: those here are in capitals.
    if !bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_') {
        return;
    }
    let text = value.text.as_str();
    if COMMANDS.contains(&name) {
        return command(walk, name, text, span);
    }
    if LOADS.contains(&name) && !text.is_empty() || is_startup(name, text) {
        let why = "a program that starts with this variable runs or loads what it names";
        return walk.findings.unread(name, why, span);
    }
    let has = |rows: &[(&str, &[&str])], whole: bool| {
        rows.iter().any(|(own, values)| {
            *own == name
                && values.iter().any(|value| if whole { *value == text } else { text.contains(value) })
        })
    };
    if has(OPTIONS, false) {
        walk.findings.unread(name, "the options in this variable make a program load code", span);
    } else if has(CHECKS, true) {
        walk.findings.reason(Severity::High, "it switches the check of certificates off", span);
    } else if has(HISTORY, true) && name != "HISTCONTROL" {
        walk.findings.reason(Severity::High, "it keeps what runs out of the shell's history", span);
    } else if matches!(name, "PATH" | "PYTHONPATH" | "NODE_PATH" | "RUBYLIB" | "PERL5LIB" | "CLASSPATH")
        || name.ends_with("_LIBRARY_PATH")
    {
        path(walk, name, text, span);
    }
}

fn is_startup(name: &str, text: &str) -> bool {
    name == "BASH_ENV" && !text.is_empty()
        || name == "ENV" && text.contains('/')
        || name == "ZDOTDIR" && text.starts_with("/tmp")
}

/// What it runs is read; only what would be asked about counts, since it runs only perhaps.
fn command(walk: &mut Walk<'_>, name: &str, text: &str, span: Option<Span>) {
    if text.is_empty() || name.starts_with("PS") && !text.contains(['$', '`']) {
        return;
    }
    // A prompt is a text with substitutions in it.
    let prompt = name.starts_with("PS") && name.len() == 3;
    let line = if prompt { format!(": \"{}\"", text.replace('"', "")) } else { text.to_owned() };
    let kept = std::mem::take(walk.findings);
    walk.inner(&line, span, &Stream::nothing(), false);
    let found = std::mem::replace(walk.findings, kept);
    if found.severity() >= Some(Severity::High) {
        walk.findings.absorb_as_is(found);
    }
}

/// A folder that anybody writes to, or the present one, before all others.
fn path(walk: &mut Walk<'_>, name: &str, text: &str, span: Option<Span>) {
    // A language's own modules lie in the project as often as not.
    let programs = name == "PATH" || name.ends_with("_LIBRARY_PATH");
    let open = |part: &str| {
        programs && matches!(part, "." | "./")
            || OPEN.iter().any(|open| {
                part.strip_prefix(open).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    };
    let before = text.split(':').take_while(|part| !part.contains("$PATH") && !part.contains("${PATH"));
    if before.filter(|part| !part.is_empty()).any(open) {
        let why = "programs and libraries are taken from a folder that anybody can write to";
        walk.findings.unread(name, why, span);
    }
}
