//! Bodies: their fields, whatever form they have, and the fields that weigh by themselves.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use sayso_core::Severity;
use sayso_core::reading::Verb;
use serde_json::Value;

use super::url::pairs;
use crate::catalogue::judge::{self, Act};

/// The longest body that is read, in bytes. Requests of one's own are far shorter; longer ones carry files.
const BODY_BYTES: usize = 512 * 1024;
/// How deep fields are looked for. Bodies of APIs nest five or six deep.
const DEPTH: usize = 24;

/// What a request carries.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// Nothing, or nothing that was said.
    Absent,
    Json(Value),
    Form(Vec<(Cow<'a, str>, Cow<'a, str>)>),
    Text(&'a str),
    /// Longer than what is read.
    TooLong,
}

impl<'a> Body<'a> {
    /// `kind` is the content type, where it was said.
    pub(crate) fn of(text: Option<&'a str>, kind: &str) -> Self {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Self::Absent };
        if text.len() > BODY_BYTES {
            return Self::TooLong;
        }
        let begin = text.trim_start();
        if begin.starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str(text)
        {
            return Self::Json(json);
        }
        if kind.contains("multipart/form-data") {
            return Self::Form(multipart(text));
        }
        let is_form = kind.contains("form-urlencoded")
            || (kind.is_empty() && text.contains('=') && !text.contains(['<', '{', '\n', ' ']));
        if is_form { Self::Form(pairs(text).collect()) } else { Self::Text(text) }
    }

    /// The value of the field by this name, at any depth; the nearest to the top.
    pub(crate) fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Json(json) => find(json, name, 0),
            Self::Form(fields) => fields
                .iter()
                .find(|(field, _)| {
                    last_part(field).eq_ignore_ascii_case(name) || field.eq_ignore_ascii_case(name)
                })
                .map(|(_, value)| Cow::Borrowed(value.as_ref())),
            _ => None,
        }
    }

    /// Calls `each` with every field's name and value.
    pub(crate) fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        match self {
            Self::Json(json) => walk(json, "", 0, each),
            Self::Form(fields) => fields.iter().for_each(|(name, value)| each(last_part(name), value)),
            _ => {}
        }
    }
}

/// The fields of a multipart body: names and the lines behind them.
fn multipart(text: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let mut fields = Vec::new();
    let Some(boundary) = text.lines().next().map(str::trim).filter(|line| line.starts_with("--")) else {
        return fields;
    };
    for part in text.split(boundary).skip(1) {
        let split = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"));
        let Some((head, value)) = split else { continue };
        let name = head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        fields.push((Cow::Borrowed(name), Cow::Borrowed(value.trim_end())));
    }
    fields
}

/// `a[b][c]` and `a.b.c` to `c`.
fn last_part(name: &str) -> &str {
    let name = name.trim_end_matches([']', '[']);
    name.rsplit(['[', '.']).next().unwrap_or(name)
}

fn plain(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Null => Some(Cow::Borrowed("null")),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn find<'a>(json: &'a Value, name: &str, depth: usize) -> Option<Cow<'a, str>> {
    if depth > DEPTH {
        return None;
    }
    match json {
        Value::Object(fields) => {
            let own = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            let own = own.map(|value| plain(value).unwrap_or(Cow::Borrowed("")));
            own.or_else(|| fields.values().find_map(|value| find(value, name, depth + 1)))
        }
        Value::Array(list) => list.iter().find_map(|value| find(value, name, depth + 1)),
        _ => None,
    }
}

fn walk(json: &Value, key: &str, depth: usize, each: &mut dyn FnMut(&str, &str)) {
    if depth > DEPTH {
        return;
    }
    match json {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| walk(value, key, depth + 1, each)),
        Value::Array(list) => list.iter().for_each(|value| walk(value, key, depth + 1, each)),
        other => {
            if let Some(value) = plain(other) {
                each(key, &value);
            }
        }
    }
}

/// Calls `each` with the fields of `json`, which itself goes by `key`.
pub(crate) fn each_field(key: &str, json: &Value, each: &mut dyn FnMut(&str, &str)) {
    walk(json, key, 0, each);
}

/// A field that weighs by itself.
pub(crate) struct Grave {
    pub(crate) severity: Severity,
    pub(crate) verb: Verb,
    /// "switches the protection against deletion off".
    pub(crate) why: &'static str,
}

