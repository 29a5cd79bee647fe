//! Which names say that what stands behind them is a secret.

/// The longest name that is looked at.
pub(super) const NAME_BYTES: usize = 64;

/// How the names end, in small letters and without `-`, `_` and `.`.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "accesskeyid",
    "secretkey",
    "privatekey",
    "authkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "accountkey",
    "sharedkey",
    "authorization",
    "credential",
    "credentials",
    "connectionpwd",
    "clientkey",
    "sessionkey",
    "webhooksecret",
];
/// Names that are one as they are.
const WHOLE: &[&str] = &["pass", "pwd", "cookie", "setcookie", "xauth", "jwt", "bearer", "dbpass", "dbpwd"];
/// How the names of environment variables end.
const UPPER_ENDINGS: &[&str] =
    &["_KEY", "_PASS", "_PWD", "_PAT", "_TOKEN", "_SECRET", "_CREDENTIALS", "_AUTH"];
/// Names that end like one and are none.
const NOT: &[&str] = &["PWD", "OLDPWD", "INIT_CWD"];
/// Values that are no secret whatever their name.
const PLAIN: &[&str] = &[
    "none",
    "null",
    "nil",
    "true",
    "false",
    "undefined",
    "yes",
    "no",
    "string",
    "str",
    "boolean",
    "bool",
    "number",
    "int",
    "bytes",
    "required",
    "optional",
    "any",
    "object",
];
/// Folders by which a value is seen to be a path.
const FOLDERS: &[&str] = &[
    "~/", "./", "../", "/home/", "/etc/", "/tmp/", "/usr/", "/var/", "/root/", "/opt/", "/run/", "/Users/",
    "/mnt/", "/srv/", "/proc/", "/dev/",
];
/// Flags of programs whose value is a secret although their name does not say so; with whether the value stands in
/// the same word, and from which character on it is one.
const SHORT_FLAGS: &[(&str, &str, Value)] = &[
    ("curl", "-u", Value::AfterColon),
    ("curl", "--user", Value::AfterColon),
    ("curl", "-U", Value::AfterColon),
    ("curl", "--proxy-user", Value::AfterColon),
    ("sshpass", "-p", Value::Next),
    ("sshpass", "-p", Value::Same),
    ("mysql", "-p", Value::Same),
    ("mysqldump", "-p", Value::Same),
    ("mysqladmin", "-p", Value::Same),
    ("mariadb", "-p", Value::Same),
    ("redis-cli", "-a", Value::Next),
    ("mongosh", "-p", Value::Next),
    ("mongo", "-p", Value::Next),
    ("mongodump", "-p", Value::Next),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    /// The next word.
    Next,
    /// The rest of the flag's own word.
    Same,
    /// The next word, behind its first colon.
    AfterColon,
}

/// Whether `name` (of a variable, a key, a parameter, a long flag) says so.
pub(super) fn is_secret(name: &str) -> bool {
    if name.is_empty() || name.len() > NAME_BYTES || NOT.contains(&name) {
        return false;
    }
    let upper = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if upper && UPPER_ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending)) {
        return true;
    }
    let bare: String =
        name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect();
    ENDINGS.iter().any(|ending| bare.ends_with(ending)) || WHOLE.contains(&bare.as_str()) || name == "_auth"
}

/// Whether the word behind this flag is a secret.
pub(super) fn is_flag_of_secret(flag: &str) -> bool {
    let name = flag.strip_prefix("--").unwrap_or_default();
    !name.starts_with("no-") && !name.contains('=') && is_secret(name)
}

/// Whether a header of this name is a secret whole.
pub(super) fn is_secret_header(name: &str) -> bool {
    is_secret(name) || name.eq_ignore_ascii_case("x-auth")
}

/// Whether this is the scheme of an authorization: it is shown.
pub(super) fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "token", "digest", "negotiate", "apikey", "bot"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether a value is none: a word of a language, a variable, a path.
pub(super) fn is_plain_value(value: &str) -> bool {
    value.starts_with(['$', '<', '⟨', '{', '%'])
        || PLAIN.iter().any(|plain| value.eq_ignore_ascii_case(plain))
        || FOLDERS.iter().any(|folder| value.starts_with(folder))
        || value.starts_with("id=")
        || value.starts_with("type=")
}

/// In a program's words: from which byte on `word` is a secret, where `before` stands before it.
pub(super) fn after_short_flag(program: &str, before: &str, word: &str) -> Option<usize> {
    SHORT_FLAGS.iter().filter(|(of, _, _)| *of == program).find_map(|&(_, flag, value)| match value {
        Value::Next => (before == flag && !word.starts_with('-')).then_some(0),
        Value::AfterColon if before == flag => {
            word.find(':').map(|at| at + 1).filter(|&at| at < word.len() && !is_plain_value(&word[at..]))
        }
        Value::AfterColon => None,
        Value::Same => (word.len() > flag.len() && word.starts_with(flag)).then_some(flag.len()),
    })
}
