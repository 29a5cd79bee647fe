//! RDS: a database that goes, which of its backups go with it, and which stay.
//!
//! # Invariants
//! - Automated backups go with their database unless the action says otherwise; snapshots that somebody made stay.
//! - A snapshot that the action itself would make is not there yet: it is told and does not count.

use roxmltree::Node;

use super::Asking;
use super::aim::Database;
use super::api::{Trouble, list, tags, text, time, xml};
use super::told::{Told, backup_rows, row};
use crate::collect::{Backup, Survives};
use crate::words;

const VERSION: &str = "2014-10-31";

/// The words that differ between an instance and a cluster.
struct Sort {
    /// "instance", "cluster".
    called: &'static str,
    describe: &'static str,
    snapshots: &'static str,
    /// The parameter and the field that hold its name.
    id: &'static str,
    snapshot_id: &'static str,
    row: &'static str,
    snapshot_row: &'static str,
}

const INSTANCE: Sort = Sort {
    called: "instance",
    describe: "DescribeDBInstances",
    snapshots: "DescribeDBSnapshots",
    id: "DBInstanceIdentifier",
    snapshot_id: "DBSnapshotIdentifier",
    row: "DBInstance",
    snapshot_row: "DBSnapshot",
};
const CLUSTER: Sort = Sort {
    called: "cluster",
    describe: "DescribeDBClusters",
    snapshots: "DescribeDBClusterSnapshots",
    id: "DBClusterIdentifier",
    snapshot_id: "DBClusterSnapshotIdentifier",
    row: "DBCluster",
    snapshot_row: "DBClusterSnapshot",
};

/// An instance that goes.
pub(super) async fn instance(asking: &Asking<'_>, database: &Database) -> Result<Told, Trouble> {
    whole(asking, database, &INSTANCE).await
}

/// A cluster that goes.
pub(super) async fn cluster(asking: &Asking<'_>, database: &Database) -> Result<Told, Trouble> {
    whole(asking, database, &CLUSTER).await
}

async fn asked(
    asking: &Asking<'_>,
    operation: &'static str,
    name: &str,
    id: &str,
) -> Result<String, Trouble> {
    asking.api.query("rds", VERSION, operation, &[(name.to_owned(), id.to_owned())]).await
}

async fn whole(asking: &Asking<'_>, database: &Database, sort: &Sort) -> Result<Told, Trouble> {
    let (described, snapshots) = tokio::join!(
        asked(asking, sort.describe, sort.id, &database.id),
        asked(asking, sort.snapshots, sort.id, &database.id),
    );
    let not_there = |trouble| match trouble {
        Trouble::NotFound(_) => {
            Trouble::NotFound(format!("database {} {}", sort.called, words::shown(&database.id)))
        }
        other => other,
    };
    let described = described.map_err(not_there)?;
    let document = xml(&described)?;
    let node = document.descendants().find(|node| node.has_tag_name(sort.row));
    let node = node.ok_or_else(|| not_there(Trouble::NotFound(String::new())))?;
    let mut told = Told {
        what: format!("the {} {}", sort.called, words::shown(&database.id)),
        tags: tags(list(node, "TagList")),
        called: vec![database.id.clone(), format!("rds {}", database.id)],
        ..Told::default()
    };
    data(asking, node, sort, &mut told);
    match &snapshots {
        Ok(snapshots) => {
            let document = xml(snapshots)?;
            let rows = document.descendants().filter(|node| node.has_tag_name(sort.snapshot_row));
            told.backups.extend(rows.filter_map(|row| kept(asking, row, sort)));
        }
        Err(Trouble::NotFound(_)) => {}
        Err(trouble) => told.troubles.push(format!("Its snapshots could not be listed. {trouble}")),
    }
    told.backups.extend(restorable(asking, node, database));
    told.backups.extend(last(asking, database));
    let size = told.headline.clone();
    told.rows.push(row(0, true, &format!("{} {}", sort.called, database.id), size, ""));
    told.backups.sort_by_key(|backup| std::cmp::Reverse(backup.taken));
    backup_rows(1, &told.backups, asking.q.now, &mut told.rows);
    Ok(told)
}

