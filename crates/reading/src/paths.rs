//! Paths that are more than files: secrets, what runs by itself, what agents and Sayso obey. Data.
//!
//! A row names the last parts of a path, small letters; a row that ends in `/` names folders and everything in them; one
//! that begins with `/` begins at the root. `*` stands for any run of characters within a
//! part, `?` for any one. Between rows stands a space.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use sayso_core::Severity;

use crate::words::flat;

/// Why a path is more than a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    /// Sayso's own policy, keys or ledger.
    Sayso,
    /// What agents read as orders or settings.
    Agent,
    /// What runs by itself, at a login, by the clock, or with git.
    Startup,
    /// Who may come in or become root.
    Access,
    /// What a build server runs.
    Build,
    /// A password, a key, a token.
    Secret,
}

impl Special {
    /// How bad a change of it is at least.
    pub(crate) const fn when_changed(self) -> Severity {
        match self {
            Self::Build | Self::Secret => Severity::High,
            _ => Severity::Critical,
        }
    }

    /// A sentence.
    pub(crate) fn why(self, path: &str) -> String {
        let what = match self {
            Self::Sayso => "belongs to Sayso itself",
            Self::Agent => "is what agents take as orders or settings",
            Self::Startup => "can run programs by itself",
            Self::Access => "says who may come in",
            Self::Build => "is run by the build server",
            Self::Secret => "holds secrets",
        };
        format!("{path} {what}")
    }
}

const SPECIAL: &[(Special, &str)] = &[
    (
        Special::Sayso,
        "sayso.toml /etc/sayso/ .config/sayso/ .local/share/sayso/ run/sayso/ sayso/data/ \
         run/user/*/sayso/ application?support/sayso/",
    ),
    (
        Special::Agent,
        ".claude/ claude.md claude.local.md .claude.json /etc/claude-code/ .cursor/ .cursorrules \
         /etc/cursor/ agents.md agents.override.md .codex/ /etc/codex/ gemini.md .gemini/ \
         .github/copilot-instructions.md .github/instructions/ .github/hooks/ .github/agents/ \
         .copilot/ .opencode/ .config/opencode/ opencode.json opencode.jsonc .cline/ .clinerules/ \
         .clinerules .windsurf/ .windsurfrules .codeium/ .kiro/ .amazonq/ .goosehints \
         .config/goose/ .factory/ .aider.conf.yml .config/amp/ .continue/ .roo/ .roorules \
         .mcp.json mcp.json .vscode/mcp.json",
    ),
    (
        Special::Startup,
        ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv \
         .zprofile .zlogin .zlogout .kshrc .cshrc .tcshrc .config/fish/ .inputrc .xinitrc \
         .xprofile .xsession .xsessionrc /etc/profile /etc/profile.d/ /etc/bash.bashrc /etc/zsh/ \
         /etc/environment /etc/ld.so.preload /etc/ld.so.conf.d/ /etc/rc.local /etc/init.d/ \
         /etc/systemd/ /usr/lib/systemd/ /lib/systemd/ .config/systemd/ .local/share/systemd/ \
         .config/autostart/ /etc/xdg/autostart/ library/launchagents/ library/launchdaemons/ \
         .config/environment.d/ /etc/cron*/ /etc/crontab /etc/anacrontab /var/spool/cron/ \
         .git/hooks/ .git/config .git/info/attributes .gitconfig .config/git/ /etc/gitconfig \
         .githooks/ .husky/ .pre-commit-config.yaml lefthook.yml .envrc .direnvrc .config/direnv/ \
         .vscode/tasks.json .vscode/settings.json .vscode/launch.json .idea/runconfigurations/ \
         /etc/udev/ /etc/apt/ sitecustomize.py usercustomize.py .vimrc .config/nvim/ .emacs \
         .emacs.d/ .tmux.conf .screenrc .nanorc .cargo/config.toml .cargo/config .config/pip/ \
         pip.conf .npmrc .yarnrc .yarnrc.yml .gdbinit .lldbinit",
    ),
    (
        Special::Access,
        ".ssh/ /etc/ssh/ /etc/sudoers /etc/sudoers.d/ /etc/pam.d/ /etc/passwd /etc/group \
         /etc/shadow /etc/gshadow /etc/hosts /etc/hosts.allow /etc/polkit-1/ /etc/security/ \
         /etc/doas.conf /etc/ssl/ /usr/local/share/ca-certificates/",
    ),
    (
        Special::Build,
        ".github/workflows/ .github/actions/ .gitlab-ci.yml .circleci/ jenkinsfile \
         azure-pipelines.yml .drone.yml .travis.yml bitbucket-pipelines.yml .buildkite/ \
         cloudbuild.yaml .woodpecker.yml .woodpecker/ .forgejo/workflows/ .gitea/workflows/",
    ),
];