/// Values that switch something off, and that switch it on.
const OFF: &str = "false 0 off disabled no none suspended";
const ON: &str = "true 1 on yes enabled";
/// Fields that weigh with one of these values: names without signs and in small letters, values, how grave, and why.
/// A value that ends in `*` is a beginning.
const GRAVE: &[(&str, &str, Severity, Verb, &str)] = &[
    (
        "deletionprotection deletionprotectionenabled deleteprotection terminationprotection enabledeletionprotection \
         enableterminationprotection disableapitermination preventdeletion deletionprotectioncheck",
        OFF,
        Severity::High,
        Verb::Change,
        "It switches the protection against deletion off",
    ),
    (
        "enforceadmins requiredsignatures protected isprotected requiresapprovals requiredconversationresolution \
         branchprotection pushprotection secretscanning mfarequired requiremfa enforcemfa twofactorrequired \
         ssoenforced auditlogenabled loggingenabled islogging enablelogging versioningenabled backupenabled \
         enablebackups pointintimerecoveryenabled blockpublicacls blockpublicpolicy ignorepublicacls \
         restrictpublicbuckets encryptionenabled sslrequired requiressl verifyssl uniformbucketlevelaccess \
         rlsenabled",
        OFF,
        Severity::High,
        Verb::Change,
        "It switches a protection off",
    ),
    (
        "allowforcepushes allowdeletions bypass skipfinalsnapshot deleteautomatedbackups forcedestroy forcedelete \
         bypasspolicylockoutsafetycheck wipe destroydata forcedeletewithoutrecovery deletebackups purge \
         removevolumes deletevolumes deleteusers allowunauthenticated publiclyaccessible publicaccess \
         allowpublicaccess ispublic public anonymousaccess disablelogging disableprotection",
        ON,
        Severity::High,
        Verb::Change,
        "It takes a protection away or opens something to everybody",
    ),
    (
        "force forced permanent permanently harddelete hard forcepush cascade prune",
        ON,
        Severity::High,
        Verb::Overwrite,
        "It forces what would be refused otherwise",
    ),
    ("private isprivate", OFF, Severity::High, Verb::Publish, "It makes something public"),
    (
        "visibility acl access cannedacl predefinedacl xamzacl predefineddefaultobjectacl",
        "public* authenticated-read everyone",
        Severity::High,
        Verb::Publish,
        "It makes something public",
    ),
    (
        "member members principal",
        "allusers allauthenticatedusers *",
        Severity::Critical,
        Verb::Grant,
        "It lets everybody in",
    ),
    (
        "role rolename permission accesslevel accountrole orgrole defaultrole",
        "admin owner administrator superuser super_admin superadmin root maintain maintainer org:admin roles/owner \
         roles/editor cluster-admin write",
        Severity::High,
        Verb::Grant,
        "It gives somebody far-reaching rights",
    ),
    (
        "cidr cidrip cidripv4 cidripv6 sourceranges cidrblock sourceaddressprefix ipaddress sourceips addresses \
         allowedips iprange ipranges",
        "0.0.0.0/0 ::/0 * 0.0.0.0",
        Severity::High,
        Verb::Grant,
        "It opens a way in from everywhere",
    ),
    (
        "replicas desiredcount desiredcapacity minreplicas numinstances instancecount maxinstances",
        "0",
        Severity::High,
        Verb::StopService,
        "It leaves nothing running",
    ),
    (
        "archived suspended maintenance maintenancemode paused disabled locked banned cancelatperiodend isarchived \
         intrash deleted trashed",
        ON,
        Severity::High,
        Verb::StopService,
        "It takes something out of use",
    ),
    (
        "state status desiredstate desiredstatus",
        "suspended disabled deactivated inactive stopped terminated deleted banned canceled cancelled destroyed \
         archived",
        Severity::High,
        Verb::StopService,
        "It takes something out of use",
    ),
    (
        "backupretentionperiod backupretention retentiondays retentionperiod backupretentiondays",
        "0",
        Severity::High,
        Verb::Delete,
        "It keeps no more backups",
    ),
];
/// Fields that name an operation.
const OPERATIONS: &str = "type action actiontype operation op command cmd event eventaction mutation";

/// The rows of [`GRAVE`] by the names of their fields.
static BY_NAME: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut by_name: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (number, (names, ..)) in GRAVE.iter().enumerate() {
        for name in names.split_ascii_whitespace() {
            by_name.entry(name).or_default().push(number);
        }
    }
    by_name
});

/// Keeps the graver of what was found so far and what this field says.
pub(crate) fn gravest(so_far: &mut Option<Grave>, name: &str, value: &str) {
    let grave = weigh(name, value);
    if grave.as_ref().map(|grave| grave.severity) > so_far.as_ref().map(|grave| grave.severity) {
        *so_far = grave;
    }
}

/// Whether a field weighs by itself, in any request that changes something.
fn weigh(name: &str, value: &str) -> Option<Grave> {
    if let Some(grave) = operation(name, value) {
        return Some(grave);
    }
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).take(40).map(|c| c.to_ascii_lowercase()).collect();
    let value = value.trim();
    let fits = |want: &str| match want.strip_suffix('*').filter(|begin| !begin.is_empty()) {
        Some(begin) => value.get(..begin.len()).is_some_and(|have| have.eq_ignore_ascii_case(begin)),
        None => want.eq_ignore_ascii_case(value),
    };
    for (_, values, severity, verb, why) in
        BY_NAME.get(name.as_str())?.iter().filter_map(|row| GRAVE.get(*row))
    {
        if values.split_ascii_whitespace().any(fits) {
            return Some(Grave { severity: *severity, verb: *verb, why });
        }
    }
    None
}

/// Whether a field names an operation that weighs.
fn operation(name: &str, value: &str) -> Option<Grave> {
    let named = OPERATIONS.split_ascii_whitespace().any(|known| name.eq_ignore_ascii_case(known));
    if named { act(&value.to_ascii_lowercase()) } else { None }
}

/// `{"type": "destroy"}`: what an operation is called in the body.
fn act(value: &str) -> Option<Grave> {
    // Words that are parts of a text, of a merge or of a message far more often than orders.
    const PLAIN: &[&str] = &["block", "archive", "reply", "release", "merge", "migration", "transfer"];
    if value.len() > 60 || value.contains(' ') || PLAIN.contains(&value) {
        return None;
    }
    let (verb, why) = match judge::name(value).act? {
        Act::Destroy => (Verb::Delete, "Its body names an operation that deletes"),
        Act::Stop => (Verb::StopService, "Its body names an operation that stops something"),
        Act::Turn => (Verb::Overwrite, "Its body names an operation that replaces a state"),
        _ => return None,
    };
    Some(Grave { severity: Severity::High, verb, why })
}
