//! What Railway has of a project's volumes: which of them an operation hits, what lies on them, and their backups.
//!
//! There is no query from a volume's id to the volume; so the projects that the token can see are walked.

use futures_util::future::{join, join_all};
use sayso_core::UnixMs;
use serde_json::{Value, json};

use super::api::{Api, Trouble};
use crate::limits;

/// Of a project: its environments, and its volumes with where each of them stands.
macro_rules! project {
    () => {
        "{ id name \
           environments(first: 100) { edges { node { id name } } } \
           services(first: 200) { edges { node { id name } } } \
           volumes(first: 200) { pageInfo { hasNextPage } edges { node { id name \
             volumeInstances(first: 100) { edges { node { id environmentId serviceId } } } } } } }"
    };
}

/// Of a volume where it stands. The service is asked for only where there is one: it may not be null.
macro_rules! instance {
    ($service:literal) => {
        concat!(
            "query SaysoVolumeInstance($id: String!) { volumeInstance(id: $id) { \
               currentSizeMB sizeMB state isPendingDeletion environment { id name isEphemeral } ",
            $service,
            " } }"
        )
    };
}

const PROJECTS: &str = concat!(
    "query SaysoProjects($after: String) { projects(first: 50, after: $after) { \
       pageInfo { hasNextPage endCursor } edges { node ",
    project!(),
    " } } }"
);
const WORKSPACES: &str = concat!(
    "query SaysoWorkspaces { me { workspaces { projects(first: 100) { edges { node ",
    project!(),
    " } } } } }"
);
const PROJECT_OF_TOKEN: &str =
    concat!("query SaysoProjectToken { projectToken { project ", project!(), " } }");
const PROJECT: &str = concat!("query SaysoProject($id: String!) { project(id: $id) ", project!(), " }");
const ENVIRONMENT: &str = "query SaysoEnvironment($id: String!) { environment(id: $id) { projectId } }";
const SERVICE: &str = "query SaysoService($id: String!) { service(id: $id) { projectId } }";
const INSTANCE: &str = instance!("service { id name }");
const INSTANCE_ALONE: &str = instance!("");
const BACKUPS: &str = "query SaysoBackups($id: String!) { \
    volumeInstanceBackupList(volumeInstanceId: $id) { id name createdAt expiresAt usedMB referencedMB } \
    volumeInstanceBackupScheduleList(volumeInstanceId: $id) { id name cron } }";

/// What an operation hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    Volume(String),
    Environment(String),
    /// A service, in one environment or in all.
    Service(String, Option<String>),
    Project(String),
}

/// An environment or a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) name: String,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) environments: Vec<Named>,
    pub(super) services: Vec<Named>,
    stands: Vec<Stand>,
    /// Whether it has more volumes than were told.
    pub(super) more: bool,
}

/// A volume in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stand {
    instance: String,
    volume: Named,
    environment: String,
    service: Option<String>,
}

/// A volume in one environment, with what was found out about it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) volume: Named,
    pub(super) environment: Named,
    pub(super) service: Option<String>,
    pub(super) size: Result<Size, Trouble>,
    pub(super) backups: Result<Kept, Trouble>,
}

/// How much lies on a volume, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) bytes: u64,
    pub(super) room: u64,
    pub(super) state: String,
    pub(super) going: bool,
    pub(super) ephemeral: bool,
}

/// The backups of a volume, and when more are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) backups: Vec<Copied>,
    pub(super) schedules: Vec<String>,
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) name: Option<String>,
    pub(super) taken: Option<UnixMs>,
    pub(super) bytes: Option<u64>,
}

/// All that an operation hits.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) project: Project,
    pub(super) found: Vec<Found>,
    /// Volumes that were not asked about.
    pub(super) unasked: usize,
}

