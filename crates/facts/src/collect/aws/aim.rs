//! What a call of `aws` would delete, from its words.
//!
//! Invariant: a word that only the shell can work out is no name. What this does not know for certain is not asked
//! about, and the card says that nobody asked.

use std::collections::BTreeMap;

use serde_json::Value;

/// Options whose value is no part of what is deleted.
const GENERAL: [&str; 9] = [
    "--profile",
    "--region",
    "--output",
    "--query",
    "--endpoint-url",
    "--ca-bundle",
    "--color",
    "--cli-read-timeout",
    "--cli-connect-timeout",
];
/// Options of `aws s3` that stand alone: what follows is a place.
const ALONE: [&str; 9] = [
    "--force",
    "--recursive",
    "--quiet",
    "--delete",
    "--only-show-errors",
    "--no-progress",
    "--debug",
    "--no-paginate",
    "--exact-timestamps",
];

/// What goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    Bucket(Bucket),
    Instance(Database),
    Cluster(Database),
    /// Snapshots of a database instance or of a cluster.
    DatabaseSnapshot {
        id: String,
        of_cluster: bool,
    },
    Volume(String),
    VolumeSnapshot(String),
    /// Machines, with the volumes that go with them.
    Machines(Vec<String>),
    Table(String),
}

/// Something in a bucket, or all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) what: What,
}

/// Which part of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The bucket, with what is in it or only if it is empty.
    Itself { force: bool },
    /// What begins with this. `some`: only a part of it that nothing here works out.
    Below { prefix: String, some: bool },
    /// Keys, some with the version that goes. `more`: others that cannot be read from here.
    Keys { keys: Vec<(String, Option<String>)>, more: bool },
}

/// A database of RDS, and what becomes of its backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Database {
    pub(super) id: String,
    /// A snapshot that the call itself makes before.
    pub(super) last_snapshot: Option<String>,
    pub(super) keeps_automated: bool,
}

/// The words of a call, sorted.
struct Words<'a> {
    plain: Vec<&'a str>,
    options: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let mut words = Self { plain: Vec::new(), options: BTreeMap::new() };
        let mut option: Option<&str> = None;
        for word in text.split('\0') {
            if let Some((name, value)) = word.split_once('=').filter(|(name, _)| name.starts_with("--")) {
                words.options.entry(name).or_default().push(value);
                option = None;
            } else if word.starts_with("--") {
                words.options.entry(word).or_default();
                let alone = words.plain.first() == Some(&"s3") && ALONE.contains(&word);
                option = (!alone).then_some(word);
            } else if let Some(name) = option {
                words.options.entry(name).or_default().push(word);
                if GENERAL.contains(&name) {
                    option = None;
                }
            } else {
                words.plain.push(word);
            }
        }
        words
    }

    fn has(&self, option: &str) -> bool {
        self.options.contains_key(option)
    }

    /// The values of an option; none if one of them only the shell knows.
    fn all(&self, option: &str) -> Option<Vec<String>> {
        let values = self.options.get(option).filter(|values| !values.is_empty())?;
        values.iter().map(|value| plain(value)).collect()
    }

    fn one(&self, option: &str) -> Option<String> {
        self.all(option)?.into_iter().next()
    }
}

/// A word as it is meant; nothing where only the shell knows.
fn plain(word: &str) -> Option<String> {
    (!word.is_empty() && !word.contains(['$', '`'])).then(|| word.to_owned())
}

/// All that a call deletes; none where it deletes nothing that AWS is asked about.
pub(super) fn of(words: &str) -> Vec<Aim> {
    let words = Words::of(words);
    let [service, operation, ..] = words.plain[..] else { return Vec::new() };
    let found = match (service, operation) {
        ("s3", _) => s3(operation, &words).map(|bucket| vec![Aim::Bucket(bucket)]),
        ("s3api", _) => s3api(operation, &words).map(|bucket| vec![Aim::Bucket(bucket)]),
        ("rds", _) => rds(operation, &words).map(|aim| vec![aim]),
        ("ec2", "delete-volume") => {
            words.all("--volume-id").map(|ids| ids.into_iter().map(Aim::Volume).collect())
        }
        ("ec2", "delete-snapshot") => {
            words.all("--snapshot-id").map(|ids| ids.into_iter().map(Aim::VolumeSnapshot).collect())
        }
        ("ec2", "terminate-instances") => words.all("--instance-ids").map(|ids| vec![Aim::Machines(ids)]),
        ("dynamodb", "delete-table") => words.one("--table-name").map(|name| {
            // By its name, or by its ARN, whose end is the name.
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            vec![Aim::Table(name)]
        }),
        _ => None,
    };
    found.unwrap_or_default()
}

