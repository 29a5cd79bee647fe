//! Commands in the words of programs that are no wrappers: `tar --checkpoint-action=exec=…`, `vim -c ':!…'`. Constant ones are read; the program itself is read by its own room.

use sayso_core::Severity;

use super::super::{Call, Place, Stdin};
use super::{remote, script};
use crate::Findings;
use crate::words::Word;

/// Options whose value is a command: joined by `=`, or the next word.
const COMMANDS: &[(&str, &[&str])] = &[
    (
        "tar",
        &[
            "--to-command",
            "--use-compress-program",
            "-I",
            "--rsh-command",
            "--info-script",
            "--new-volume-script",
            "-F",
        ],
    ),
    (
        "gtar",
        &[
            "--to-command",
            "--use-compress-program",
            "-I",
            "--rsh-command",
            "--info-script",
            "--new-volume-script",
            "-F",
        ],
    ),
    ("bsdtar", &["--use-compress-program"]),
    ("rsync", &["-e", "--rsh", "--rsync-path"]),
    ("scp", &["-S"]),
    ("sftp", &["-S"]),
    ("sort", &["--compress-program"]),
    ("gsort", &["--compress-program"]),
    ("rg", &["--pre", "--hostname-bin"]),
    ("split", &["--filter"]),
    ("gsplit", &["--filter"]),
    ("man", &["-P", "--pager", "-H"]),
    ("zip", &["-TT", "--unzip-command"]),
    ("tcpdump", &["-z"]),
    ("wget", &["--use-askpass"]),
    ("git", &["--upload-pack", "--receive-pack", "--exec", "-u", "--extcmd", "-x"]),
    ("logrotate", &["-m", "--mail"]),
    ("run-parts", &["--regex"]),
    ("openvpn", &["--up", "--down", "--route-up", "--ipchange", "--tls-verify"]),
    ("scrot", &["-e", "--exec"]),
    ("ncat", &["-e", "--exec", "-c", "--sh-exec", "--lua-exec"]),
    ("nc", &["-e", "-c"]),
    ("pip", &["--pip-exec"]),
    ("ansible-playbook", &["--ssh-common-args", "--ssh-extra-args"]),
    ("feh", &["-A", "--action"]),
    ("bat", &["--pager"]),
    ("delta", &["--pager"]),
    ("journalctl", &["--pager"]),
    ("nmap", &["--script-exec"]),
    ("nodemon", &["--exec", "-x"]),
    ("cargo-watch", &["-s", "--shell"]),
    ("watchexec", &["--shell-command"]),
    ("chokidar", &["-c", "--command"]),
    ("fzf", &["--preview", "--bind", "--reload"]),
    ("rpm", &["--pipe"]),
    ("dpkg", &["--pager"]),
    ("pg_basebackup", &["--target-command"]),
    ("restic", &["--password-command", "--stdin-from-command"]),
    ("borg", &["--rsh"]),
    ("rclone", &["--password-command", "--metadata-mapper"]),
    ("gpg", &["--photo-viewer", "--exec-path"]),
    ("mysqldump", &["--pager"]),
    ("mysql", &["--pager"]),
    ("crash", &["-p"]),
    ("psql", &["--pager"]),
    ("mvn", &["-Dexec.executable"]),
    ("npm", &["--script-shell"]),
    ("go", &["-toolexec", "-vettool", "-exec", "--toolexec", "--vettool", "--exec"]),
    ("helm", &["--post-renderer"]),
];
/// Editors and viewers whose options are commands of theirs, in which `!` begins one of the shell's.
const EDITORS: &[&str] = &[
    "vim", "vi", "nvim", "ex", "view", "rvim", "gvim", "vimdiff", "less", "more", "most", "ed", "nvi", "kak",
    "hx",
];
/// Programs that get scripts in which a shell's command can stand in quotes.
const SYSTEMS: &[&str] = &[
    "gdb",
    "lldb",
    "emacs",
    "emacsclient",
    "rpm",
    "octave",
    "tclsh",
    "wish",
    "gnuplot",
    "maxima",
    "bc",
    "dc",
    "m4",
    "ghci",
    "ghc",
    "guile",
    "sbcl",
    "scala",
    "jshell",
    "R",
    "Rscript",
    "nmap",
];
/// Words before a command in quotes in such scripts.
const CALLS: &[&str] = &[
    "system",
    "exec",
    "do shell script",
    "shell-command",
    "call-process",
    "start-process",
    "shell-command-to-string",
    "syscmd",
    "esyscmd",
    "popen",
    "execute",
    "run-program",
    "rawSystem",
    "callCommand",
    "readProcess",
    "os.execute",
    "io.popen",
    "spawn",
    "system2",
    "Runtime.getRuntime().exec",
    "sys.process",
];

