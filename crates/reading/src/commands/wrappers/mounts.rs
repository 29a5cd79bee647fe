//! What a container gets of the machine that it runs on.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::super::Call;
use crate::Findings;
use crate::findings::Found;
use crate::words::Word;

/// `docker run -v /:/host`: what a container gets of this machine.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) {
    let runs = |word: &Word| matches!(word.text.as_str(), "run" | "create");
    let Some(at) = call.words.iter().position(runs) else { return };
    let words = call.words.get(at + 1..).unwrap_or_default();
    let mut grant = |what: &str, word: &Word| {
        findings.effect(Found {
            verb: Verb::Grant,
            kind: TargetKind::Host,
            name: "this machine".to_owned(),
            reversible: Reversible::Unknown,
            severity: Severity::High,
            phrase: format!("Give a container {what}"),
            span: word.span.or(call.span),
        });
    };
    for (at, word) in words.iter().enumerate() {
        let (option, own) =
            word.text.split_once('=').map_or((&*word.text, None), |(name, value)| (name, Some(value)));
        let value = own.or_else(|| words.get(at + 1).map(|word| word.text.as_str())).unwrap_or_default();
        match option {
            "--privileged" if own != Some("false") => grant("all rights over this machine", word),
            "--pid" | "--userns" | "--ipc" | "--uts" if value == "host" => {
                grant("this machine's own processes", word);
            }
            "--cap-add"
                if matches!(
                    value,
                    "ALL" | "all" | "SYS_ADMIN" | "CAP_SYS_ADMIN" | "SYS_PTRACE" | "SYS_MODULE"
                ) =>
            {
                grant("rights over this machine", word);
            }
            "--security-opt" if value.contains("unconfined") => grant("freedom from its walls", word),
            "-v" | "--volume" | "--mount" => {
                let source = value
                    .split(',')
                    .find_map(|part| part.strip_prefix("src=").or_else(|| part.strip_prefix("source=")))
                    .or_else(|| value.split(':').next())
                    .unwrap_or_default();
                let whole = matches!(
                    source.trim_end_matches('/'),
                    "" | "/etc"
                        | "/root"
                        | "/home"
                        | "/var"
                        | "/usr"
                        | "/boot"
                        | "/proc"
                        | "/sys"
                        | "/dev"
                        | "/run"
                        | "~"
                        | "$HOME"
                ) && (source.starts_with(['/', '~', '$']));
                if whole || source.contains("docker.sock") || source.contains("containerd.sock") {
                    grant(&format!("{} of this machine", crate::words::quoted(source)), word);
                } else if let Some(what) =
                    crate::paths::secret(source, false).filter(|_| source.contains('/'))
                {
                    grant(&format!("{}, {what}", crate::words::quoted(source)), word);
                }
            }
            _ => {}
        }
    }
}
