//! DynamoDB: a table that goes, and the backups that stay.
//!
//! Invariant: the counts are DynamoDB's own, some hours old, and are told as that.

use serde_json::{Value, json};

use super::Asking;
use super::api::{Trouble, seconds};
use super::told::{Told, backup_rows, row};
use crate::collect::{Backup, Survives};
use crate::words;

/// For how many days AWS keeps the backup that it makes of a table with point-in-time recovery when that is deleted.
const SYSTEM_BACKUP_DAYS: u64 = 35;

/// A table that goes.
pub(super) async fn table(asking: &Asking<'_>, name: &str) -> Result<Told, Trouble> {
    let api = asking.api;
    let named = || json!({ "TableName": name });
    let listing = json!({ "TableName": name, "BackupType": "ALL" });
    let (described, recovery, backups) = (named(), named(), listing);
    let (described, recovery, backups) = tokio::join!(
        api.dynamodb("DynamoDB_20120810.DescribeTable", &described),
        api.dynamodb("DynamoDB_20120810.DescribeContinuousBackups", &recovery),
        api.dynamodb("DynamoDB_20120810.ListBackups", &backups),
    );
    let described = described.map_err(|trouble| match trouble {
        Trouble::NotFound(_) => Trouble::NotFound(format!("table {}", words::shown(name))),
        other => other,
    })?;
    let table = described.get("Table").ok_or(Trouble::Unreadable)?;
    let arn = table.get("TableArn").and_then(Value::as_str).unwrap_or_default();
    let mut told = Told {
        what: format!("the table {}", words::shown(name)),
        tags: labels(asking, arn).await,
        called: vec![name.to_owned(), format!("dynamodb {name}")],
        ..Told::default()
    };
    data(asking, table, &mut told);
    match recovery {
        Ok(recovery) => told.backups.extend(restorable(asking, &recovery, &mut told.sentences)),
        Err(trouble) => {
            told.troubles.push(format!("Point-in-time recovery could not be asked about. {trouble}"));
        }
    }
    match backups {
        Ok(backups) => {
            let rows = backups.get("BackupSummaries").and_then(Value::as_array);
            told.backups.extend(rows.into_iter().flatten().filter_map(|row| kept(asking, row)));
        }
        Err(trouble) => told.troubles.push(format!("Its backups could not be listed. {trouble}")),
    }
    told.backups.sort_by_key(|backup| std::cmp::Reverse(backup.taken));
    let size = number(table, "TableSizeBytes").map(words::size).unwrap_or_default();
    told.rows.push(row(0, true, &format!("table {name}"), size, ""));
    backup_rows(0, &told.backups, asking.q.now, &mut told.rows);
    Ok(told)
}

async fn labels(asking: &Asking<'_>, arn: &str) -> Vec<(String, String)> {
    let body = json!({ "ResourceArn": arn });
    // Without tags the name is looked at.
    let Ok(answer) = asking.api.dynamodb("DynamoDB_20120810.ListTagsOfResource", &body).await else {
        return Vec::new();
    };
    let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let rows = answer.get("Tags").and_then(Value::as_array);
    rows.into_iter().flatten().filter_map(|row| Some((text(row, "Key")?, text(row, "Value")?))).collect()
}

fn number(json: &Value, name: &str) -> Option<u64> {
    json.get(name).and_then(Value::as_u64)
}

fn data(asking: &Asking<'_>, table: &Value, told: &mut Told) {
    let items = number(table, "ItemCount");
    let bytes = number(table, "TableSizeBytes");
    told.headline = match (items, bytes) {
        (Some(items), Some(bytes)) => {
            format!("About {}, {}", words::count(items, "item", "items"), words::size(bytes))
        }
        _ => "1 table".to_owned(),
    };
    told.sentences.push(format!(
        "{} in {}; DynamoDB counts anew every six hours or so.",
        words::capital(&told.what),
        asking.api.region
    ));
    let protected = table.get("DeletionProtectionEnabled").and_then(Value::as_bool) == Some(true);
    told.sentences.push(if protected {
        "Deletion protection is on: AWS refuses this until it is switched off.".to_owned()
    } else {
        "Deletion protection is off.".to_owned()
    });
    let replicas: Vec<String> = table
        .get("Replicas")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|replica| replica.get("RegionName").and_then(Value::as_str))
        .filter(|region| *region != asking.api.region)
        .map(words::shown)
        .collect();
    if !replicas.is_empty() {
        told.sentences.push(format!("Replicas are in {}.", words::list(&replicas)));
    }
}

/// What point-in-time recovery leaves behind.
fn restorable(asking: &Asking<'_>, recovery: &Value, sentences: &mut Vec<String>) -> Option<Backup> {
    let description = recovery
        .pointer("/ContinuousBackupsDescription/PointInTimeRecoveryDescription")
        .unwrap_or(&Value::Null);
    if description.get("PointInTimeRecoveryStatus").and_then(Value::as_str) != Some("ENABLED") {
        sentences.push("Point-in-time recovery is off.".to_owned());
        return None;
    }
    sentences.push(format!(
        "Point-in-time recovery is on: AWS keeps a backup of the table for {SYSTEM_BACKUP_DAYS} days."
    ));
    Some(Backup {
        what: "the backup by point-in-time recovery".to_owned(),
        place: format!("DynamoDB in {}", asking.api.region),
        taken: seconds(description.get("LatestRestorableDateTime")),
        bytes: None,
        tested: None,
        survives: Survives::Yes,
    })
}

fn kept(asking: &Asking<'_>, row: &Value) -> Option<Backup> {
    let name = row.get("BackupName").and_then(Value::as_str)?;
    let ready = row.get("BackupStatus").and_then(Value::as_str).is_none_or(|status| status == "AVAILABLE");
    Some(Backup {
        what: format!("backup {name}"),
        place: format!("DynamoDB in {}", asking.api.region),
        taken: seconds(row.get("BackupCreationDateTime")),
        bytes: number(row, "BackupSizeBytes"),
        tested: None,
        survives: if ready {
            Survives::Yes
        } else {
            Survives::Unknown(format!("The backup {} is not complete.", words::shown(name)))
        },
    })
}