/// Reads the commands that stand in the words of `call`.
pub(in super::super) fn read(call: &Call<'_>, findings: &mut Findings) {
    if let Some((_, options)) = COMMANDS.iter().find(|(name, _)| *name == call.name) {
        values(call, options, findings);
    }
    if matches!(call.name, "tar" | "gtar") {
        for word in call.words {
            if let Some((_, command)) = word.text.split_once("exec=").filter(|_| word.text.contains("action"))
            {
                run(command, word, call, findings);
            }
        }
        for pair in call.words.windows(2) {
            if let Some(command) =
                pair[1].text.strip_prefix("exec=").filter(|_| pair[0].text == "--checkpoint-action")
            {
                run(command, &pair[1], call, findings);
            }
        }
    }
    if matches!(call.name, "scp" | "sftp" | "sshfs") {
        for pair in call.words.windows(2).filter(|pair| pair[0].text == "-o") {
            remote::option(&pair[1].text, &pair[1], call, findings);
        }
        for word in call.words {
            if let Some(value) = word.text.strip_prefix("-o").filter(|value| !value.is_empty()) {
                remote::option(value, word, call, findings);
            }
        }
    }
    match call.name {
        "git" => git(call, findings),
        "socat" => socat(call, findings),
        "start-stop-daemon" => daemon(call, findings),
        "cargo" => cargo(call, findings),
        "docker" | "podman" | "nerdctl" => super::mounts::read(call, findings),
        "gh" => {
            // `gh alias set x '!CMD'`: what it runs is seen when it is set.
            let at = call.words.windows(2).position(|pair| pair[0].text == "alias" && pair[1].text == "set");
            for word in at.and_then(|at| call.words.get(at + 2..)).unwrap_or_default() {
                let shell = call.words.iter().any(|word| matches!(word.text.as_str(), "--shell" | "-s"));
                if let Some(line) = word.text.strip_prefix('!').or(Some(word.text.as_str()).filter(|_| shell))
                {
                    run(line, word, call, findings);
                }
            }
        }
        "osascript" => {
            for word in call.words {
                quoted_calls(&word.text, word, call, findings);
            }
        }
        _ => {}
    }
    if EDITORS.contains(&call.name) {
        editor(call, findings);
    } else if SYSTEMS.contains(&call.name) {
        systems(call, findings);
    }
}

/// `socat - EXEC:CMD`.
fn socat(call: &Call<'_>, findings: &mut Findings) {
    for word in call.words {
        let Some((kind, command)) = word.text.split_once(':') else { continue };
        if matches!(kind.to_ascii_lowercase().as_str(), "exec" | "system" | "shell") {
            let command = command.split(',').next().unwrap_or(command);
            run(command.trim_matches(['"', '\'']), word, call, findings);
        }
    }
}

/// `cargo --config 'build.rustc-wrapper="CMD"'`.
fn cargo(call: &Call<'_>, findings: &mut Findings) {
    let next = call.words.windows(2).filter(|pair| pair[0].text == "--config").map(|pair| &pair[1]);
    let own = call.words.iter().filter(|word| word.text.starts_with("--config="));
    for word in next.chain(own) {
        let text = word.text.strip_prefix("--config=").unwrap_or(&word.text);
        let Some((key, value)) = text.split_once('=') else { continue };
        if ["wrapper", "rustc", "runner", "linker", "rustdoc", "credential"]
            .iter()
            .any(|name| key.contains(name))
        {
            run(value.trim().trim_matches(['"', '\'', '[', ']']), word, call, findings);
        }
    }
}