fn s3(operation: &str, words: &Words<'_>) -> Option<Bucket> {
    let places: Vec<(&str, &str)> = words.plain.iter().filter_map(|word| place(word)).collect();
    let (name, key) = *places.last()?;
    let name = bucket(name)?;
    let some = words.has("--exclude") || words.has("--include");
    let what = match operation {
        "rb" => What::Itself { force: words.has("--force") },
        "rm" if words.has("--recursive") => What::Below { prefix: folder(key)?, some },
        "rm" => What::Keys { keys: vec![(plain(key)?, None)], more: false },
        "sync" if words.has("--delete") => What::Below { prefix: folder(key)?, some: true },
        _ => return None,
    };
    Some(Bucket { name, what })
}

/// `s3://bucket/key`.
fn place(word: &str) -> Option<(&str, &str)> {
    let rest = word.strip_prefix("s3://")?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}

/// The beginning of all keys below what `aws s3` takes for a folder.
fn folder(key: &str) -> Option<String> {
    if key.is_empty() {
        return Some(String::new());
    }
    plain(key).map(|key| if key.ends_with('/') { key } else { format!("{key}/") })
}

/// A name that a bucket can have. It stands in a path, so nothing else may pass.
fn bucket(name: &str) -> Option<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    ((3..=255).contains(&name.len()) && name.bytes().all(fits) && !name.contains(".."))
        .then(|| name.to_owned())
}

fn s3api(operation: &str, words: &Words<'_>) -> Option<Bucket> {
    let name = bucket(&words.one("--bucket")?)?;
    let what = match operation {
        "delete-bucket" => What::Itself { force: false },
        "delete-object" => {
            What::Keys { keys: vec![(words.one("--key")?, words.one("--version-id"))], more: false }
        }
        "delete-objects" => listed(words.options.get("--delete")?),
        _ => return None,
    };
    Some(Bucket { name, what })
}

/// The keys of `--delete`, as JSON or as `Objects=[{Key=a},{Key=b}],Quiet=true`.
fn listed(values: &[&str]) -> What {
    let text = values.join(" ");
    let key = |object: &Value| {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((text("Key")?, text("VersionId")))
    };
    if let Ok(json) = serde_json::from_str::<Value>(&text) {
        let objects = json.get("Objects").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let keys: Vec<_> = objects.iter().filter_map(key).collect();
        return What::Keys { more: keys.len() < objects.len() || keys.is_empty(), keys };
    }
    let part = |object: &str, name: &str| {
        let start = object.find(&format!("{name}="))? + name.len() + 1;
        let rest = object.get(start..)?;
        plain(rest.split([',', '}']).next()?.trim())
    };
    let objects: Vec<&str> = text.split('{').skip(1).collect();
    let keys: Vec<_> =
        objects.iter().filter_map(|one| Some((part(one, "Key")?, part(one, "VersionId")))).collect();
    What::Keys { more: keys.len() < objects.len() || keys.is_empty(), keys }
}