/// Finds what `aim` hits and asks about each volume in it.
pub(super) async fn hit(api: &Api, aim: &Aim) -> Result<Hit, Trouble> {
    let project = match aim {
        Aim::Volume(id) => project_of_volume(api, id).await?,
        Aim::Environment(id) => project_by(api, ENVIRONMENT, "environment", id).await?,
        Aim::Service(id, _) => project_by(api, SERVICE, "service", id).await?,
        Aim::Project(id) => project_by_id(api, id).await?,
    };
    let mut stands: Vec<&Stand> = project.stands.iter().filter(|stand| stand.is_hit_by(aim)).collect();
    let unasked = stands.len().saturating_sub(limits::VOLUMES);
    stands.truncate(limits::VOLUMES);
    let found = join_all(stands.into_iter().map(|stand| ask(api, &project, stand))).await;
    Ok(Hit { project, found, unasked })
}

impl Stand {
    fn is_hit_by(&self, aim: &Aim) -> bool {
        match aim {
            Aim::Volume(id) => self.volume.id == *id,
            Aim::Environment(id) => self.environment == *id,
            Aim::Service(id, only) => {
                self.service.as_ref() == Some(id)
                    && only.as_ref().is_none_or(|only| self.environment == *only)
            }
            Aim::Project(_) => true,
        }
    }
}