/// `start-stop-daemon --exec PROGRAM -- ARGUMENTS`.
fn daemon(call: &Call<'_>, findings: &mut Findings) {
    let is_program = |word: &Word| matches!(word.text.as_str(), "-x" | "--exec" | "-a" | "--startas");
    let Some(at) = call.words.iter().position(is_program) else { return };
    let program = call.words.get(at + 1..at + 2).unwrap_or_default();
    let dashes = call.words.iter().position(|word| word.text == "--").unwrap_or(call.words.len());
    let arguments = call.words.get(dashes + 1..).unwrap_or_default();
    let words: Vec<Word> = program.iter().chain(arguments).cloned().collect();
    super::super::read(&words, call.span, &call.place.inside(), findings);
}

/// `git rebase -x CMD`, `git bisect run CMD`, `git submodule foreach CMD`, `git filter-branch --tree-filter CMD`.
fn git(call: &Call<'_>, findings: &mut Findings) {
    let texts: Vec<&str> = call.words.iter().map(|word| word.text.as_str()).collect();
    let at = |name: &str| texts.iter().position(|text| *text == name);
    if let (Some(_), Some(run_at)) = (at("bisect"), at("run")) {
        let words = call.words.get(run_at + 1..).unwrap_or_default();
        return super::super::read(words, call.span, &call.place.inside(), findings);
    }
    if let (Some(_), Some(each)) = (at("submodule"), at("foreach")) {
        let words = call.words.get(each + 1..).unwrap_or_default();
        let words = words
            .get(words.iter().take_while(|word| word.text.starts_with('-')).count()..)
            .unwrap_or_default();
        if let Some(first) = words.first() {
            run(&super::joined(words), first, call, findings);
        }
        return;
    }
    let rebases = at("rebase").is_some();
    let filters = at("filter-branch").is_some();
    let aliased = |text: &str| {
        text.strip_prefix("alias.").and_then(|rest| rest.split_once('=')).map(|(_, value)| value.to_owned())
    };
    for pair in call.words.windows(2) {
        let option = pair[0].text.as_str();
        let value = pair[1].text.as_str();
        if rebases && matches!(option, "-x" | "--exec") || filters && option.ends_with("-filter") {
            run(value, &pair[1], call, findings);
        } else if option == "-c"
            && let Some(alias) = aliased(value)
        {
            match alias.strip_prefix('!') {
                Some(command) => run(command, &pair[1], call, findings),
                None => run(&format!("git {alias}"), &pair[1], call, findings),
            }
        }
    }
}

fn run(command: &str, word: &Word, call: &Call<'_>, findings: &mut Findings) {
    let command = command.trim();
    if command.is_empty() {
        return;
    }
    let mut inner = Findings::default();
    // A shell behind a connection runs what comes in by it.
    let stdin = if matches!(call.name, "nc" | "ncat" | "socat") { Stdin::Download } else { call.place.stdin };
    script(command, word.span.or(call.span), &Place { stdin, ..*call.place }, &mut inner);
    // The program that packs or shows is what anybody would name there.
    if inner.severity() >= Some(Severity::High) || !word.literal {
        findings.absorb_as_is(inner);
    }
}

fn values(call: &Call<'_>, options: &[&str], findings: &mut Findings) {
    let ends =
        call.name == "git" && call.words.iter().any(|word| word.text == "push" || word.text == "commit");
    for (at, word) in call.words.iter().enumerate() {
        for option in options {
            if ends && matches!(*option, "-u" | "-x")
                || call.name == "git" && *option == "-u" && !call.words.iter().any(|w| w.text == "clone")
            {
                continue;
            }
            let Some(rest) = word.text.strip_prefix(option) else { continue };
            if rest.is_empty() {
                if let Some(value) = call.words.get(at + 1) {
                    run(&value.text, value, call, findings);
                }
            } else if let Some(value) = rest.strip_prefix('=') {
                run(value, word, call, findings);
            } else if !option.starts_with("--")
                && option.len() == 2
                && !rest.starts_with('-')
                && call.name != "nc"
                && call.name != "git"
            {
                run(rest, word, call, findings);
            }
        }
    }
}

