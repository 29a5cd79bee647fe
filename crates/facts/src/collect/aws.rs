//! AWS: what a call of `aws` deletes in S3, RDS, EBS and DynamoDB, asked of AWS by requests that only look.
//!
//! # Invariants
//! - Asked is the account that the action's own keys are of, where both they and the person's work: two accounts may
//!   hold things of one name.
//! - A tag is a label that somebody wrote: claimed. What the person's table says of the account is checked; of a stand-in
//!   on this machine only what makes it stricter is believed.
//! - A copy that lies in what is deleted, or that AWS deletes along, is told and never counts.
//!
//! # Reading order
//! `aim` finds in the words what goes, `login` where and with whose keys to ask, `api` asks; `s3`, `rds`, `ebs` and
//! `dynamodb` know what; `told` makes the answer.
//!
//! # Deliberately absent
//! HTTP requests to AWS's own hosts, whose keys sign one request and open nothing. CloudWatch's counts: they are of
//! yesterday. Recovery points of AWS Backup for S3.

mod aim;
mod api;
mod dynamodb;
mod ebs;
mod login;
mod rds;
mod s3;
mod told;

use std::collections::BTreeSet;
use std::time::Instant;

use futures_util::future::join_all;
use sayso_core::reading::{Reach, System};
use tokio::time::timeout;

use self::aim::Aim;
use self::api::{Api, Trouble};
use self::told::Told;
use super::{Answer, Asked, Collector};
use crate::{Question, limits};

/// The row of AWS.
pub(super) const COLLECTOR: Collector = Collector { name: "AWS", concerns, ask };

/// What is asked about, with what all of it needs.
struct Asking<'a> {
    q: &'a Question<'a>,
    api: &'a Api,
    /// Things that the whole action deletes, by their ids: no backup among them counts.
    gone: &'a BTreeSet<String>,
    until: Instant,
}

fn concerns(q: &Question<'_>) -> bool {
    q.reading.reaches.iter().any(|reach| !aims(reach).is_empty())
}

fn aims(reach: &Reach) -> Vec<Aim> {
    if reach.system != System::Aws {
        return Vec::new();
    }
    reach.settings.get("words").map(|words| aim::of(words)).unwrap_or_default()
}

fn ask<'a>(q: &'a Question<'a>) -> Asked<'a> {
    Box::pin(async move {
        let until = Instant::now() + limits::LISTING;
        let mut all: Vec<(&Reach, Aim)> = Vec::new();
        for reach in &q.reading.reaches {
            for aim in aims(reach) {
                if !all.iter().any(|(other, known)| *known == aim && other.settings == reach.settings) {
                    all.push((reach, aim));
                }
            }
        }
        let gone: BTreeSet<String> = all.iter().flat_map(|(_, aim)| ids(aim)).collect();
        let more = all.len().saturating_sub(limits::THINGS);
        all.truncate(limits::THINGS);
        let asked = all.iter().map(|(reach, aim)| async {
            timeout(limits::PROVIDER, one(q, reach, aim, &gone, until))
                .await
                .unwrap_or_else(|_| Answer::failed("AWS", Trouble::Slow.to_string(), q.now))
        });
        let answers = join_all(asked).await;
        told::together(answers, more, q.now)
    })
}

/// The ids of what goes, as snapshots and volumes name each other.
fn ids(aim: &Aim) -> Vec<String> {
    match aim {
        Aim::DatabaseSnapshot { id, .. } | Aim::Volume(id) | Aim::VolumeSnapshot(id) => vec![id.clone()],
        Aim::Bucket(bucket) => vec![bucket.name.clone()],
        Aim::Instance(database) | Aim::Cluster(database) if !database.keeps_automated => {
            vec![rds::automated_of(&database.id)]
        }
        _ => Vec::new(),
    }
}

