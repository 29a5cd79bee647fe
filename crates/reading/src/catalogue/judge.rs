//! What an operation without a row does, by the words of its name: `volumeDelete`, `delete_volume`, `DeleteVolume`,
//! `/volumes/1:delete`.
//!
//! Invariant: a word that destroys, grants, sends or pays raises wherever it stands, unless the name begins with a word
//! that looks (`list_deletions`); a name with no known word is not harmless.
//!
//! Deliberately absent: what words mean in other languages than English; APIs are named in English.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};

use super::judge_names::lets_in;
use super::judge_words::{Object, class, object};

/// What the verb of a name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Reads.
    Look,
    /// Makes or changes what can be had back.
    Make,
    /// Takes away.
    Destroy,
    /// Stops or holds up what runs, or switches something off.
    Stop,
    /// Throws away or replaces a state: reset, rollback, rotate, merge, transfer.
    Turn,
    /// Gives rights or ways in.
    Grant,
    /// Sends or publishes in somebody's name.
    Send,
    /// Moves money.
    Spend,
    /// Runs what its arguments say.
    Run,
}

/// How grave an operation is, by its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) act: Option<Act>,
    /// Whether the word is hardly ever anything but a verb.
    pub(crate) sure: bool,
    pub(crate) severity: Severity,
    pub(crate) verb: Verb,
    pub(crate) kind: TargetKind,
}

/// How many words of a name are looked at. Names of operations have five at most.
const WORDS: usize = 16;
/// Bytes of a word that are looked at; the longest known one is shorter.
const WORD_BYTES: usize = 24;

/// One word in small letters.
#[derive(Clone, Copy)]
pub(crate) struct Small {
    bytes: [u8; WORD_BYTES],
    long: usize,
}

impl Small {
    fn of(text: &str) -> Self {
        let mut bytes = [0; WORD_BYTES];
        let long = text.len().min(WORD_BYTES);
        for (to, from) in bytes.iter_mut().zip(text.as_bytes()) {
            *to = from.to_ascii_lowercase();
        }
        Self { bytes, long: if text.len() > WORD_BYTES { 0 } else { long } }
    }

    pub(crate) fn text(&self) -> &str {
        self.bytes.get(..self.long).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

/// The words of a name: cut at signs and where small letters meet capitals.
pub(crate) fn words(name: &str) -> Vec<Small> {
    let mut words = Vec::with_capacity(6);
    for piece in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|piece| !piece.is_empty()) {
        let bytes = piece.as_bytes();
        let mut start = 0;
        for at in 1..bytes.len() {
            let (before, here) = (bytes[at - 1], bytes[at]);
            let next_small = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            // `DBInstance`, `listIAMUsers`, but `DBs` stays whole.
            let edge = here.is_ascii_uppercase()
                && (before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && next_small));
            if edge {
                words.push(Small::of(&piece[start..at]));
                start = at;
            }
        }
        words.push(Small::of(&piece[start..]));
        if words.len() >= WORDS {
            words.truncate(WORDS);
            break;
        }
    }
    words
}

/// The verb of a name and where it stands. `joined`: the name is one piece, such as `volumeDelete`.
fn verb(words: &[Small], joined: bool) -> Option<(Act, usize)> {
    let known = |at: usize| words.get(at).and_then(|word| class(word.text()));
    let sure = |at: usize| known(at).filter(|(_, sure)| *sure).map(|(act, _)| (act, at));
    let last = words.len().checked_sub(1)?;
    // `delete_volume`: the word in front.
    if let Some(found) = sure(0) {
        return Some(found);
    }
    let first_sure = (1..=last).find_map(sure);
    // `notion_retrieve_block`: looking comes before the thing that is looked at.
    if let Some(found) = first_sure.filter(|(act, _)| !joined && *act == Act::Look) {
        return Some(found);
    }
    // `volumeDelete`: the last word. `post_message`: what can be a verb is one in front.
    sure(last)
        .filter(|_| joined || first_sure.is_none_or(|(_, at)| at == last))
        .or_else(|| known(0).map(|(act, _)| (act, 0)).filter(|_| first_sure.is_none()))
        .or(first_sure)
        .or_else(|| (1..=last).rev().find_map(|at| known(at).map(|(act, _)| (act, at))))
}

/// How grave the operation `name` is.
pub(crate) fn name(name: &str) -> Judged {
    judge(&words(name), !name.contains(['_', '-', '.', ' ', '/', ':']))
}