/// `vim -c ':!CMD'`, `vim +'call system("…")'`, `less +!CMD`; and the script of `ex -s`.
fn editor(call: &Call<'_>, findings: &mut Findings) {
    let mut lines: Vec<(&str, Option<&Word>)> = Vec::new();
    for (at, word) in call.words.iter().enumerate() {
        match word.text.as_str() {
            "-c" | "--cmd" | "-S" | "-sc" | "-esc" | "-Esc" | "-Nc" | "-nc" | "-uc" | "-sSc" => {
                lines.extend(call.words.get(at + 1).map(|word| (word.text.as_str(), Some(word))));
            }
            text => lines.extend(text.strip_prefix('+').map(|line| (line, Some(word)))),
        }
    }
    if let Stdin::Text(text) = call.place.stdin {
        lines.extend(text.lines().map(|line| (line, None)));
    }
    let own = call.program;
    for (line, word) in lines {
        let word = word.unwrap_or(own);
        for command in line.split('|').take(1).chain(line.split(['|', '\n']).skip(1)) {
            let command = command.trim().trim_start_matches(':');
            let command =
                command.strip_prefix("silent").map_or(command, |rest| rest.trim_start_matches('!').trim());
            let shell = command.find('!').filter(|at| {
                let before = command[..*at].trim();
                before.is_empty()
                    || matches!(before, "%" | "r" | "read" | "w" | "write" | ".")
                    || before.ends_with(',')
                    || before.ends_with('$')
            });
            if let Some(at) = shell {
                run(&command[at + 1..], word, call, findings);
            }
            let foreign = ["python", "py3", "py ", "lua ", "perl ", "ruby ", "terminal", "term "];
            if foreign.iter().any(|name| command.starts_with(name)) {
                findings.unread_program(call.name, "it runs code in the editor", word.span.or(call.span));
            }
        }
        quoted_calls(line, word, call, findings);
    }
}

/// `system("CMD")` and its like.
fn systems(call: &Call<'_>, findings: &mut Findings) {
    if let Stdin::Text(text) = call.place.stdin {
        quoted_calls(text, call.program, call, findings);
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("exec ")) {
            run(line, call.program, call, findings);
        }
    }
    for word in call.words {
        quoted_calls(&word.text, word, call, findings);
        let text = word.text.as_str();
        if matches!(call.name, "gdb" | "lldb") {
            let line = text.trim();
            let shell =
                ["shell ", "!", "platform shell ", "make "].iter().find_map(|name| line.strip_prefix(name));
            if let Some(command) = shell {
                run(command, word, call, findings);
            }
            if line.starts_with("python ") || line.starts_with("script ") || line.starts_with("py ") {
                findings.unread_program(call.name, "it runs code in the debugger", word.span.or(call.span));
            }
        }
        if call.name.starts_with("emacs")
            && (text.contains("delete-file") || text.contains("delete-directory"))
        {
            findings.unread_program(call.name, "it deletes files from within", word.span.or(call.span));
        }
    }
}

/// Constant commands behind `system(` and its like. What is not constant there is unread.
fn quoted_calls(text: &str, word: &Word, call: &Call<'_>, findings: &mut Findings) {
    for name in CALLS {
        let mut rest = text;
        while let Some(at) = rest.find(name) {
            let letter = |c: char| c.is_alphanumeric() || c == '_';
            let own = !rest[..at].ends_with(letter);
            rest = &rest[at + name.len()..];
            let behind = rest.trim_start();
            let argument = behind.strip_prefix('(').unwrap_or(behind).trim_start();
            let called = behind.starts_with('(')
                || *name != "system" && behind.starts_with(['"', '\''])
                || call.name.starts_with("emacs");
            if !own || !called || rest.starts_with(letter) {
                continue;
            }
            match literal(argument) {
                Some((command, after)) => {
                    run(&command, word, call, findings);
                    // `system("rm " $1)`: what is added to it is not known.
                    let after = after.trim_start();
                    if !after.is_empty() && !after.starts_with([')', ';', ',', '}', '\n', ']']) {
                        let open = format!("{command} $_ITEM");
                        run(&open, word, call, findings);
                    }
                }
                None if behind.starts_with('(') && !argument.starts_with(')') => {
                    findings.unread_program(
                        call.name,
                        "it runs a command that shows only then",
                        word.span.or(call.span),
                    );
                }
                None => {}
            }
        }
    }
}

/// A text in quotes at the beginning, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let mut out = String::new();
    let mut chars = text[1..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, c)) => out.push(c),
                None => return None,
            },
            c if c == quote || (quote == '`' && c == '\'') => return Some((out, &text[at + 2..])),
            c => out.push(c),
        }
    }
    None
}
