//! Railway: what an operation of its GraphQL interface hits, asked of that interface with queries alone.
//!
//! # Invariants
//! - The environment is Railway's own answer. A stand-in on this machine is believed where it says production and
//!   quoted where it says anything milder: whoever can send a request can also start a server.
//! - Backups hang on the volume where it stands. They are told, and never count: they go when it goes.
//!
//! # Deliberately absent
//! Operations that delete no volume; `railway`, the command line, whose words name no ids.

mod api;
mod told;
mod volumes;

use futures_util::future::join_all;
use sayso_core::reading::Reach;
use tokio::time::timeout;

use self::api::{Api, Place, Trouble};
use self::volumes::{Aim, Hit};
use super::{Answer, Asked, Collector};
use crate::{Question, limits};

/// The row of Railway.
pub(super) const COLLECTOR: Collector = Collector { name: "Railway API", concerns, ask };

/// When what an operation deletes is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Now,
    /// After Railway's two days of grace.
    InTwoDays,
    /// At once, where there would have been two days of grace.
    WithoutGrace,
}

/// One operation, with where it goes.
struct Operation<'a> {
    reach: &'a Reach,
    place: Place,
    aim: Aim,
    when: When,
}

/// An operation that was asked about.
struct Asking {
    aim: Aim,
    when: When,
    api: Result<Api, Trouble>,
    hit: Result<Hit, Trouble>,
}

fn concerns(q: &Question<'_>) -> bool {
    q.reading.reaches.iter().any(|reach| operation(reach).is_some())
}

fn operation(reach: &Reach) -> Option<Operation<'_>> {
    let value = |name: &str| Some(reach.settings.get(name)?.to_string()).filter(|id| !id.is_empty());
    let (aim, when) = match reach.settings.get("operation")?.as_str() {
        "volumeDelete" => (Aim::Volume(value("volumeId")?), When::Now),
        "environmentDelete" => (Aim::Environment(value("id")?), When::Now),
        "serviceDelete" => (Aim::Service(value("id")?, value("environmentId")), When::Now),
        "projectDelete" => (Aim::Project(value("id")?), When::Now),
        "projectScheduleDelete" => (Aim::Project(value("id")?), When::InTwoDays),
        "projectScheduleDeleteForce" => (Aim::Project(value("id")?), When::WithoutGrace),
        _ => return None,
    };
    Some(Operation { reach, place: api::place(reach)?, aim, when })
}

fn ask<'a>(q: &'a Question<'a>) -> Asked<'a> {
    Box::pin(async move {
        let all: Vec<Operation<'_>> = q.reading.reaches.iter().filter_map(operation).collect();
        let more = all.len().saturating_sub(limits::REACHES);
        let asked = join_all(all.into_iter().take(limits::REACHES).map(|operation| one(q, operation))).await;
        let mut answers = Vec::new();
        for asking in asked {
            answers.push(told::answer(q, asking).await);
        }
        told::together(answers, more, q.now)
    })
}

async fn one(q: &Question<'_>, operation: Operation<'_>) -> Asking {
    let Operation { reach, place, aim, when } = operation;
    let api = Api::open(q, reach, place).await;
    let hit = match &api {
        Ok(api) => timeout(limits::PROVIDER, volumes::hit(api, &aim)).await.unwrap_or(Err(Trouble::Slow)),
        Err(trouble) => Err(trouble.clone()),
    };
    Asking { aim, when, api, hit }
}

/// Several operations of one action, told as one.
fn first_or_default(answers: Vec<Answer>) -> (Answer, Vec<Answer>) {
    let mut answers = answers.into_iter();
    (answers.next().unwrap_or_default(), answers.collect())
}
