//! S3: what is in a bucket, and whether a deletion there is one.
//!
//! # Invariants
//! - A listing that ends at its limit says "at least".
//! - In a bucket that keeps versions a deletion without a version hides and takes nothing; what a version's deletion takes
//!   is gone. Who only suspended versions has none of what was written since.
//! - A replica counts only where deletions are not carried there too.

use std::collections::BTreeMap;
use std::time::Instant;

use sayso_core::UnixMs;
use tokio::time::timeout_at;

use super::Asking;
use super::aim::{Bucket, What};
use super::api::{Reply, Trouble, encode, tags, text, time, xml};
use super::told::{Told, backup_rows, row};
use crate::collect::{Backup, Survives};
use crate::{limits, words};

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Versions {
    Kept,
    /// Of what was written before only.
    Suspended,
    Never,
}

/// What a listing counted.
#[derive(Debug, Default)]
struct Listed {
    objects: u64,
    bytes: u64,
    newest: Option<UnixMs>,
    /// Whether there is more than that.
    more: bool,
    /// By what stands right below.
    parts: BTreeMap<String, (u64, u64)>,
    /// Keys that are asked about and not there.
    missing: Vec<String>,
    /// Other versions of the keys that are asked about.
    others: u64,
}

/// Where copies go, by one rule.
#[derive(Debug, PartialEq, Eq)]
struct Replica {
    bucket: String,
    /// Whether deletions go there as well.
    deletes_too: bool,
}

/// Asks about a bucket, or what is named of it.
pub(super) async fn ask(asking: &Asking<'_>, bucket: &Bucket) -> Result<Told, Trouble> {
    let Asking { api, .. } = asking;
    let head = api.bucket(&api.region, &bucket.name, "").await?;
    let region = head.region.clone().unwrap_or_else(|| api.region.clone());
    if head.status == 404 {
        return Err(Trouble::NotFound(format!("bucket {}", words::shown(&bucket.name))));
    }
    let of = async |query: &str| {
        api.bucket(&region, &bucket.name, query).await.and_then(|reply| api.checked(reply))
    };
    let (listed, versions, replicas, lock, labels, expiry) = tokio::join!(
        listed(asking, &region, bucket),
        async { of("versioning").await.and_then(|reply| versioning(&reply)) },
        async { absent_as(of("replication").await, replication) },
        async { absent_as(of("object-lock").await, locked) },
        async { absent_as(of("tagging").await, labelled) },
        async { absent_as(of("lifecycle").await, expiring) },
    );
    let mut told = Told {
        what: format!("the bucket {}", words::shown(&bucket.name)),
        tags: labels.unwrap_or_default(),
        called: [&bucket.name, &format!("bucket {}", bucket.name), &format!("s3://{}", bucket.name)]
            .map(Clone::clone)
            .to_vec(),
        ..Told::default()
    };
    data(asking, bucket, &listed, &region, &mut told);
    match &versions {
        Ok(versions) => kept(asking, bucket, *versions, expiry.ok().flatten(), &listed, &mut told),
        Err(trouble) => {
            told.troubles.push(format!("Whether the bucket keeps versions is not known. {trouble}"));
        }
    }
    match lock {
        Ok(Some(lock)) => told.sentences.push(lock),
        Ok(None) => {}
        Err(trouble) => told.sentences.push(format!("Whether objects are locked is not known. {trouble}")),
    }
    match replicas {
        Ok(replicas) => told.backups.extend(replicas.iter().map(|replica| copied(asking, replica))),
        Err(trouble) => told.troubles.push(format!("Its replication could not be read. {trouble}")),
    }
    outline(asking, bucket, &listed, &mut told);
    Ok(told)
}

/// What is not set up answers that there is none of it.
fn absent_as<T>(
    reply: Result<Reply, Trouble>,
    read: impl FnOnce(&Reply) -> Result<T, Trouble>,
) -> Result<T, Trouble>
where
    T: Default,
{
    match reply {
        Ok(reply) => read(&reply),
        Err(Trouble::NotFound(_)) => Ok(T::default()),
        Err(trouble) => Err(trouble),
    }
}

fn versioning(reply: &Reply) -> Result<Versions, Trouble> {
    let document = xml(&reply.body)?;
    Ok(match text(document.root_element(), "Status") {
        Some("Enabled") => Versions::Kept,
        Some("Suspended") => Versions::Suspended,
        _ => Versions::Never,
    })
}