fn data(asking: &Asking<'_>, node: Node<'_, '_>, sort: &Sort, told: &mut Told) {
    let number = |name: &str| text(node, name).and_then(|text| text.trim().parse::<u64>().ok());
    let engine =
        [text(node, "Engine"), text(node, "EngineVersion")].into_iter().flatten().collect::<Vec<_>>();
    // What Aurora tells as allocated says nothing: its storage grows by itself.
    let aurora = engine.first().is_some_and(|engine| engine.starts_with("aurora"));
    told.headline = match number("AllocatedStorage").filter(|_| !aurora) {
        Some(gib) => format!("{} GiB allocated", words::number(gib)),
        None => format!("1 {}", sort.called),
    };
    let status = text(node, "DBInstanceStatus").or_else(|| text(node, "Status"));
    let parts = [
        Some(words::shown(&engine.join(" "))),
        status.map(words::shown),
        Some(format!("in {}", asking.api.region)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    told.sentences.push(format!("{}: {}.", words::capital(&told.what), parts.join(", ")));
    if text(node, "DeletionProtection") == Some("true") {
        told.sentences
            .push("Deletion protection is on: AWS refuses this until it is switched off.".to_owned());
    } else {
        told.sentences.push("Deletion protection is off.".to_owned());
    }
    if number("BackupRetentionPeriod") == Some(0) {
        told.sentences.push("Automated backups are off.".to_owned());
    }
    if let Some(cluster) = text(node, "DBClusterIdentifier").filter(|_| sort.called == "instance") {
        told.sentences
            .push(format!("It is one of the cluster {}, where its data lies.", words::shown(cluster)));
    }
    let replicas: Vec<String> = list(node, "ReadReplicaDBInstanceIdentifiers")
        .filter_map(|node| node.text())
        .map(words::shown)
        .collect();
    if !replicas.is_empty() {
        told.sentences
            .push(format!("Its replicas stay, and follow nobody then: {}.", words::list(&replicas)));
    }
    let members: Vec<String> = list(node, "DBClusterMembers")
        .filter_map(|member| text(member, "DBInstanceIdentifier"))
        .map(words::shown)
        .collect();
    if !members.is_empty() {
        told.sentences.push(format!("Instances are in it: {}.", words::list(&members)));
    }
}

/// A snapshot as a backup. Where a database goes, what AWS made by itself goes with it.
fn kept(asking: &Asking<'_>, node: Node<'_, '_>, sort: &Sort) -> Option<Backup> {
    let id = text(node, sort.snapshot_id)?;
    let automated = text(node, "SnapshotType") == Some("automated");
    let survives = if asking.gone.contains(id) {
        Survives::No("the action deletes that too".to_owned())
    } else if text(node, "Status").is_some_and(|status| status != "available") {
        Survives::Unknown(format!("The snapshot {} is not complete.", words::shown(id)))
    } else if automated && text(node, sort.id).is_some_and(|of| asking.gone.contains(&automated_of(of))) {
        goes()
    } else {
        Survives::Yes
    };
    Some(Backup {
        what: format!("{} snapshot {id}", if automated { "automated" } else { "manual" }),
        place: format!("RDS in {}", asking.api.region),
        taken: text(node, "SnapshotCreateTime").and_then(time),
        bytes: None,
        tested: None,
        survives,
    })
}

/// What all automated backups of a database are called among what goes.
pub(super) fn automated_of(id: &str) -> String {
    format!("automated backups of {id}")
}

fn goes() -> Survives {
    Survives::No("AWS deletes automated backups along with their database".to_owned())
}

/// The backups that lead to any point in time.
fn restorable(asking: &Asking<'_>, node: Node<'_, '_>, database: &Database) -> Option<Backup> {
    let taken = text(node, "LatestRestorableTime").and_then(time)?;
    let days = text(node, "BackupRetentionPeriod")?.trim().parse::<u64>().ok().filter(|days| *days > 0)?;
    Some(Backup {
        what: format!("automated backups of {}", words::count(days, "day", "days")),
        place: format!("RDS in {}", asking.api.region),
        taken: Some(taken),
        bytes: None,
        tested: None,
        survives: if database.keeps_automated { Survives::Yes } else { goes() },
    })
}

/// The snapshot that the action itself makes before.
fn last(asking: &Asking<'_>, database: &Database) -> Option<Backup> {
    let id = words::shown(database.last_snapshot.as_ref()?);
    Some(Backup {
        what: format!("the last snapshot {id}"),
        place: format!("RDS in {}", asking.api.region),
        taken: None,
        bytes: None,
        tested: None,
        survives: Survives::Unknown(format!(
            "The action has AWS make a last snapshot {id}; it is not there yet."
        )),
    })
}

/// A snapshot that goes, and the others of the same database.
pub(super) async fn snapshot(asking: &Asking<'_>, id: &str, of_cluster: bool) -> Result<Told, Trouble> {
    let sort = if of_cluster { &CLUSTER } else { &INSTANCE };
    let body =
        asked(asking, sort.snapshots, sort.snapshot_id, id).await.map_err(|trouble| match trouble {
            Trouble::NotFound(_) => Trouble::NotFound(format!("snapshot {}", words::shown(id))),
            other => other,
        })?;
    let document = xml(&body)?;
    let found = document.descendants().find(|node| node.has_tag_name(sort.snapshot_row));
    let node = found.ok_or_else(|| Trouble::NotFound(format!("snapshot {}", words::shown(id))))?;
    let of = text(node, sort.id).unwrap_or_default().to_owned();
    let taken = text(node, "SnapshotCreateTime").and_then(time);
    let mut told = Told {
        what: format!("the snapshot {}", words::shown(id)),
        headline: "1 snapshot".to_owned(),
        tags: tags(list(node, "TagList")),
        called: vec![of.clone()],
        ..Told::default()
    };
    let size =
        text(node, "AllocatedStorage").map(|gib| format!("{} GiB", words::shown(gib))).unwrap_or_default();
    let age = taken.map(|taken| format!(", from {}", words::ago(taken, asking.q.now))).unwrap_or_default();
    told.sentences.push(format!("Of the {} {}{age}.", sort.called, words::shown(&of)));
    let (alive, others) =
        tokio::join!(asked(asking, sort.describe, sort.id, &of), asked(asking, sort.snapshots, sort.id, &of));
    told.sentences.push(match alive {
        Ok(_) => format!("The {} itself is there.", sort.called),
        Err(Trouble::NotFound(_)) => {
            format!("The {} itself is gone: this may be all that is left of it.", sort.called)
        }
        Err(trouble) => format!("Whether the {} itself is there is not known. {trouble}", sort.called),
    });
    told.rows.push(row(0, true, &format!("snapshot {id}"), size, ""));
    match &others {
        Ok(others) => {
            let document = xml(others)?;
            let rows = document.descendants().filter(|node| node.has_tag_name(sort.snapshot_row));
            let rows = rows.filter(|node| text(*node, sort.snapshot_id) != Some(id));
            told.backups.extend(rows.filter_map(|row| kept(asking, row, sort)));
        }
        Err(Trouble::NotFound(_)) => {}
        Err(trouble) => told.troubles.push(format!("Other snapshots could not be listed. {trouble}")),
    }
    told.backups.sort_by_key(|backup| std::cmp::Reverse(backup.taken));
    backup_rows(0, &told.backups, asking.q.now, &mut told.rows);
    Ok(told)
}
