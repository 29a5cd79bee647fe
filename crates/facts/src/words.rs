//! Numbers, paths and times as words for the card.
//!
//! Invariant: whatever did not come from this crate's own source goes through [`shown`] before it stands on a card.

use std::path::Path;

use sayso_core::{UnixMs, redact, visible};

/// A text from outside in one line: secrets hidden, what cannot be seen made visible.
pub(crate) fn shown(text: &str) -> String {
    visible::reveal_line(&redact::text(text))
}

/// A text from outside in quotation marks.
pub(crate) fn quoted(text: &str) -> String {
    format!("“{}”", shown(text))
}

/// A path with `~` for the home folder.
pub(crate) fn path(path: &Path, home: &Path) -> String {
    shown(&tilde(path, home))
}

/// As [`path`], not yet fit for the card.
pub(crate) fn tilde(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) if home.parent().is_some() => {
            let rest = rest.to_string_lossy();
            if rest.is_empty() { "~".to_owned() } else { format!("~/{rest}") }
        }
        _ => path.to_string_lossy().into_owned(),
    }
}

/// `1204` as `1,204`.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `1,204 files`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// `1 file`, `1,204 files`.
pub(crate) fn files(n: u64) -> String {
    count(n, "file", "files")
}

/// `1 commit`, `12 commits`.
pub(crate) fn commits(n: u64) -> String {
    count(n, "commit", "commits")
}

/// `812 bytes`, `38.2 MB`: powers of ten, as disks are sold and file managers show.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return count(bytes, "byte", "bytes");
    }
    // In tenths of the unit; rounding may lift it into the next one.
    let mut unit = 0;
    let mut divisor: u128 = 1000;
    let tenths = |divisor: u128| (u128::from(bytes) * 10 + divisor / 2) / divisor;
    while tenths(divisor) >= 10_000 && unit + 1 < UNITS.len() {
        unit += 1;
        divisor *= 1000;
    }
    let tenths = tenths(divisor);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// How long ago `then` was, in its largest unit: `3 days ago`.
pub(crate) fn ago(then: UnixMs, now: UnixMs) -> String {
    const UNITS: [(i64, &str, &str); 4] = [
        (86_400, "day", "days"),
        (3600, "hour", "hours"),
        (60, "minute", "minutes"),
        (1, "second", "seconds"),
    ];
    let seconds = now.0.saturating_sub(then.0) / 1000;
    for (length, one, many) in UNITS {
        if let Ok(n @ 1..) = u64::try_from(seconds / length) {
            return format!("{} ago", count(n, one, many));
        }
    }
    "just now".to_owned()
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A text as the beginning of a sentence.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// Sentences one after the other, empty ones left out.
pub(crate) fn sentences<I: IntoIterator<Item = String>>(parts: I) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sizes_and_ages_read_as_a_person_writes_them() {
        assert_eq!(number(0), "0");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(files(1), "1 file");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(38_249_999), "38.2 MB");
        assert_eq!(size(999_960), "1.0 MB");
        assert_eq!(size(u64::MAX), "18.4 EB");
        assert_eq!(ago(UnixMs(0), UnixMs(7_200_000)), "2 hours ago");
        assert_eq!(ago(UnixMs(5000), UnixMs(0)), "just now");
        assert_eq!(ago(UnixMs(i64::MIN), UnixMs(i64::MAX)), "106,751,991,167 days ago");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }

    #[test]
    fn a_path_below_the_home_folder_begins_with_a_tilde() {
        assert_eq!(path(Path::new("/home/a/code"), Path::new("/home/a")), "~/code");
        assert_eq!(path(Path::new("/home/a"), Path::new("/home/a")), "~");
        assert_eq!(path(Path::new("/home/ab"), Path::new("/home/a")), "/home/ab");
        assert_eq!(path(Path::new("/x"), Path::new("/")), "/x");
    }
}