fn replication(reply: &Reply) -> Result<Vec<Replica>, Trouble> {
    let document = xml(&reply.body)?;
    let rules = document.descendants().filter(|node| node.has_tag_name("Rule"));
    let enabled = rules.filter(|rule| text(*rule, "Status") == Some("Enabled"));
    Ok(enabled
        .filter_map(|rule| {
            let part = |name: &str| rule.children().find(|child| child.has_tag_name(name));
            let bucket = text(part("Destination")?, "Bucket")?;
            let markers = part("DeleteMarkerReplication").and_then(|markers| text(markers, "Status"));
            // Rules of the first form, without a filter, carry deletions.
            let deletes_too = markers.map_or(part("Filter").is_none(), |status| status == "Enabled");
            let bucket = bucket.rsplit(':').next().unwrap_or(bucket).to_owned();
            Some(Replica { bucket, deletes_too })
        })
        .collect())
}

/// What object lock does, in a sentence.
fn locked(reply: &Reply) -> Result<Option<String>, Trouble> {
    let document = xml(&reply.body)?;
    let find =
        |name: &str| document.descendants().find(|node| node.has_tag_name(name)).and_then(|node| node.text());
    if find("ObjectLockEnabled") != Some("Enabled") {
        return Ok(None);
    }
    let long = find("Days").map(|days| (days, "day")).or_else(|| find("Years").map(|years| (years, "year")));
    let Some((mode, (number, unit))) = find("Mode").zip(long) else {
        return Ok(Some("Object lock is on, without a rule that locks every object.".to_owned()));
    };
    let number: u64 = number.trim().parse().map_err(|_| Trouble::Unreadable)?;
    let long = words::count(number, unit, &format!("{unit}s"));
    let who = if mode == "COMPLIANCE" { "nobody" } else { "only who may bypass it" };
    let mode = words::shown(&mode.to_lowercase());
    Ok(Some(format!("Object lock ({mode}): for {long} {who} can delete a version.")))
}

fn labelled(reply: &Reply) -> Result<Vec<(String, String)>, Trouble> {
    let document = xml(&reply.body)?;
    Ok(tags(document.descendants().filter(|node| node.has_tag_name("Tag"))))
}

/// After how many days a lifecycle rule deletes versions that are not the newest any more.
fn expiring(reply: &Reply) -> Result<Option<u64>, Trouble> {
    let document = xml(&reply.body)?;
    let rules = document.descendants().filter(|node| node.has_tag_name("Rule"));
    let enabled = rules.filter(|rule| text(*rule, "Status") == Some("Enabled"));
    let days = enabled.filter_map(|rule| {
        let expiration = rule.children().find(|child| child.has_tag_name("NoncurrentVersionExpiration"))?;
        text(expiration, "NoncurrentDays")?.trim().parse().ok()
    });
    Ok(days.min())
}

async fn listed(asking: &Asking<'_>, region: &str, bucket: &Bucket) -> Result<Listed, Trouble> {
    match &bucket.what {
        What::Itself { .. } => below(asking, region, &bucket.name, "").await,
        What::Below { prefix, .. } => below(asking, region, &bucket.name, prefix).await,
        What::Keys { keys, more } => {
            let mut all = Listed { more: *more || keys.len() > limits::THINGS, ..Listed::default() };
            let asked = keys
                .iter()
                .take(limits::THINGS)
                .map(|(key, version)| self::key(asking, region, &bucket.name, key, version.as_deref()));
            for found in futures_util::future::join_all(asked).await {
                all.take(found?);
            }
            Ok(all)
        }
    }
}

impl Listed {
    fn count(&mut self, part: Option<&str>, bytes: u64, written: Option<UnixMs>) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.newest = self.newest.max(written);
        if let Some(part) = part
            && (self.parts.len() < limits::PREFIXES || self.parts.contains_key(part))
        {
            let sum = self.parts.entry(part.to_owned()).or_default();
            *sum = (sum.0 + 1, sum.1.saturating_add(bytes));
        }
    }

    fn take(&mut self, other: Self) {
        self.objects += other.objects;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.newest = self.newest.max(other.newest);
        self.more |= other.more;
        self.parts.extend(other.parts);
        self.missing.extend(other.missing);
        self.others += other.others;
    }
}