fn rds(operation: &str, words: &Words<'_>) -> Option<Aim> {
    let database = |option: &str| {
        Some(Database {
            id: words.one(option)?,
            last_snapshot: words
                .one("--final-db-snapshot-identifier")
                .filter(|_| !words.has("--skip-final-snapshot")),
            keeps_automated: words.has("--no-delete-automated-backups"),
        })
    };
    Some(match operation {
        "delete-db-instance" => Aim::Instance(database("--db-instance-identifier")?),
        "delete-db-cluster" => Aim::Cluster(database("--db-cluster-identifier")?),
        "delete-db-snapshot" => {
            Aim::DatabaseSnapshot { id: words.one("--db-snapshot-identifier")?, of_cluster: false }
        }
        "delete-db-cluster-snapshot" => {
            Aim::DatabaseSnapshot { id: words.one("--db-cluster-snapshot-identifier")?, of_cluster: true }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<Aim> {
        of(&line.split(' ').collect::<Vec<_>>().join("\0"))
    }

    fn bucket(name: &str, what: What) -> Vec<Aim> {
        vec![Aim::Bucket(Bucket { name: name.to_owned(), what })]
    }

    fn key(name: &str, version: Option<&str>) -> (String, Option<String>) {
        (name.to_owned(), version.map(str::to_owned))
    }

    #[test]
    fn what_goes_is_found_wherever_the_options_stand() {
        let all = bucket("shop", What::Itself { force: true });
        assert_eq!(read("s3 rb --force s3://shop"), all);
        assert_eq!(read("--region eu-central-1 s3 rb s3://shop --force"), all);
        assert_eq!(read("s3 rb s3://shop"), bucket("shop", What::Itself { force: false }));
        let below = |prefix: &str, some| bucket("shop", What::Below { prefix: prefix.to_owned(), some });
        assert_eq!(read("s3 rm --recursive s3://shop"), below("", false));
        assert_eq!(read("s3 rm s3://shop/a/b --recursive --quiet"), below("a/b/", false));
        assert_eq!(read("s3 rm s3://shop/a/ --recursive --exclude *.log"), below("a/", true));
        assert_eq!(read("s3 sync --delete . s3://shop/site"), below("site/", true));
        let keys = |keys: Vec<(String, Option<String>)>| bucket("shop", What::Keys { keys, more: false });
        assert_eq!(read("s3 rm s3://shop/a/b"), keys(vec![key("a/b", None)]));
        assert_eq!(
            read("s3api delete-object --bucket shop --key a --version-id v1"),
            keys(vec![key("a", Some("v1"))])
        );
        let json = r#"{"Objects":[{"Key":"a"},{"Key":"b","VersionId":"2"}]}"#;
        assert_eq!(
            read(&format!("s3api delete-objects --bucket shop --delete {json}")),
            keys(vec![key("a", None), key("b", Some("2"))])
        );
        assert_eq!(
            read(
                "s3api delete-objects --bucket shop --delete Objects=[{Key=a},{Key=b,VersionId=2}],Quiet=true"
            ),
            keys(vec![key("a", None), key("b", Some("2"))])
        );
        assert_eq!(read("ec2 delete-volume --volume-id=vol-1"), [Aim::Volume("vol-1".to_owned())]);
        assert_eq!(
            read("dynamodb delete-table --table-name arn:aws:dynamodb:eu-central-1:1:table/carts"),
            [Aim::Table("carts".to_owned())]
        );
    }

    #[test]
    fn the_backups_of_a_database_go_with_it_unless_the_call_says_otherwise() {
        let database = |line: &str| match read(line).pop() {
            Some(Aim::Instance(database)) => database,
            other => panic!("{other:?}"),
        };
        let plain = database("rds delete-db-instance --db-instance-identifier shop --skip-final-snapshot");
        assert_eq!((plain.id.as_str(), &plain.last_snapshot, plain.keeps_automated), ("shop", &None, false));
        let kind = database(
            "rds delete-db-instance --final-db-snapshot-identifier last --no-delete-automated-backups \
             --db-instance-identifier shop",
        );
        assert_eq!((kind.last_snapshot.as_deref(), kind.keeps_automated), (Some("last"), true));
    }

    #[test]
    fn what_only_the_shell_knows_is_not_asked_about() {
        for line in [
            "s3 rb --force s3://$BUCKET",
            "s3 rm --recursive s3://shop/$PREFIX",
            "s3 rb --force s3://shop/../other..x/",
            "ec2 delete-volume --volume-id $(id)",
            "s3 ls s3://shop",
            "s3 cp s3://shop/a .",
            "rds delete-db-instance",
            "",
        ] {
            let found = read(line);
            let odd = line.contains("/../");
            assert!(
                found.is_empty() || odd && found == bucket("shop", What::Itself { force: true }),
                "{line}: {found:?}"
            );
        }
        let from_file = read("s3api delete-objects --bucket shop --delete file://keys.json");
        assert_eq!(from_file, bucket("shop", What::Keys { keys: Vec::new(), more: true }));
    }
}