/// How grave an operation of these words is.
pub(crate) fn judge(words: &[Small], joined: bool) -> Judged {
    let main = verb(words, joined);
    let several = words.iter().any(|word| matches!(word.text(), "and" | "or"));
    let looks = main.is_some_and(|(act, at)| act == Act::Look && (at == 0 || !joined)) && !several;
    // A verb that takes away counts from anywhere: `bulkDeleteItems`, `projectDeleteForce`.
    let takes_away = words.iter().any(|word| class(word.text()) == Some((Act::Destroy, true)));
    let hidden = (takes_away && !looks).then_some(Act::Destroy);
    // `enable_auto_merge`, `upload_and_publish`: the verb in front only says how or with what.
    let leads = main.is_some_and(|(act, at)| act == Act::Make && words.get(at).is_some_and(leads_on));
    let behind = || {
        let others = words.iter().filter_map(|word| class(word.text())).filter(|(_, sure)| *sure);
        others.map(|(act, _)| act).find(|act| !matches!(act, Act::Look | Act::Make))
    };
    let behind = if leads || (several && !looks) { behind() } else { None };
    let act = hidden.or(behind).or(main.map(|(act, _)| act));
    let at = main.map_or(usize::MAX, |(_, at)| at);
    let mut on = Objects::default();
    for (number, word) in words.iter().enumerate() {
        if number != at || words.len() == 1 {
            on.add(word.text());
        }
    }
    on.add_keys(words);
    on.access |= lets_in(words);
    let sure = words.get(at).and_then(|word| class(word.text())).is_some_and(|(_, sure)| sure);
    Judged { sure: sure || hidden.is_some(), ..on.judged(act, words) }
}

/// Whether a verb changes what is there, so that it weighs more on everything at once.
fn changes_much(word: &Small) -> bool {
    matches!(
        word.text(),
        "close" | "update" | "set" | "replace" | "overwrite" | "edit" | "modify" | "patch" | "move"
    )
}

/// Whether a verb only says how the next one is done.
fn leads_on(word: &Small) -> bool {
    matches!(
        word.text(),
        "enable"
            | "schedule"
            | "queue"
            | "enqueue"
            | "trigger"
            | "start"
            | "begin"
            | "perform"
            | "submit"
            | "confirm"
            | "apply"
            | "set"
            | "initiate"
            | "complete"
            | "finish"
    )
}

/// What the words of a name say about the thing.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something of its own that a word can say")]
struct Objects {
    grave: Option<TargetKind>,
    small: bool,
    access: bool,
    secret: bool,
    money: bool,
    sent: bool,
    everything: bool,
}

impl Objects {
    fn add(&mut self, word: &str) {
        for object in object(word) {
            match object {
                Object::Grave(kind) => self.grave = Some(*kind),
                Object::Small => self.small = true,
                Object::Access => self.access = true,
                Object::Secret => self.secret = true,
                Object::Money => self.money = true,
                Object::Sent => self.sent = true,
                Object::All => self.everything = true,
            }
        }
    }

    fn add_all(&mut self, words: &[Small]) {
        for word in words {
            self.add(word.text());
        }
        self.add_keys(words);
    }

    /// `api keys`, `ssh key`: of the many kinds of keys those that open something.
    fn add_keys(&mut self, words: &[Small]) {
        let opens = |before: &str| {
            matches!(
                before,
                "api"
                    | "access"
                    | "ssh"
                    | "deploy"
                    | "signing"
                    | "secret"
                    | "private"
                    | "encryption"
                    | "master"
                    | "admin"
                    | "account"
                    | "auth"
                    | "service"
                    | "security"
                    | "recovery"
                    | "session"
                    | "signin"
                    | "gpg"
                    | "root"
            )
        };
        for pair in words.windows(2) {
            if let [before, key] = pair
                && matches!(key.text(), "key" | "keys")
                && opens(before.text())
            {
                self.access = true;
                self.secret = true;
            }
        }
    }

    fn judged(&self, act: Option<Act>, words: &[Small]) -> Judged {
        let kind = self.grave.unwrap_or(TargetKind::Other);
        let (severity, verb) = match act {
            Some(Act::Look) => self.look(words),
            Some(Act::Make) if self.everything && words.iter().any(changes_much) => {
                (Severity::High, Verb::Change)
            }
            Some(Act::Make) => self.make(),
            Some(Act::Destroy) => {
                let large = (self.grave.is_some() && !self.small) || self.everything;
                (if large { Severity::Critical } else { Severity::High }, Verb::Delete)
            }
            Some(Act::Stop) => (Severity::High, Verb::StopService),
            Some(Act::Turn) => (Severity::High, Verb::Overwrite),
            Some(Act::Grant) => (Severity::High, Verb::Grant),
            Some(Act::Send) => (Severity::High, Verb::Publish),
            Some(Act::Spend) => (Severity::High, Verb::Spend),
            Some(Act::Run) | None => (Severity::High, Verb::ExecuteUnread),
        };
        Judged { act, sure: true, severity, verb, kind }
    }

