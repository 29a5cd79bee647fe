//! Commands in the arguments of a call: for a shell, for a program, or for the page of a browser.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};
use serde_json::Value;

use super::arguments::Arguments;
use crate::catalogue::judge::{Act, Judged};
use crate::commands::{self, Place, Stdin};
use crate::findings::Found;
use crate::words::Word;
use crate::{Findings, NoFiles, shell};

/// Where commands of tools run, as far as anybody knows.
const FOLDER: &str = "/";

const COMMANDS: &[&str] = &[
    "command",
    "cmd",
    "script",
    "shell_command",
    "shellcommand",
    "commandline",
    "command_line",
    "cli_command",
    "clicommand",
    "command_string",
    "full_command",
    "bash",
    "input",
    "shell",
];
/// Programs that a tool for them is called by, and that its arguments leave out.
const PROGRAMS: &[&str] = &[
    "gcloud",
    "aws",
    "az",
    "kubectl",
    "helm",
    "terraform",
    "tofu",
    "docker",
    "git",
    "gh",
    "npm",
    "pnpm",
    "yarn",
    "pip",
    "cargo",
    "psql",
    "redis-cli",
    "gsutil",
    "bq",
    "oc",
    "flyctl",
    "heroku",
    "vercel",
    "railway",
    "supabase",
    "wrangler",
    "ansible-playbook",
    "pulumi",
    "adb",
    "make",
];
/// Servers whose scripts run in a page.
const PAGES: &[&str] =
    &["selenium", "puppeteer", "playwright", "webdriver", "browser", "chrome", "firefox", "cypress"];

/// Where a command of a tool runs.
const fn place<'p>(cwd: Option<&'p str>, start: &'p str) -> Place<'p> {
    Place { cwd, start, depth: 1, wrapped: 0, stdin: Stdin::Inherited, files: &NoFiles, shell: None }
}

