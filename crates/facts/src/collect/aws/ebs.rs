//! EBS: volumes and snapshots that go, by themselves or with their machines.
//!
//! Invariant: a snapshot of a volume stays when the volume goes, unless the same action deletes it too, and counts only
//! when it is complete.

use roxmltree::Node;

use super::Asking;
use super::api::{Trouble, list, tags, text, time, xml};
use super::told::{Told, backup_rows, row};
use crate::collect::{Backup, Survives};
use crate::{limits, words};

const VERSION: &str = "2016-11-15";

async fn asked(
    asking: &Asking<'_>,
    operation: &'static str,
    name: &str,
    ids: &[String],
) -> Result<String, Trouble> {
    let ids = ids.iter().take(limits::THINGS).enumerate();
    let ids: Vec<_> = ids.map(|(at, id)| (format!("{name}.{}", at + 1), id.clone())).collect();
    asking.api.query("ec2", VERSION, operation, &ids).await
}

async fn snapshots_of(asking: &Asking<'_>, volumes: &[String]) -> Result<String, Trouble> {
    let mut parameters = vec![("Filter.1.Name".to_owned(), "volume-id".to_owned())];
    let ids = volumes.iter().take(limits::THINGS).enumerate();
    parameters.extend(ids.map(|(at, id)| (format!("Filter.1.Value.{}", at + 1), id.clone())));
    asking.api.query("ec2", VERSION, "DescribeSnapshots", &parameters).await
}

fn not_there(ids: &[String], what: &str) -> impl Fn(Trouble) -> Trouble {
    let named = format!("{what} {}", words::list(&ids.iter().map(|id| words::shown(id)).collect::<Vec<_>>()));
    move |trouble| match trouble {
        Trouble::NotFound(_) => Trouble::NotFound(named.clone()),
        other => other,
    }
}

/// Volumes that go.
pub(super) async fn volumes(asking: &Asking<'_>, ids: &[String]) -> Result<Told, Trouble> {
    let (volumes, snapshots) =
        tokio::join!(asked(asking, "DescribeVolumes", "VolumeId", ids), snapshots_of(asking, ids));
    let volumes = volumes.map_err(not_there(ids, "volume"))?;
    let document = xml(&volumes)?;
    let nodes: Vec<Node<'_, '_>> = list(document.root_element(), "volumeSet").collect();
    if nodes.is_empty() {
        return Err(not_there(ids, "volume")(Trouble::NotFound(String::new())));
    }
    let mut told = Told::default();
    let mut gib = 0_u64;
    let mut named = Vec::new();
    for node in nodes {
        gib += volume(asking, node, &mut named, &mut told);
    }
    told.what = format!("the volume {}", words::list(&named));
    told.headline = format!("{} GiB", words::number(gib));
    told.called.extend(ids.iter().flat_map(|id| [id.clone(), format!("volume {id}")]));
    take_snapshots(asking, &snapshots, None, &mut told)?;
    Ok(told)
}

/// One volume: its room, its row, and who uses it.
fn volume(asking: &Asking<'_>, node: Node<'_, '_>, named: &mut Vec<String>, told: &mut Told) -> u64 {
    let id = text(node, "volumeId").unwrap_or_default();
    let gib = text(node, "size").and_then(|size| size.parse::<u64>().ok()).unwrap_or(0);
    let labels = tags(list(node, "tagSet"));
    let name = labels.iter().find(|(key, _)| key == "Name").map(|(_, value)| value.clone());
    let shown = name.as_ref().map_or_else(|| words::shown(id), |name| words::shown(name));
    let mut parts: Vec<String> =
        [text(node, "volumeType"), text(node, "status")].into_iter().flatten().map(words::shown).collect();
    let by: Vec<String> = list(node, "attachmentSet")
        .filter_map(|attached| {
            Some((text(attached, "instanceId")?, text(attached, "device").unwrap_or_default()))
        })
        .map(|(machine, device)| format!("attached to {} as {}", words::shown(machine), words::shown(device)))
        .collect();
    let attached = !by.is_empty();
    parts.extend(by);
    parts.push(format!("in {}", asking.api.region));
    told.sentences.push(format!("The volume {shown}: {}.", parts.join(", ")));
    if attached && asking.gone.contains(id) {
        told.sentences.push("AWS deletes no volume that is attached, so it would refuse this.".to_owned());
    }
    told.rows.push(row(0, true, &format!("volume {shown}"), format!("{gib} GiB"), id));
    if let Some(name) = name {
        told.called.extend([format!("volume {name}"), name.clone()]);
        told.names.insert(id.to_owned(), name);
    }
    told.tags.extend(labels);
    named.push(shown);
    gib
}