/// Everything that begins with `prefix`, page after page until the time is over.
async fn below(asking: &Asking<'_>, region: &str, bucket: &str, prefix: &str) -> Result<Listed, Trouble> {
    let mut all = Listed::default();
    let mut token: Option<String> = None;
    loop {
        let after = token.as_deref().map(|token| format!("&continuation-token={}", encode(token)));
        let query = format!("list-type=2&prefix={}{}", encode(prefix), after.unwrap_or_default());
        let until = tokio::time::Instant::from_std(asking.until);
        let reply = match timeout_at(until, asking.api.bucket(region, bucket, &query)).await {
            Ok(reply) => reply.and_then(|reply| asking.api.checked(reply)),
            Err(_) => Err(Trouble::Slow),
        };
        let reply = match reply {
            Ok(reply) => reply,
            Err(_) if token.is_some() => {
                all.more = true;
                return Ok(all);
            }
            Err(trouble) => return Err(trouble),
        };
        token = page(&reply.body, prefix, &mut all)?;
        if token.is_none() {
            return Ok(all);
        }
        if Instant::now() >= asking.until {
            all.more = true;
            return Ok(all);
        }
    }
}

/// Counts one page. Where the next one begins.
fn page(body: &str, prefix: &str, all: &mut Listed) -> Result<Option<String>, Trouble> {
    let document = xml(body)?;
    let root = document.root_element();
    for node in root.children().filter(|node| node.has_tag_name("Contents")) {
        let key = text(node, "Key").unwrap_or_default();
        let size = text(node, "Size").and_then(|size| size.parse().ok()).ok_or(Trouble::Unreadable)?;
        let rest = key.strip_prefix(prefix).unwrap_or(key);
        let part = rest.find('/').map_or(rest, |slash| &rest[..=slash]);
        all.count(Some(part), size, text(node, "LastModified").and_then(time));
    }
    if text(root, "IsTruncated") != Some("true") {
        return Ok(None);
    }
    text(root, "NextContinuationToken").map(|token| Some(token.to_owned())).ok_or(Trouble::Unreadable)
}