/// Secrets, each with what it is.
const SECRETS: &[(&str, &str)] = &[
    ("which holds settings that are often secret", ".env .env.* *.env"),
    (
        "a private key",
        ".ssh/ id_rsa id_dsa id_ecdsa id_ed25519 id_ecdsa_sk id_ed25519_sk *.pem *.key *.p12 *.pfx \
         *.jks *.keystore *.ppk machine.key .gnupg/ /etc/ssl/private/ /etc/ssh/ssh_host_*_key",
    ),
    (
        "which holds passwords or tokens",
        ".netrc _netrc .pgpass .my.cnf .npmrc .pypirc .git-credentials .htpasswd .vault-token \
         .aws/credentials .aws/sso/ .aws/cli/ .azure/ .config/gcloud/ .kube/ kubeconfig \
         .docker/config.json .config/gh/hosts.yml .config/hub .cargo/credentials.toml \
         .cargo/credentials .gem/credentials .terraform.d/credentials.tfrc.json .railway/ \
         .config/fly/ .fly/ .vercel/ .netlify/ .claude/.credentials.json .codex/auth.json \
         .gemini/oauth_creds.json .local/share/opencode/auth.json credentials.json \
         service-account*.json client_secret*.json secrets.yml secrets.yaml secrets.json \
         secrets.toml secret.yml secret.yaml *.tfvars *.tfstate terraform.tfstate.backup \
         /etc/shadow /etc/gshadow /etc/shadow- /etc/gshadow- /etc/sudoers /etc/sudoers.d/ \
         /etc/master.passwd /etc/security/opasswd /run/secrets/ /var/run/secrets/ wp-config.php \
         .s3cfg .boto .rclone.conf rclone.conf .config/rclone/ .config/op/ .op/ .config/gh/ \
         .m2/settings.xml .m2/settings-security.xml .composer/auth.json auth.json \
         .config/composer/auth.json .subversion/auth/ .vault_pass .vault_pass.txt vault-password \
         .config/git/credentials .oci/ .aliyun/ .databrickscfg .snowsql/config .dbt/profiles.yml \
         .config/configstore/ .mc/config.json .huggingface/token .cache/huggingface/token \
         .kaggle/kaggle.json .config/stripe/ .ngrok2/ngrok.yml .config/ngrok/ .config/doctl/ \
         .config/heroku/ .config/hcloud/ .config/supabase/ .supabase/access-token .config/neonctl/ \
         .pscale/ .config/planetscale/ .wrangler/config/ .config/.wrangler/ .config/scw/ \
         .linode-cli .config/linode-cli .terraformrc .pulumi/credentials.json .config/sops/ \
         .podman/auth.json containers/auth.json /etc/krb5.keytab *.keytab \
         /var/lib/sss/ ntds.dit /etc/kubernetes/ /etc/openvpn/ *.ovpn /etc/wireguard/ wg0.conf \
         /etc/networkmanager/system-connections/ /etc/wpa_supplicant/ wpa_supplicant.conf \
         /etc/mysql/debian.cnf /etc/ppp/chap-secrets /etc/ipsec.secrets /etc/letsencrypt/ \
         .config/anthropic/ .anthropic/ .openai/ .config/openai/ .config/cursor/auth.json \
         database.yml.secret credentials.csv accesskeys.csv rootkey.csv htpasswd .dockercfg \
         .dockerconfigjson id.json.key mnemonic.txt seed.txt seed_phrase.txt passwords.txt \
         password.txt .azure-devops/ .ansible/galaxy_token .config/containers/auth.json \
         /etc/rancher/k3s/k3s.yaml .minikube/ .talos/config .s3curl .passwd-s3fs \
         local.settings.json application-secrets.yml secrets.env config/master.key \
         config/sam config/security system32/config/ unattend.xml sysprep.inf groups.xml",
    ),
    (
        "a store of passwords",
        "*.kdbx *.keychain *.keychain-db keyrings/ login?data logins.json key4.db key3.db \
         cookies.sqlite wallet.dat .password-store/ .local/share/keyrings/ *.psafe3 *.agilekeychain \
         *.opvault google-chrome/*/cookies chrome/*/cookies chromium/*/cookies \
         google-chrome/*/*/cookies brave-browser/*/cookies microsoft?edge/*/cookies \
         google-chrome/*/web?data .config/google-chrome/ .mozilla/firefox/ firefox/profiles/ \
         library/cookies/ library/keychains/ .electrum/ .bitcoin/ .ethereum/ .config/solana/ \
         .monero/ .metamask/ .exodus/ local?state local?extension?settings/ \
         signal/config.json slack/storage/ slack/cookies discord/local?storage/ telegram?desktop/",
    ),
    ("the environment of a process", "/proc/*/environ"),
    ("the memory of a process or of the machine", "/proc/*/mem /proc/kcore /dev/mem /dev/kmem /proc/*/maps"),
    (
        "what was typed before",
        ".bash_history .zsh_history .python_history .psql_history .mysql_history \
         .node_repl_history .rediscli_history fish_history .sh_history .history .irb_history \
         .sqlite_history .lesshst .viminfo .mongorc_history .dbshell \
         consolehost_history.txt",
    ),
];
/// Names that look like a secret's and are made to be shown.
const OPEN: &str = ".ssh/known_hosts .ssh/config .ssh/authorized_keys \
         .env.example .env.sample .env.template .env.dist .env.test .env.defaults .env.schema \
         .env.*.example .env.*.sample .env.*.template *.pub example.env sample.env \
         template.env public.pem cacert.pem ca.pem fullchain.pem cert.pem chain.pem";

