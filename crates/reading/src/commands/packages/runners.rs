//! Programs that run another by its name as a package has it: `npx`, `uvx`, `poetry run`, `bundle exec`, `nodemon --exec`.

use sayso_core::Severity;

use crate::Findings;
use crate::commands::code::shell_text;
use crate::commands::{self, Call};
use crate::words::Word;

/// Options of theirs whose value is the next word.
const VALUED: &[&str] = &[
    "-p",
    "--package",
    "--from",
    "--with",
    "--python",
    "--spec",
    "-w",
    "--workspace",
    "--index-url",
    "--registry",
    "--cache",
    "--env-file",
    "-e",
    "--env",
    "--directory",
    "--project",
    "--group",
    "--extra",
    "--with-requirements",
    "-n",
    "--name",
    "--prefix",
    "-C",
    "--ext",
    "--watch",
    "--delay",
    "--signal",
    "-x",
    "--ignore",
    "--filter",
    "-F",
    "--no-group",
    "--only-group",
    "-f",
    "--scope",
    "--only",
    "--index",
];

/// Programs of packages that change databases and providers.
const BINARIES: &[&str] = &[
    "prisma",
    "knex",
    "sequelize",
    "sequelize-cli",
    "typeorm",
    "drizzle-kit",
    "mikro-orm",
    "node-pg-migrate",
    "db-migrate",
    "supabase",
    "wrangler",
    "vercel",
    "netlify",
    "firebase",
    "railway",
    "payload",
    "medusa",
];

/// Programs, the words one of which must come first, and how many words of their own stand before the program.
const RUNNERS: &[(&str, &str, usize)] = &[
    ("npx bunx pnpx uvx pnx nlx cross-env dotenv dotenvx env-cmd with-env", "", 0),
    ("npm mise rtx", "exec x", 1),
    ("pnpm", "exec dlx x", 1),
    ("yarn", "exec dlx node", 1),
    ("bun", "x", 1),
    ("pipx uv poetry pdm hatch pipenv rye conda mamba micromamba pixi", "run", 1),
    ("uv", "tool", 2),
    ("bundle rbenv pyenv nodenv asdf lerna volta chruby-exec rvm", "exec run do", 1),
    ("rustup", "run", 2),
    ("direnv", "exec", 2),
];
/// Programs that run a command whenever a file changes, or several at once.
const WATCHERS: &str = "nodemon watchexec entr onchange chokidar cargo-watch watchman-make reflex air concurrently \
     npm-run-all run-s run-p hyperfine";

/// Reads a call that runs a program of a package. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let first = call.words.iter().find(|word| !word.text.starts_with('-'));
    let first = first.map_or("", |word| word.text.as_str());
    let among = |list: &str, word: &str| list.split_ascii_whitespace().any(|one| one == word);
    if among(WATCHERS, call.name) || call.name == "cargo" && first == "watch" {
        return watchers(call, findings);
    }
    let makes = matches!(call.name, "npm" | "pnpm" | "yarn" | "bun") && matches!(first, "init" | "create");
    if makes && call.words.len() > 1 {
        findings.unread_at(Severity::Low, call.name, "a template that is fetched and run", call.span);
        return !foreign(call, findings);
    }
    // These run a package's program by its bare name too.
    let bare = matches!(call.name, "pnpm" | "yarn" | "bun") && BINARIES.contains(&first);
    let row = RUNNERS
        .iter()
        .find(|(names, firsts, _)| among(names, call.name) && (firsts.is_empty() || among(firsts, first)));
    let skip = match row {
        _ if bare => 0,
        Some((_, _, skip)) => *skip,
        None => return false,
    };
    if first == "tool" && !call.words.iter().any(|word| word.text == "run") {
        return false;
    }
    if foreign(call, findings) {
        return true;
    }
    findings.unread_at(Severity::Low, call.name, "it runs a program of a package", call.span);
    let mut words = call.words.iter().enumerate();
    let mut skip = skip;
    while let Some((at, word)) = words.next() {
        let text = word.text.as_str();
        if matches!(text, "-c" | "--call") && matches!(call.name, "npx" | "npm" | "pnpm" | "yarn") {
            if let Some((_, script)) = words.next() {
                shell_text(call, script, findings);
            }
            return true;
        }
        if matches!(text, "-m" | "--module") && call.name == "uv" {
            let line: Vec<Word> =
                std::iter::once(Word::plain("python")).chain(call.words[at..].iter().cloned()).collect();
            commands::read(&line, call.span, &call.place.inside(), findings);
            return true;
        }
        if text == "--" {
            continue;
        }
        if text.starts_with('-') {
            if VALUED.contains(&text) {
                words.next();
            }
            continue;
        }
        let assignment = text.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if assignment {
            continue;
        }
        if skip > 0 {
            skip -= 1;
            continue;
        }
        inner(call, at, findings);
        return true;
    }
    true
}