/// One key: its newest version, or the one that is named.
async fn key(
    asking: &Asking<'_>,
    region: &str,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<Listed, Trouble> {
    let query = format!("versions&prefix={}", encode(key));
    let reply = asking.api.bucket(region, bucket, &query).await?;
    let reply = asking.api.checked(reply)?;
    let document = xml(&reply.body)?;
    let versions = document.root_element().children().filter(|node| node.has_tag_name("Version"));
    let mut all = Listed::default();
    for node in versions.filter(|node| text(*node, "Key") == Some(key)) {
        let meant = match version {
            Some(version) => text(node, "VersionId") == Some(version),
            None => text(node, "IsLatest") == Some("true"),
        };
        if meant {
            let size = text(node, "Size").and_then(|size| size.parse().ok()).unwrap_or(0);
            all.count(Some(key), size, text(node, "LastModified").and_then(time));
        } else {
            all.others += 1;
        }
    }
    if all.objects == 0 {
        all.missing.push(key.to_owned());
    }
    Ok(all)
}

/// How much it is, and where.
fn data(
    asking: &Asking<'_>,
    bucket: &Bucket,
    listed: &Result<Listed, Trouble>,
    region: &str,
    told: &mut Told,
) {
    let place = match &bucket.what {
        What::Below { prefix, .. } if !prefix.is_empty() => {
            format!("Below {} in {} in {region}", words::quoted(prefix), told.what)
        }
        _ => format!("In {} in {region}", told.what),
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(trouble) => {
            told.failed = true;
            told.sentences.extend([format!("{place}."), trouble.to_string()]);
            return;
        }
    };
    let least = if listed.more { "At least " } else { "" };
    told.headline = if listed.objects == 0 && !listed.more {
        "Nothing there".to_owned()
    } else {
        let objects = words::count(listed.objects, "object", "objects");
        format!("{least}{objects}, {}", words::size(listed.bytes))
    };
    let written = listed.newest.map(|at| format!(", last written {}", words::ago(at, asking.q.now)));
    told.sentences.push(format!("{place}{}.", written.unwrap_or_default()));
    if listed.more {
        told.sentences.push(match bucket.what {
            What::Keys { .. } => "Not every key that goes could be read from the action.".to_owned(),
            _ => "There is more than could be listed in time.".to_owned(),
        });
    }
    if !listed.missing.is_empty() {
        let names: Vec<String> = listed.missing.iter().take(3).map(|key| words::quoted(key)).collect();
        told.sentences.push(format!("Not there: {}.", words::list(&names)));
    }
    match &bucket.what {
        What::Itself { force: false } if listed.objects > 0 => {
            told.sentences
                .push("AWS deletes no bucket that is not empty, so it would refuse this.".to_owned());
        }
        What::Below { some: true, .. } => {
            told.sentences.push("Of these only what the action's filters let through goes.".to_owned());
        }
        _ => {}
    }
}

/// What the bucket's own versions keep.
fn kept(
    asking: &Asking<'_>,
    bucket: &Bucket,
    versions: Versions,
    expiry: Option<u64>,
    listed: &Result<Listed, Trouble>,
    told: &mut Told,
) {
    let by_version =
        matches!(&bucket.what, What::Keys { keys, .. } if keys.iter().any(|(_, version)| version.is_some()));
    if by_version {
        told.sentences.push("A version that is named is deleted for good.".to_owned());
        let others = listed.as_ref().map_or(0, |listed| listed.others);
        if others > 0 {
            let others = words::count(others, "other version stays", "other versions stay");
            told.backups.push(Backup {
                what: "other versions of it".to_owned(),
                place: told.what.clone(),
                taken: None,
                bytes: None,
                tested: None,
                survives: Survives::Unknown(format!(
                    "{others}; whether they hold the same was not looked at."
                )),
            });
        }
        return;
    }
    match versions {
        Versions::Never => told.sentences.push("The bucket keeps no versions.".to_owned()),
        Versions::Suspended => told
            .sentences
            .push("Versioning is suspended: what was written since then is deleted for good.".to_owned()),
        Versions::Kept => {
            told.sentences
                .push("The bucket keeps versions: a deletion hides an object, its bytes stay.".to_owned());
            if matches!(bucket.what, What::Itself { force: true }) {
                told.sentences.push("AWS deletes no bucket while versions are in it.".to_owned());
            }
            if let Some(days) = expiry {
                let days = words::count(days, "day", "days");
                told.sentences.push(format!("A lifecycle rule deletes what is hidden after {days}."));
            }
            if listed.as_ref().is_ok_and(|listed| listed.objects > 0) {
                told.backups.push(Backup {
                    what: "the version of each object".to_owned(),
                    place: told.what.clone(),
                    taken: Some(asking.q.now),
                    bytes: None,
                    tested: None,
                    survives: Survives::Yes,
                });
            }
        }
    }
}

fn copied(asking: &Asking<'_>, replica: &Replica) -> Backup {
    let survives = if asking.gone.contains(&replica.bucket) {
        Survives::No("the action deletes that too".to_owned())
    } else if replica.deletes_too {
        Survives::Unknown(format!(
            "Deletions are replicated to the bucket {} too; what its own versions keep is not known.",
            words::shown(&replica.bucket)
        ))
    } else {
        Survives::Yes
    };
    Backup {
        what: "the replica that a rule keeps".to_owned(),
        place: format!("the bucket {}", words::shown(&replica.bucket)),
        taken: None,
        bytes: None,
        tested: None,
        survives,
    }
}

fn outline(asking: &Asking<'_>, bucket: &Bucket, listed: &Result<Listed, Trouble>, told: &mut Told) {
    let whole = matches!(bucket.what, What::Itself { .. });
    let size = |bytes| if listed.is_ok() { words::size(bytes) } else { String::new() };
    let Ok(listed) = listed else {
        told.rows.push(row(0, whole, &format!("bucket {}", bucket.name), String::new(), ""));
        return;
    };
    let note = words::count(listed.objects, "object", "objects");
    let note = if listed.more { format!("at least {note}") } else { note };
    told.rows.push(row(0, whole, &format!("bucket {}", bucket.name), size(listed.bytes), &note));
    let mut parts: Vec<_> = listed.parts.iter().collect();
    parts.sort_by(|(one, a), (other, b)| b.1.cmp(&a.1).then_with(|| one.cmp(other)));
    for (name, (objects, bytes)) in parts.iter().take(limits::LISTED_ENTRIES) {
        let note =
            if name.ends_with('/') { words::count(*objects, "object", "objects") } else { String::new() };
        told.rows.push(row(1, true, name, size(*bytes), &note));
    }
    let more = parts.len().saturating_sub(limits::LISTED_ENTRIES);
    if more > 0 {
        told.rows.push(row(1, true, &format!("{} more", words::number(more as u64)), String::new(), ""));
    }
    backup_rows(0, &told.backups.clone(), asking.q.now, &mut told.rows);
}