/// Why `path` is more than a file, the gravest reason first.
pub(crate) fn special(path: &str) -> Option<Special> {
    let path = Path::of(path);
    let found = INDEX.special.first(&path);
    found
        .and_then(|group| SPECIAL.get(group))
        .map(|(special, _)| *special)
        .or_else(|| path.secret(false).map(|_| Special::Secret))
}

/// What secret `path` is, if it is one; `glob` says that a shell matches it against files.
pub(crate) fn secret(path: &str, glob: bool) -> Option<&'static str> {
    Path::of(path).secret(glob)
}

/// One row, taken apart.
struct Row {
    parts: Vec<&'static str>,
    rooted: bool,
    folder: bool,
    /// Which group it stands in: a smaller one counts first.
    group: usize,
}

/// Rows, found by their last part.
struct Rows {
    by_last: HashMap<&'static str, Vec<Row>>,
    /// Those whose last part has a `*` or a `?`.
    open: Vec<Row>,
}

struct Index {
    special: Rows,
    secrets: Rows,
    shown: Rows,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| Index {
    special: Rows::of(SPECIAL.iter().map(|(_, rows)| *rows)),
    secrets: Rows::of(SECRETS.iter().map(|(_, rows)| *rows)),
    shown: Rows::of([OPEN].into_iter()),
});