impl Arguments<'_> {
    /// Reads them. Whether there were any.
    pub(super) fn commands(&self, judged: Judged, findings: &mut Findings) -> bool {
        const OTHERS: &[&str] =
            &["args", "arguments", "argv", "commands", "function", "expression", "code", "javascript", "js"];
        let is_one = |key: &str, names: &[&str]| names.iter().any(|name| key.eq_ignore_ascii_case(name));
        if !self.named.iter().any(|(key, _)| is_one(key, COMMANDS) || is_one(key, OTHERS)) {
            return false;
        }
        let runs = judged.act == Some(Act::Run)
            || self.sounds(&[
                "shell",
                "terminal",
                "bash",
                "command",
                "exec",
                "process",
                "ssh",
                "console",
                "powershell",
                "tmux",
            ]);
        let tool = self.small_tool();
        let other = [
            "sql",
            "query",
            "evaluate",
            "python",
            "javascript",
            "node",
            "applescript",
            "osascript",
            "lua",
            "groovy",
            "vba",
        ];
        if self.sounds(PAGES) {
            return self.page(findings);
        }
        if let Some(read) = self.code(judged, &other, findings) {
            return read;
        }
        let program = PROGRAMS.iter().copied().find(|program| {
            tool.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|part| part == *program)
        });
        if !(runs || program.is_some()) || other.iter().any(|word| tool.contains(word)) {
            return false;
        }
        let folder = ["cwd", "workdir", "working_directory", "workingdirectory", "working_dir", "directory"];
        let start = self.text(&folder[..3]).unwrap_or(FOLDER);
        let place = place(self.text(&folder), start);
        let mut inner = Findings::default();
        let read = self.all_commands(program, &place, &mut inner);
        findings.absorb(inner, self.span);
        read
    }

    /// Code for an interpreter, where the call says which: `{"language": "python", "code": …}`.
    fn code(&self, judged: Judged, languages: &[&str], findings: &mut Findings) -> Option<bool> {
        let code = self.text(&["code", "source", "source_code", "python_code", "snippet"])?;
        let said = self.text(&["language", "lang", "runtime"]).unwrap_or_default().to_ascii_lowercase();
        let named =
            languages.iter().find(|name| self.small_tool().contains(**name)).copied().unwrap_or_default();
        let said = if said.is_empty() { named } else { said.as_str() };
        let (program, option) = match said.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
            "python" | "py" => ("python3", "-c"),
            "javascript" | "js" | "node" | "nodejs" | "typescript" | "ts" => ("node", "-e"),
            "bash" | "shell" | "sh" | "zsh" => ("bash", "-c"),
            "ruby" => ("ruby", "-e"),
            "php" => ("php", "-r"),
            "perl" => ("perl", "-e"),
            _ => return None,
        };
        if judged.act != Some(Act::Run) {
            return None;
        }
        let words: Vec<Word> = [program, option, code].into_iter().map(Word::plain).collect();
        let mut inner = Findings::default();
        commands::read(&words, None, &place(None, FOLDER), &mut inner);
        findings.absorb(inner, self.span);
        Some(true)
    }

    /// Every command that an argument holds. Whether there was one.
    fn all_commands(&self, program: Option<&str>, place: &Place<'_>, findings: &mut Findings) -> bool {
        let field = |name: &str| {
            self.named.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
        };
        let mut call = |words: &mut dyn Iterator<Item = &str>| {
            let words: Vec<Word> = words.map(Word::plain).collect();
            commands::read(&words, None, place, findings);
        };
        let mut read = false;
        let arguments =
            ["args", "arguments", "argv"].iter().find_map(|name| field(name)).and_then(Value::as_array);
        let given = COMMANDS.iter().any(|name| field(name).is_some());
        // `run_gcloud_command` with the words behind `gcloud`.
        if let Some((program, words)) = program.zip(arguments).filter(|_| !given) {
            let words = words.iter().filter_map(Value::as_str);
            let program = Some(program).filter(|program| words.clone().next() != Some(program));
            call(&mut program.into_iter().chain(words));
            read = true;
        }
        for value in COMMANDS.iter().filter_map(|name| field(name)) {
            match (value, arguments) {
                (Value::String(program), Some(words)) if !program.contains(' ') => {
                    let words = words.iter().filter_map(Value::as_str);
                    call(&mut std::iter::once(program.as_str()).chain(words));
                }
                (Value::Array(words), _) => call(&mut words.iter().filter_map(Value::as_str)),
                (Value::String(_), _) => {}
                _ => continue,
            }
            read = true;
        }
        let scripts = COMMANDS.iter().filter_map(|name| field(name)).filter_map(Value::as_str);
        for script in scripts.filter(|script| arguments.is_none() || script.contains(' ')) {
            self.script(script, program, place, findings);
        }
        if let Some(Value::Array(scripts)) = self.all.get("commands") {
            for script in scripts.iter().take(100).filter_map(Value::as_str) {
                shell::read_script(script, place, findings);
                read = true;
            }
        }
        read
    }

    /// A line that is a script, or the words behind the tool's own program.
    fn script(&self, script: &str, program: Option<&str>, place: &Place<'_>, findings: &mut Findings) {
        let program = program.filter(|program| !script.trim_start().starts_with(program));
        let Some(program) = program.filter(|_| !self.small_tool().contains("exec")) else {
            shell::read_script(script, place, findings);
            return;
        };
        shell::read_script(&format!("{program} {script}"), place, findings);
        // It may as well run it as it stands.
        let mut alone = Findings::default();
        shell::read_script(script, place, &mut alone);
        if alone.severity() >= Some(Severity::High) {
            findings.absorb_as_is(alone);
        }
    }

    /// Code that runs in a page. Whether there is any.
    fn page(&self, findings: &mut Findings) -> bool {
        if self.text(&["script", "function", "expression", "code", "javascript", "js"]).is_none() {
            return false;
        }
        let takes = self.reads_storage();
        let (severity, verb) =
            if takes { (Severity::High, Verb::Disclose) } else { (Severity::Low, Verb::ExecuteUnread) };
        let says = if takes { "Read what a page keeps of its user" } else { "Run code in a page" };
        findings.effect(Found {
            verb,
            kind: TargetKind::Url,
            name: format!("{}/{}", self.server, self.tool),
            reversible: Reversible::Unknown,
            severity,
            phrase: says.to_owned(),
            span: self.span,
        });
        true
    }
}
