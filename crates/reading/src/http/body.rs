//! Bodies: their fields, whatever form they have, and the fields that weigh by themselves.

use std::borrow::Cow;

use sayso_core::Severity;
use sayso_core::reading::Verb;
use serde_json::Value;

use super::url::pairs;

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
        if begin.starts_with(['{', '[']) {
            if let Ok(json) = serde_json::from_str(text) {
                return Self::Json(json);
            }
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

const fn grave(severity: Severity, verb: Verb, why: &'static str) -> Option<Grave> {
    Some(Grave { severity, verb, why })
}

/// Whether a field weighs by itself, in any request that changes something.
pub(crate) fn weigh(name: &str, value: &str) -> Option<Grave> {
    use Severity::{Critical, High};
    let key: String =
        name.chars().filter(char::is_ascii_alphanumeric).take(40).map(|c| c.to_ascii_lowercase()).collect();
    let value = value.trim().to_ascii_lowercase();
    let value = value.as_str();
    let off = matches!(value, "false" | "0" | "off" | "disabled" | "no" | "none" | "suspended");
    let on = matches!(value, "true" | "1" | "on" | "yes" | "enabled");
    match key.as_str() {
        "deletionprotection"
        | "deletionprotectionenabled"
        | "deleteprotection"
        | "terminationprotection"
        | "enabledeletionprotection"
        | "enableterminationprotection"
        | "disableapitermination"
        | "preventdeletion"
        | "prevent_destroy"
        | "deletionprotectioncheck"
            if off =>
        {
            grave(High, Verb::Change, "It switches the protection against deletion off")
        }
        "enforceadmins"
        | "requiredsignatures"
        | "protected"
        | "isprotected"
        | "requiresapprovals"
        | "requiredconversationresolution"
        | "branchprotection"
        | "pushprotection"
        | "secretscanning"
        | "mfarequired"
        | "requiremfa"
        | "enforcemfa"
        | "twofactorrequired"
        | "ssoenforced"
        | "auditlogenabled"
        | "loggingenabled"
        | "islogging"
        | "enablelogging"
        | "versioningenabled"
        | "backupenabled"
        | "enablebackups"
        | "pointintimerecoveryenabled"
        | "blockpublicacls"
        | "blockpublicpolicy"
        | "ignorepublicacls"
        | "restrictpublicbuckets"
        | "encryptionenabled"
        | "sslrequired"
        | "requiressl"
        | "verifyssl"
        | "uniformbucketlevelaccess"
        | "rlsenabled"
            if off =>
        {
            grave(High, Verb::Change, "It switches a protection off")
        }
        "allowforcepushes"
        | "allowdeletions"
        | "bypass"
        | "skipfinalsnapshot"
        | "deleteautomatedbackups"
        | "bypasspolicylockoutsafetycheck"
        | "forcedestroy"
        | "forcedelete"
        | "wipe"
        | "destroydata"
        | "forcedeletewithoutrecovery"
        | "deletebackups"
        | "purge"
        | "removevolumes"
        | "deletevolumes"
        | "deleteusers"
        | "allowunauthenticated"
        | "publiclyaccessible"
        | "publicaccess"
        | "allowpublicaccess"
        | "ispublic"
        | "public"
        | "anonymousaccess"
        | "disablelogging"
        | "disableprotection"
            if on =>
        {
            grave(High, Verb::Change, "It takes a protection away or opens something to everybody")
        }
        "private" | "isprivate" if off => grave(High, Verb::Publish, "It makes something public"),
        "visibility"
        | "acl"
        | "access"
        | "cannedacl"
        | "predefinedacl"
        | "xamzacl"
        | "predefineddefaultobjectacl"
            if value.starts_with("public") || value == "authenticated-read" || value == "everyone" =>
        {
            grave(High, Verb::Publish, "It makes something public")
        }
        "member" | "members" | "principal" if matches!(value, "allusers" | "allauthenticatedusers" | "*") => {
            grave(Critical, Verb::Grant, "It lets everybody in")
        }
        "role" | "rolename" | "permission" | "accesslevel" | "accountrole" | "orgrole" | "defaultrole"
            if matches!(
                value,
                "admin"
                    | "owner"
                    | "administrator"
                    | "superuser"
                    | "super_admin"
                    | "superadmin"
                    | "root"
                    | "maintain"
                    | "maintainer"
                    | "org:admin"
                    | "roles/owner"
                    | "roles/editor"
                    | "cluster-admin"
                    | "write"
            ) =>
        {
            grave(High, Verb::Grant, "It gives somebody far-reaching rights")
        }
        "cidr"
        | "cidrip"
        | "cidripv4"
        | "sourceranges"
        | "cidrblock"
        | "sourceaddressprefix"
        | "ipaddress"
        | "cidripv6"
        | "sourceips"
        | "addresses"
        | "allowedips"
        | "iprange"
        | "ipranges"
            if matches!(value, "0.0.0.0/0" | "::/0" | "*" | "0.0.0.0") =>
        {
            grave(High, Verb::Grant, "It opens a way in from everywhere")
        }
        "replicas" | "desiredcount" | "desiredcapacity" | "minreplicas" | "numinstances"
        | "instancecount" | "maxinstances"
            if value == "0" =>
        {
            grave(High, Verb::StopService, "It leaves nothing running")
        }
        "archived" | "suspended" | "maintenance" | "maintenancemode" | "paused" | "disabled" | "locked"
        | "banned" | "cancelatperiodend" | "isarchived" | "intrash" | "deleted" | "trashed"
            if on =>
        {
            grave(High, Verb::StopService, "It takes something out of use")
        }
        "state" | "status" | "desiredstate" | "desiredstatus"
            if matches!(
                value,
                "suspended"
                    | "disabled"
                    | "deactivated"
                    | "inactive"
                    | "stopped"
                    | "terminated"
                    | "deleted"
                    | "banned"
                    | "canceled"
                    | "cancelled"
                    | "destroyed"
                    | "archived"
            ) =>
        {
            grave(High, Verb::StopService, "It takes something out of use")
        }
        "type" | "action" | "actiontype" | "operation" | "op" | "command" | "cmd" | "event"
        | "eventaction" | "mutation" => act(value),
        "backupretentionperiod"
        | "backupretention"
        | "retentiondays"
        | "retentionperiod"
        | "backupretentiondays"
            if value == "0" =>
        {
            grave(High, Verb::Delete, "It keeps no more backups")
        }
        _ => None,
    }
}

/// `{"type": "destroy"}`: what an operation is called in the body.
fn act(value: &str) -> Option<Grave> {
    use crate::catalogue::judge::{self, Act};
    if value.len() > 60 || value.contains(' ') || matches!(value, "block" | "archive" | "reply") {
        return None;
    }
    let judged = judge::name(value);
    match judged.act? {
        Act::Destroy => grave(Severity::High, Verb::Delete, "Its body names an operation that deletes"),
        Act::Stop => {
            grave(Severity::High, Verb::StopService, "Its body names an operation that stops something")
        }
        Act::Turn if !matches!(value, "release" | "merge" | "migration" | "transfer") => {
            grave(Severity::High, Verb::Overwrite, "Its body names an operation that replaces a state")
        }
        _ => None,
    }
}