    /// Making a payment pays, making a member lets somebody in, making a message sends it.
    const fn make(&self) -> (Severity, Verb) {
        if self.money {
            (Severity::High, Verb::Spend)
        } else if self.access || self.secret {
            (Severity::High, Verb::Grant)
        } else if self.sent {
            (Severity::High, Verb::Publish)
        } else {
            (Severity::Low, Verb::Change)
        }
    }

    /// Looking at a secret discloses it; looking at a list of their names does not.
    fn look(&self, words: &[Small]) -> (Severity, Verb) {
        let only_names = words.iter().any(|word| {
            matches!(
                word.text(),
                "list"
                    | "scanning"
                    | "search"
                    | "count"
                    | "check"
                    | "usage"
                    | "describe"
                    | "names"
                    | "metadata"
                    | "policy"
                    | "versions"
                    | "alerts"
                    | "alert"
                    | "public"
                    | "status"
                    | "head"
                    | "has"
                    | "test"
                    | "validate"
                    | "verify"
                    | "design"
                    | "lint"
                    | "scan"
                    | "rotation"
                    | "price"
                    | "prices"
            )
        });
        match (self.secret, only_names) {
            (true, false) => (Severity::High, Verb::Disclose),
            (true, true) => (Severity::Low, Verb::Read),
            (false, _) => (Severity::None, Verb::Read),
        }
    }
}

/// What the loss of a thing by this name weighs.
pub(crate) struct Thing {
    /// Whether one of its words is known.
    pub(crate) known: bool,
    pub(crate) severity: Severity,
}

/// What the loss of `part` weighs, a part of a path such as `volumes`.
pub(crate) fn of_thing(part: &str) -> Thing {
    let words = words(part);
    let mut on = Objects::default();
    on.add_all(&words);
    let known = words.iter().any(|word| !object(word.text()).is_empty());
    let severity = on.judged(Some(Act::Destroy), &words).severity;
    Thing { known, severity }
}

/// What making `part` weighs, a part of a path such as `members`, where that is more than usual.
pub(crate) fn when_made(part: &str) -> Option<(Severity, Verb)> {
    let words = words(part);
    let mut on = Objects::default();
    on.add_all(&words);
    let judged = on.judged(Some(Act::Make), &words);
    (judged.severity > Severity::Low).then_some((judged.severity, judged.verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words_whatever_their_style() {
        for (text, cut) in [
            ("volumeDelete", "volume delete"),
            ("delete_volume", "delete volume"),
            ("DeleteDBInstance", "delete db instance"),
            ("chat.postMessage", "chat post message"),
            ("API-delete-a-block", "api delete a block"),
            ("listIAMUsers", "list iam users"),
        ] {
            let words = words(text);
            let words: Vec<&str> = words.iter().map(Small::text).collect();
            assert_eq!(words.join(" "), cut, "{text}");
        }
    }

    #[test]
    fn a_verb_is_found_wherever_it_stands_and_looking_stays_looking() {
        for (text, severity) in [
            ("volumeDelete", Severity::Critical),
            ("delete_database", Severity::Critical),
            ("delete_label", Severity::High),
            ("deleteAll", Severity::Critical),
            ("notion_delete_block", Severity::High),
            ("API-retrieve-a-block", Severity::None),
            ("get_deleted_items", Severity::None),
            ("list_deployments", Severity::None),
            ("list_pull_requests", Severity::None),
            ("get_release", Severity::None),
            ("search_messages", Severity::None),
            ("query_docs", Severity::None),
            ("create_issue", Severity::Low),
            ("update_page", Severity::Low),
            ("create_refund", Severity::High),
            ("send_email", Severity::High),
            ("slack_post_message", Severity::High),
            ("add_project_member", Severity::High),
            ("get_secret_value", Severity::High),
            ("list_secrets", Severity::Low),
            ("create_api_key", Severity::High),
            ("create_issue_key", Severity::Low),
            ("restart_service", Severity::High),
            ("merge_pull_request", Severity::High),
            ("get_and_delete", Severity::High),
            ("upload_and_publish_video", Severity::High),
            ("enable_auto_merge", Severity::High),
            ("create_merge_request", Severity::Low),
            ("close_all_positions", Severity::High),
            ("restore_backup", Severity::High),
            ("geocode_address", Severity::None),
            ("frobnicate", Severity::High),
            ("", Severity::High),
        ] {
            assert_eq!(name(text).severity, severity, "{text}");
        }
    }
}