/// The program behind the runner, by its name without a version.
fn inner(call: &Call<'_>, at: usize, findings: &mut Findings) {
    let Some(word) = call.words.get(at) else { return };
    if !word.literal {
        return findings.unread_at(
            Severity::Low,
            &word.text,
            "which package it runs shows only when it runs",
            word.span,
        );
    }
    let name = word.text.as_str();
    if call.name == "uv" && ends_with(name, &["py"]) {
        let line: Vec<Word> =
            std::iter::once(Word::plain("python")).chain(call.words[at..].iter().cloned()).collect();
        return commands::read(&line, call.span, &call.place.inside(), findings);
    }
    // `@scope/name@1.2` is `name`; `name@latest` is `name`.
    let stem = name.rsplit('/').next().unwrap_or(name);
    let stem = stem.split('@').next().filter(|stem| !stem.is_empty()).unwrap_or(stem);
    let scoped = if name.starts_with('@') { known(name) } else { stem };
    let program = Word { text: scoped.to_owned(), ..word.clone() };
    let line: Vec<Word> = std::iter::once(program).chain(call.words[at + 1..].iter().cloned()).collect();
    commands::read(&line, call.span, &call.place.inside(), findings);
}

/// Programs that packages with a scope bring.
fn known(name: &str) -> &str {
    let bare = name.rsplit_once('@').map_or(name, |(bare, _)| if bare.is_empty() { name } else { bare });
    match bare {
        "@vscode/vsce" => "vsce",
        "@railway/cli" => "railway",
        "@nestjs/cli" => "nest",
        "@angular/cli" => "ng",
        "@prisma/cli" => "prisma",
        "@cloudflare/wrangler" => "wrangler",
        "@changesets/cli" => "changeset",
        "@sentry/cli" => "sentry-cli",
        _ => bare.rsplit('/').next().unwrap_or(bare),
    }
}

/// A package that comes from no registry, or from one that is named. Whether it is read so.
fn foreign(call: &Call<'_>, findings: &mut Findings) -> bool {
    let odd = call.words.iter().find(|word| {
        let text = word.text.as_str();
        let value = text.split_once('=').filter(|_| text.starts_with("--")).map_or(text, |(_, value)| value);
        let package = value.starts_with("git+")
            || value.starts_with("http://")
            || value.starts_with("https://")
            || value.starts_with("github:");
        let first_operand = call.words.iter().find(|word| {
            !word.text.starts_with('-')
                && word.text != "run"
                && word.text != "exec"
                && word.text != "dlx"
                && word.text != "x"
        });
        let here = first_operand.is_some_and(|first| first.text == *text);
        let registry = text.starts_with("--registry")
            || text.starts_with("--index-url")
            || text.starts_with("--from=")
            || text == "--from";
        package && (here || registry || text.starts_with("--package=")) || registry && value.contains("://")
    });
    let behind = call.words.windows(2).any(|pair| {
        matches!(
            pair[0].text.as_str(),
            "--from" | "-p" | "--package" | "--spec" | "--registry" | "--index-url"
        ) && (pair[1].text.contains("://") || pair[1].text.starts_with("git+"))
    });
    if odd.is_none() && !behind {
        return false;
    }
    findings.unread(call.name, "it fetches a program from another place and runs it", call.span);
    true
}

/// Programs that run a command whenever a file changes, or several at once.
fn watchers(call: &Call<'_>, findings: &mut Findings) -> bool {
    findings.unread_at(Severity::Low, call.name, "it runs a command again and again", call.span);
    let texts = matches!(call.name, "concurrently" | "hyperfine" | "onchange");
    let mut words = call.words.iter().enumerate();
    while let Some((at, word)) = words.next() {
        match word.text.as_str() {
            "--exec" | "-x" | "-c" | "--command" | "-s" | "--shell" | "--run" | "--build.cmd"
            | "--prepare" | "--setup" | "--cleanup" | "-p"
                if !(call.name == "entr" || word.text == "-p" && call.name != "hyperfine") =>
            {
                let Some((_, script)) = words.next() else { break };
                if call.name == "cargo" && word.text == "-x" {
                    continue;
                }
                shell_text(call, script, findings);
            }
            "--" => {
                commands::read(
                    call.words.get(at + 1..).unwrap_or_default(),
                    call.span,
                    &call.place.inside(),
                    findings,
                );
                return true;
            }
            text if VALUED.contains(&text) => {
                words.next();
            }
            text if text.starts_with('-') => {}
            _ if texts => shell_text(call, word, findings),
            text if matches!(call.name, "npm-run-all" | "run-s" | "run-p") => {
                let line =
                    [Word::plain("npm"), Word::plain("run"), Word { text: text.to_owned(), ..word.clone() }];
                commands::read(&line, call.span, &call.place.inside(), findings);
            }
            text if call.name == "nodemon" && ends_with(text, &["js", "ts"]) => {
                let line = [Word::plain("node"), word.clone()];
                commands::read(&line, call.span, &call.place.inside(), findings);
                return true;
            }
            _ if matches!(call.name, "entr" | "watchexec" | "reflex") => {
                commands::read(&call.words[at..], call.span, &call.place.inside(), findings);
                return true;
            }
            _ => {}
        }
    }
    true
}

fn ends_with(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
}