impl Project {
    fn of(json: &Value) -> Option<Self> {
        let mut stands = Vec::new();
        for volume in nodes(json, "volumes") {
            let Some(named) = named(volume) else { continue };
            for instance in nodes(volume, "volumeInstances") {
                let (Some(id), Some(environment)) = (text(instance, "id"), text(instance, "environmentId"))
                else {
                    continue;
                };
                let service = text(instance, "serviceId");
                stands.push(Stand { instance: id, volume: named.clone(), environment, service });
            }
        }
        Some(Self {
            id: text(json, "id")?,
            name: text(json, "name")?,
            environments: nodes(json, "environments").filter_map(named).collect(),
            services: nodes(json, "services").filter_map(named).collect(),
            stands,
            more: json.pointer("/volumes/pageInfo/hasNextPage").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    fn has_volume(&self, id: &str) -> bool {
        self.stands.iter().any(|stand| stand.volume.id == id)
    }
}

/// The project that a volume is in: of all that the token can see, whichever sort of token it is.
async fn project_of_volume(api: &Api, id: &str) -> Result<Project, Trouble> {
    let (mut trouble, mut seen, mut more) = (None, false, false);
    let mut after = Value::Null;
    for _ in 0..limits::PROJECT_PAGES {
        let page = match api.ask(PROJECTS, json!({ "after": after })).await {
            Ok(page) => page,
            Err(error @ (Trouble::Refused(_) | Trouble::NotFound(_) | Trouble::Said(_))) => {
                trouble = Some(error);
                break;
            }
            Err(other) => return Err(other),
        };
        seen = true;
        let projects: Vec<Project> = nodes(&page, "projects").filter_map(Project::of).collect();
        more |= projects.iter().any(|project| project.more);
        if let Some(project) = projects.into_iter().find(|project| project.has_volume(id)) {
            return Ok(project);
        }
        if page.pointer("/projects/pageInfo/hasNextPage") != Some(&Value::Bool(true)) {
            break;
        }
        after = page.pointer("/projects/pageInfo/endCursor").cloned().unwrap_or_default();
    }
    // A token of one project sees no list of them, and an account's list may be its own workspace's alone.
    let (of_token, workspaces) =
        join(api.ask(PROJECT_OF_TOKEN, json!({})), api.ask(WORKSPACES, json!({}))).await;
    let mut others: Vec<Project> = Vec::new();
    for answer in [of_token, workspaces] {
        let Ok(answer) = answer else { continue };
        seen = true;
        others.extend(answer.pointer("/projectToken/project").and_then(Project::of));
        let spaces = answer.pointer("/me/workspaces").and_then(Value::as_array);
        for space in spaces.into_iter().flatten() {
            others.extend(nodes(space, "projects").filter_map(Project::of));
        }
    }
    more |= others.iter().any(|project| project.more);
    if let Some(project) = others.into_iter().find(|project| project.has_volume(id)) {
        return Ok(project);
    }
    match trouble {
        Some(trouble) if !seen => Err(trouble),
        _ if more => Err(Trouble::Said("there are more volumes than can be listed at once.".to_owned())),
        _ => Err(Trouble::NotFound("volume of this id".to_owned())),
    }
}

async fn project_by(api: &Api, document: &'static str, what: &str, id: &str) -> Result<Project, Trouble> {
    let answer = api.ask(document, json!({ "id": id })).await?;
    let found = answer.get(what).and_then(|found| text(found, "projectId"));
    project_by_id(api, &found.ok_or_else(|| Trouble::NotFound(format!("{what} of this id")))?).await
}

async fn project_by_id(api: &Api, id: &str) -> Result<Project, Trouble> {
    let answer = api.ask(PROJECT, json!({ "id": id })).await?;
    let project = answer.get("project").and_then(Project::of);
    project.ok_or_else(|| Trouble::NotFound("project of this id".to_owned()))
}

async fn ask(api: &Api, project: &Project, stand: &Stand) -> Found {
    let document = if stand.service.is_some() { INSTANCE } else { INSTANCE_ALONE };
    let id = || json!({ "id": stand.instance });
    let (instance, backups) = join(api.ask(document, id()), api.ask(BACKUPS, id())).await;
    let known = |list: &[Named], id: &str| {
        list.iter().find(|one| one.id == id).map_or_else(|| id.to_owned(), |one| one.name.clone())
    };
    let mut environment =
        Named { id: stand.environment.clone(), name: known(&project.environments, &stand.environment) };
    let mut service = stand.service.as_ref().map(|id| known(&project.services, id));
    let size = instance.and_then(|answer| {
        let instance = answer.get("volumeInstance").ok_or(Trouble::Unreadable)?;
        if let Some(name) = instance.pointer("/environment/name").and_then(Value::as_str) {
            name.clone_into(&mut environment.name);
        }
        if let Some(name) = instance.pointer("/service/name").and_then(Value::as_str) {
            service = Some(name.to_owned());
        }
        let yes = |pointer: &str| instance.pointer(pointer).and_then(Value::as_bool).unwrap_or(false);
        Ok(Size {
            bytes: megabytes(instance.get("currentSizeMB")).ok_or(Trouble::Unreadable)?,
            room: megabytes(instance.get("sizeMB")).unwrap_or(0),
            state: text(instance, "state").unwrap_or_default(),
            going: yes("/isPendingDeletion"),
            ephemeral: yes("/environment/isEphemeral"),
        })
    });
    let backups = backups.and_then(|answer| kept(&answer).ok_or(Trouble::Unreadable));
    Found { volume: stand.volume.clone(), environment, service, size, backups }
}

fn kept(answer: &Value) -> Option<Kept> {
    let backups = answer.get("volumeInstanceBackupList")?.as_array()?;
    let schedules = answer.get("volumeInstanceBackupScheduleList").and_then(Value::as_array);
    let mut backups: Vec<Copied> = backups
        .iter()
        .map(|backup| Copied {
            name: text(backup, "name"),
            taken: backup.get("createdAt").and_then(Value::as_str).and_then(time),
            bytes: megabytes(backup.get("referencedMB")).or_else(|| megabytes(backup.get("usedMB"))),
        })
        .collect();
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.taken));
    let schedules = schedules.into_iter().flatten().filter_map(|one| text(one, "name")).collect();
    Some(Kept { backups, schedules })
}

/// `2026-04-24T03:00:00.000Z`.
fn time(text: &str) -> Option<UnixMs> {
    let since = humantime::parse_rfc3339(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixMs)
}

fn megabytes(json: Option<&Value>) -> Option<u64> {
    let bytes = json?.as_f64()? * 1e6;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is neither below 0 nor large"
    )]
    let whole = (0.0..1e18).contains(&bytes).then_some(bytes.round() as u64);
    whole
}

/// The nodes of a connection.
fn nodes<'a>(json: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let edges = json.get(name).and_then(|connection| connection.get("edges")).and_then(Value::as_array);
    edges.into_iter().flatten().filter_map(|edge| edge.get("node"))
}

fn named(json: &Value) -> Option<Named> {
    Some(Named { id: text(json, "id")?, name: text(json, "name")? })
}

fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