fn take_snapshots(
    asking: &Asking<'_>,
    snapshots: &Result<String, Trouble>,
    without: Option<&str>,
    told: &mut Told,
) -> Result<(), Trouble> {
    let snapshots = match snapshots {
        Ok(snapshots) => snapshots,
        Err(trouble) => {
            told.troubles.push(format!("Snapshots could not be listed. {trouble}"));
            return Ok(());
        }
    };
    let document = xml(snapshots)?;
    for node in list(document.root_element(), "snapshotSet") {
        let Some(id) = text(node, "snapshotId").filter(|id| Some(*id) != without) else { continue };
        let survives = if asking.gone.contains(id) {
            Survives::No("the action deletes that too".to_owned())
        } else if text(node, "status").is_some_and(|status| status != "completed") {
            Survives::Unknown(format!("The snapshot {} is not complete.", words::shown(id)))
        } else {
            Survives::Yes
        };
        told.backups.push(Backup {
            what: format!("snapshot {id}"),
            place: format!("EBS in {}", asking.api.region),
            taken: text(node, "startTime").and_then(time),
            bytes: None,
            tested: None,
            survives,
        });
    }
    told.backups.sort_by_key(|backup| std::cmp::Reverse(backup.taken));
    backup_rows(0, &told.backups, asking.q.now, &mut told.rows);
    Ok(())
}

/// A snapshot that goes, and the others of its volume.
pub(super) async fn snapshot(asking: &Asking<'_>, id: &str) -> Result<Told, Trouble> {
    let ids = [id.to_owned()];
    let body = asked(asking, "DescribeSnapshots", "SnapshotId", &ids).await;
    let body = body.map_err(not_there(&ids, "snapshot"))?;
    let document = xml(&body)?;
    let node = list(document.root_element(), "snapshotSet").next();
    let node = node.ok_or_else(|| not_there(&ids, "snapshot")(Trouble::NotFound(String::new())))?;
    let volume = text(node, "volumeId").unwrap_or_default().to_owned();
    let size = text(node, "volumeSize").map(|gib| format!("{} GiB", words::shown(gib))).unwrap_or_default();
    let taken = text(node, "startTime").and_then(time);
    let mut told = Told {
        what: format!("the snapshot {}", words::shown(id)),
        headline: "1 snapshot".to_owned(),
        tags: tags(list(node, "tagSet")),
        called: vec![volume.clone(), format!("volume {volume}")],
        ..Told::default()
    };
    let age = taken.map(|taken| format!(", from {}", words::ago(taken, asking.q.now))).unwrap_or_default();
    told.sentences.push(format!("Of the volume {}{age}.", words::shown(&volume)));
    told.rows.push(row(0, true, &format!("snapshot {id}"), size, ""));
    let of = [volume];
    let (alive, others) =
        tokio::join!(asked(asking, "DescribeVolumes", "VolumeId", &of), snapshots_of(asking, &of));
    told.sentences.push(match alive {
        Ok(_) => "The volume itself is there.".to_owned(),
        Err(Trouble::NotFound(_)) => {
            "The volume itself is gone: this may be all that is left of it.".to_owned()
        }
        Err(trouble) => format!("Whether the volume itself is there is not known. {trouble}"),
    });
    take_snapshots(asking, &others, Some(id), &mut told)?;
    Ok(told)
}

/// Machines that go: the volumes that go with them, and those that stay.
pub(super) async fn machines(asking: &Asking<'_>, ids: &[String]) -> Result<Told, Trouble> {
    let body = asked(asking, "DescribeInstances", "InstanceId", ids).await;
    let body = body.map_err(not_there(ids, "machine"))?;
    let document = xml(&body)?;
    let (mut going, mut staying, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for machine in list(document.root_element(), "reservationSet").flat_map(|node| list(node, "instancesSet"))
    {
        labels.extend(tags(list(machine, "tagSet")));
        for device in list(machine, "blockDeviceMapping") {
            let Some(ebs) = device.children().find(|child| child.has_tag_name("ebs")) else { continue };
            let Some(id) = text(ebs, "volumeId") else { continue };
            let goes = text(ebs, "deleteOnTermination") == Some("true");
            if goes { &mut going } else { &mut staying }.push(id.to_owned());
        }
    }
    let machines = words::list(&ids.iter().map(|id| words::shown(id)).collect::<Vec<_>>());
    let mut told = if going.is_empty() {
        Told { headline: "No volume".to_owned(), ..Told::default() }
    } else {
        volumes(asking, &going).await?
    };
    let goes = if going.is_empty() { "No volume goes" } else { "These volumes go" };
    told.sentences.insert(0, format!("{goes} with {machines}."));
    if !staying.is_empty() {
        let staying: Vec<String> = staying.iter().map(|id| words::shown(id)).collect();
        told.sentences.push(format!("What stays: {}.", words::list(&staying)));
    }
    if told.what.is_empty() {
        told.what = format!("the machine {machines}");
    }
    told.tags.splice(0..0, labels);
    Ok(told)
}