impl Rows {
    fn of(groups: impl Iterator<Item = &'static str>) -> Self {
        let mut rows = Self { by_last: HashMap::new(), open: Vec::new() };
        for (group, text) in groups.enumerate() {
            for row in text.split_ascii_whitespace() {
                let parts: Vec<&str> = row.split('/').filter(|part| !part.is_empty()).collect();
                let Some(last) = parts.last().copied() else { continue };
                let row = Row { parts, rooted: row.starts_with('/'), folder: row.ends_with('/'), group };
                if last.contains(['*', '?']) {
                    rows.open.push(row);
                } else {
                    rows.by_last.entry(last).or_default().push(row);
                }
            }
        }
        rows
    }

    /// The first group with a row that names `path`.
    fn first(&self, path: &Path) -> Option<usize> {
        let ends = 0..path.parts.len();
        let fitting = ends.flat_map(|end| {
            let named = self.by_last.get(path.parts[end].as_str()).into_iter().flatten();
            named.chain(&self.open).filter(move |row| path.fits(row, end)).map(|row| row.group)
        });
        fitting.min()
    }
}

struct Path {
    rooted: bool,
    parts: Vec<String>,
}

impl Path {
    fn of(path: &str) -> Self {
        let rooted = path.starts_with('/');
        let text: Cow<'_, str> = if rooted { flat(path) } else { Cow::Borrowed(path) };
        let parts = text
            .split(['/', '\\'])
            .filter(|part| !part.is_empty() && *part != ".")
            .map(str::to_lowercase)
            .collect();
        Self { rooted, parts }
    }

    fn secret(&self, glob: bool) -> Option<&'static str> {
        if INDEX.shown.first(self).is_some() {
            return None;
        }
        let found = INDEX.secrets.first(self).or_else(|| {
            let could_be = |rows: &str| rows.split_ascii_whitespace().any(|row| self.could_be(row));
            if glob { SECRETS.iter().position(|(_, rows)| could_be(rows)) } else { None }
        });
        found.and_then(|group| SECRETS.get(group)).map(|(what, _)| *what)
    }

    /// Whether the row names this path's parts up to `end`.
    fn fits(&self, row: &Row, end: usize) -> bool {
        let count = row.parts.len();
        let whole = row.folder || end + 1 == self.parts.len();
        let start = (end + 1).checked_sub(count).filter(|start| !row.rooted || (self.rooted && *start == 0));
        let have = start.and_then(|start| self.parts.get(start..=end));
        whole && have.is_some_and(|have| have.iter().zip(&row.parts).all(|(have, want)| matches(want, have)))
    }

    /// Whether this path, a pattern of the shell's, looks made to match a file that the row names. `*` and `*.json`
    /// match half of everything; what has half of the name, or stands in the folder of the secret, means it.
    fn could_be(&self, row: &str) -> bool {
        let Some((last, above)) = self.parts.split_last() else { return false };
        if row.ends_with('/') || !last.contains(['*', '?', '[']) {
            return false;
        }
        let mut wanted = row.split('/').filter(|part| !part.is_empty()).rev();
        let Some(name) = wanted.next() else { return false };
        let around = row.split('/').filter(|part| !part.is_empty()).count() > 1;
        let above_fits = wanted.zip(above.iter().rev()).all(|(want, have)| matches(want, have));
        if !above_fits || row.starts_with('/') && !self.rooted {
            return false;
        }
        let own = without_sets(last);
        let by_ending = name.strip_prefix('*');
        if own.starts_with("*.") && by_ending.is_none() || by_ending.is_some_and(|end| !own.ends_with(end)) {
            return false;
        }
        let said = own.bytes().filter(|b| !matches!(b, b'*' | b'?')).count();
        let asked = name.bytes().filter(|b| !matches!(b, b'*' | b'?')).count();
        let means = said * 2 >= asked || own.contains('?') && own.len() == name.len() && said > 0;
        // A star at the front does not match a dot; a set in brackets is taken for any one character.
        let dotted = name.starts_with('.') && !last.starts_with(['.', '[', '?']);
        said > 0 && (means || around && said * 4 >= asked) && !dotted && meet(own.as_bytes(), name.as_bytes())
    }
}