async fn one(q: &Question<'_>, reach: &Reach, aim: &Aim, gone: &BTreeSet<String>, until: Instant) -> Answer {
    let service = match aim {
        Aim::Bucket(_) => "s3",
        Aim::Instance(_) | Aim::Cluster(_) | Aim::DatabaseSnapshot { .. } => "rds",
        Aim::Volume(_) | Aim::VolumeSnapshot(_) | Aim::Machines(_) => "ec2",
        Aim::Table(_) => "dynamodb",
    };
    let (api, known) = match opened(q, reach, service).await {
        Ok(opened) => opened,
        Err(trouble) => return Answer::failed("AWS", trouble.to_string(), q.now),
    };
    let asking = Asking { q, api: &api, gone, until };
    let told = async {
        match aim {
            Aim::Bucket(bucket) => s3::ask(&asking, bucket).await,
            Aim::Instance(database) => rds::instance(&asking, database).await,
            Aim::Cluster(database) => rds::cluster(&asking, database).await,
            Aim::DatabaseSnapshot { id, of_cluster } => rds::snapshot(&asking, id, *of_cluster).await,
            Aim::Volume(id) => ebs::volumes(&asking, std::slice::from_ref(id)).await,
            Aim::VolumeSnapshot(id) => ebs::snapshot(&asking, id).await,
            Aim::Machines(ids) => ebs::machines(&asking, ids).await,
            Aim::Table(name) => dynamodb::table(&asking, name).await,
        }
    };
    let (told, account): (Result<Told, Trouble>, _) = if known.is_some() {
        (told.await, known)
    } else {
        let (told, account) = tokio::join!(told, api.account());
        (told, account.ok())
    };
    let source = api.source(account.as_deref());
    match told {
        Ok(told) => told::answer(&asking, told, account.as_deref(), source).await,
        Err(trouble) => Answer::failed(source, trouble.to_string(), q.now),
    }
}

/// AWS with the login that is to be used; and the number of its account, where it had to be known for that.
async fn opened(q: &Question<'_>, reach: &Reach, service: &str) -> Result<(Api, Option<String>), Trouble> {
    let way = login::way(q, reach, service).await?;
    let mut apis = way.logins.iter().map(|login| Api::open(&way, login)).collect::<Result<Vec<_>, _>>()?;
    if apis.len() < 2 {
        return apis.pop().map(|api| (api, None)).ok_or_else(|| no_keys(&way));
    }
    let accounts = join_all(apis.iter().map(Api::account)).await;
    let which = chosen(&accounts);
    let (api, account) = apis.into_iter().zip(accounts).nth(which).ok_or(Trouble::Odd)?;
    match account {
        Err(refused @ Trouble::Refused { .. }) => Err(refused),
        account => Ok((api, account.ok())),
    }
}

fn no_keys(way: &login::Way) -> Trouble {
    let mut why = way.troubles.join(" ");
    if why.is_empty() {
        why.push_str("The action carries no keys that can be read here.");
    }
    Trouble::NoKeys(why, way.name.clone())
}

/// Which of the logins is used, by the accounts that they are of: the person's, unless it is of another account than the
/// action's, or opens nothing where that does.
fn chosen(accounts: &[Result<String, Trouble>]) -> usize {
    match accounts {
        [Ok(persons), Ok(actions), ..] if persons != actions => 1,
        [Err(_), Ok(_), ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_persons_keys_are_used_only_in_the_account_that_the_action_works_in() {
        let of = |account: &str| Ok(account.to_owned());
        assert_eq!(chosen(&[of("1"), of("1")]), 0);
        assert_eq!(chosen(&[of("1"), of("2")]), 1);
        assert_eq!(chosen(&[Err(Trouble::Unreachable), of("2")]), 1);
        // Keys of the action's that open nothing say nothing of the account.
        assert_eq!(chosen(&[of("1"), Err(Trouble::Unreachable)]), 0);
        assert_eq!(chosen(&[of("1")]), 0);
    }
}