fn without_sets(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(open) = rest.find('[') {
        out.push_str(&rest[..open]);
        out.push('?');
        rest = rest[open..].find(']').map_or("", |close| &rest[open + close + 1..]);
    }
    out.push_str(rest);
    out
}

/// Whether `text` is of the form `pattern`: `*` any run of characters, `?` any one. In time of their product at most.
fn matches(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == text;
    }
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// Whether any text is of both forms. In time of their product.
fn meet(one: &[u8], other: &[u8]) -> bool {
    // `above[j]`: the pieces of `one` so far and the first `j` pieces of `other` can be the same text.
    let mut above = vec![false; other.len() + 1];
    for i in 0..=one.len() {
        let mut row = vec![false; other.len() + 1];
        for j in 0..=other.len() {
            let (a, b) = (i.checked_sub(1).map(|i| one[i]), j.checked_sub(1).map(|j| other[j]));
            let (up, left) = (i > 0 && above[j], j > 0 && row[j - 1]);
            row[j] = match (a, b) {
                (None, None) => true,
                (Some(b'*'), _) | (_, Some(b'*')) => up || left,
                (Some(a), Some(b)) => above[j - 1] && (a == b || a == b'?' || b == b'?'),
                _ => false,
            };
        }
        above = row;
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name_and_place_and_their_open_twins_are_not_taken_for_them() {
        for path in [
            "/p/.env",
            ".env.local",
            "/home/a/.ssh/id_ed25519",
            "~/.aws/credentials",
            "server.PEM",
            "/proc/1/environ",
            "/etc/./shadow",
            "/etc/x/../shadow",
            "a/terraform.tfstate",
            "/home/a/.kube/config",
        ] {
            assert!(secret(path, false).is_some(), "{path}");
        }
        for path in [
            "/p/.env.example",
            "id_rsa.pub",
            "~/.ssh/known_hosts",
            "~/.ssh/x.pub",
            "/p/env",
            "src/key.rs",
            "README.md",
            "/p/shadow",
            "",
        ] {
            assert_eq!(secret(path, false), None, "{path}");
        }
    }

    #[test]
    fn a_pattern_that_could_match_a_secret_counts_as_one() {
        for path in [
            ".e*",
            ".env*",
            "x*.env",
            "id_*",
            "*.pem",
            "?d_rsa",
            "[i]d_rsa",
            "~/.aws/cred*",
            "/etc/sh*",
            "/etc/sha?ow",
            ".e??",
        ] {
            assert!(secret(path, true).is_some(), "{path}");
        }
        for path in ["*.rs", "src/*.c", "x*.txt", "*", "*.json", "*.yml", "src/*", "list*", "/bin/*", "^.*"] {
            assert_eq!(secret(path, true), None, "{path}");
        }
    }

    #[test]
    fn what_runs_by_itself_or_is_obeyed_is_special() {
        for (path, kind) in [
            ("/p/.claude/settings.json", Special::Agent),
            ("/p/AGENTS.md", Special::Agent),
            ("/home/a/.bashrc", Special::Startup),
            ("/p/.git/hooks/pre-commit", Special::Startup),
            ("/etc/cron.d/x", Special::Startup),
            ("/home/a/.ssh/authorized_keys", Special::Access),
            ("/p/.github/workflows/ci.yml", Special::Build),
            ("/home/a/.config/sayso/sayso.toml", Special::Sayso),
            ("/p/.env", Special::Secret),
        ] {
            assert_eq!(special(path), Some(kind), "{path}");
        }
        assert_eq!(special("/p/src/main.rs"), None);
    }
}
