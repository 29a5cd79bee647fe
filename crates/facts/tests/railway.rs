//! Railway, asked by a stand-in that speaks its documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "rig/railway.rs"]
mod stand_in;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use sayso_core::UnixMs;
use sayso_core::action::{AbsolutePath, Action, Command, Http, Shell};
use sayso_core::backup::{BackupPlace, BackupPlaces};
use sayso_core::card::{Change, LineMark};
use sayso_core::environment::Environments;
use sayso_core::fact::{Known, Tone};
use sayso_facts::{Around, Credentials, Gathered, Question, gather};
use stand_in::{Manner, PROJECT, Railway, TOKEN, VOLUME};
use zeroize::Zeroizing;

/// 24 April 2026, a quarter past nine in the morning.
const NOW: UnixMs = UnixMs(1_777_022_100_000);

fn http(url: &str, token: &str, document: &str) -> Action {
    Action::Http(Http {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Authorization".to_owned(), format!("Bearer {token}")),
        ],
        body: Some(serde_json::json!({ "query": document }).to_string()),
    })
}

fn delete_volume(id: &str) -> String {
    format!("mutation {{ volumeDelete(volumeId: \"{id}\") }}")
}

/// Reads the action and asks.
async fn asked(action: &Action, around: &Around) -> Gathered {
    let home = tempfile::tempdir().unwrap();
    let reading = sayso_reading::read(action);
    let claims = BTreeMap::from([("environment".to_owned(), "staging".to_owned())]);
    let environments = Environments::default();
    let question = Question {
        action,
        reading: &reading,
        claims: &claims,
        environments: &environments,
        home: home.path(),
        now: NOW,
        around,
    };
    gather(&question).await
}

/// What the stand-in says to one mutation with the right token. No mutation ever reaches it.
async fn told(manner: Manner, document: &str) -> (Railway, Gathered) {
    let railway = Railway::start(manner).unwrap();
    let gathered = asked(&http(&railway.url(), TOKEN, document), &Around::default()).await;
    assert!(
        railway.documents().iter().all(|document| document.starts_with("query ")),
        "{:?}",
        railway.documents()
    );
    assert!(railway.volume_is_there());
    (railway, gathered)
}

fn rows(gathered: &Gathered) -> Vec<(bool, String, String, String)> {
    let Some(Change::Outline(outline)) = gathered.changes.first() else { panic!("{:?}", gathered.changes) };
    let rows = outline.rows.iter();
    rows.map(|row| (row.mark == LineMark::Removed, row.name.clone(), row.size.clone(), row.note.clone()))
        .collect()
}

#[tokio::test]
async fn of_a_bare_volume_id_the_card_says_production_all_of_its_data_and_that_every_backup_goes_with_it() {
    let (railway, gathered) = told(Manner::Plain, &delete_volume(VOLUME)).await;
    let facts = &gathered.facts;
    let place = railway.url().replace("http://", "").replace("/graphql/v2", "");
    assert_eq!(
        (facts.environment.headline.as_str(), facts.environment.known),
        ("production", Known::Checked)
    );
    assert_eq!(facts.environment.source, format!("Railway API at {place}"));
    assert_eq!(facts.environment.detail, "The agent said: “staging”.");
    assert_eq!(facts.environment_name.as_deref(), Some("production"));
    assert_eq!((facts.data.headline.as_str(), facts.data.known), ("41.3 GB", Known::Checked));
    assert_eq!(facts.data.detail, "On the volume postgres-data of the service api, ready, room for 50.0 GB.");
    assert_eq!(facts.data.source, format!("Railway API at {place}, with the action's own token"));
    assert_eq!((facts.backups.headline.as_str(), facts.backups.tone), ("Destroyed with it", Tone::Bad));
    assert_eq!(facts.backups.detail, "All 6 go with it: they are stored on this volume.");
    assert_eq!(gathered.names, BTreeMap::from([(VOLUME.to_owned(), "postgres-data".to_owned())]));
    let row = |gone: bool, name: &str, size: &str, note: &str| {
        (gone, name.to_owned(), size.to_owned(), note.to_owned())
    };
    assert_eq!(
        rows(&gathered),
        [
            row(false, "project pocketos", "", ""),
            row(false, "environment production", "", ""),
            row(true, "volume postgres-data", "41.3 GB", VOLUME),
            row(true, "backup 24 Apr 2026 03:00 UTC", "41.2 GB", "on this volume"),
            row(true, "backup 23 Apr 2026 03:00 UTC", "41.1 GB", "on this volume"),
            row(true, "4 more backups", "", "on this volume"),
            row(true, "backups that would be made daily", "", ""),
            row(false, "service api", "", "loses its volume, restarts empty"),
            row(false, "environment staging", "", "unchanged"),
        ]
    );
}

#[tokio::test]
async fn a_dump_in_a_folder_that_the_person_named_is_the_newest_survivor() {
    let railway = Railway::start(Manner::Plain).unwrap();
    let dumps = tempfile::tempdir().unwrap();
    dump(dumps.path());
    for name in ["volume postgres-data", "postgres-data", VOLUME] {
        let place = BackupPlace {
            name: "pocketos".to_owned(),
            of: vec![name.to_owned()],
            dumps: Some(dumps.path().to_str().unwrap().to_owned()),
            ..BackupPlace::default()
        };
        let around = Around { places: BackupPlaces { rows: vec![place] }, ..Around::default() };
        let backups =
            asked(&http(&railway.url(), TOKEN, &delete_volume(VOLUME)), &around).await.facts.backups;
        assert!(backups.headline.starts_with("Newest survivor is 3 months old, at "), "{name}: {backups:?}");
        assert!(
            backups.detail.starts_with("6 of them go with it: they are stored on this volume."),
            "{backups:?}"
        );
        assert_eq!((backups.known, backups.tone), (Known::Checked, Tone::Bad));
    }
}

/// A dump from 24 January.
fn dump(folder: &Path) {
    let file = folder.join("pocketos-2026-01-24.sql.gz");
    fs::write(&file, "a dump").unwrap();
    let taken = UNIX_EPOCH + Duration::from_hours(24 * 20_477);
    fs::File::options().write(true).open(&file).unwrap().set_modified(taken).unwrap();
}

#[tokio::test]
async fn the_same_request_by_curl_is_asked_about_as_well() {
    let railway = Railway::start(Manner::Plain).unwrap();
    let argv = [
        "curl",
        "-sS",
        "-X",
        "POST",
        &railway.url(),
        "-H",
        &format!("Authorization: Bearer {TOKEN}"),
        "-H",
        "Content-Type: application/json",
        "-d",
        &serde_json::json!({ "query": delete_volume(VOLUME) }).to_string(),
    ];
    let command = Command::Argv(argv.map(str::to_owned).to_vec());
    let cwd = AbsolutePath::try_from("/".to_owned()).unwrap();
    let gathered = asked(&Action::Shell(Shell { command, cwd, env: Vec::new() }), &Around::default()).await;
    assert_eq!(gathered.facts.environment.headline, "production");
    assert_eq!(gathered.facts.data.headline, "41.3 GB");
    assert_eq!(gathered.facts.backups.headline, "Destroyed with it");
}

#[tokio::test]
async fn a_project_an_environment_and_a_service_are_told_by_the_volumes_in_them() {
    let delete = |what: &str, id: &str| format!("mutation {{ {what}(id: \"{id}\") }}");
    let (_, project) = told(Manner::Plain, &delete("projectDelete", PROJECT)).await;
    assert_eq!(project.facts.environment.headline, "production");
    assert_eq!(project.facts.data.headline, "41.5 GB");
    assert_eq!(
        project.facts.data.detail,
        "On 2 volumes: postgres-data in production and postgres-staging in staging."
    );
    assert_eq!(project.names.get(PROJECT).map(String::as_str), Some("pocketos"));
    assert!(rows(&project).iter().all(|(gone, ..)| *gone), "{:?}", rows(&project));

    let (_, environment) = told(Manner::Plain, &delete("environmentDelete", "env-staging")).await;
    assert_eq!(environment.facts.data.headline, "210.0 MB");
    assert_eq!(environment.facts.backups.headline, "None found");
    // What a server on this machine says of itself makes nothing milder.
    assert_eq!(environment.facts.environment.known, Known::Claimed);
    assert_eq!(environment.facts.environment_name, None);

    let (_, service) = told(Manner::Plain, &delete("serviceDelete", "svc-api")).await;
    assert_eq!(service.facts.data.headline, "41.5 GB");
    let only = "mutation { serviceDelete(id: \"svc-api\", environmentId: \"env-staging\") }";
    assert_eq!(told(Manner::Plain, only).await.1.facts.data.headline, "210.0 MB");
}

#[tokio::test]
async fn a_deletion_with_two_days_of_grace_is_told_from_one_without() {
    let said = async |what: &str| {
        told(Manner::Plain, &format!("mutation {{ {what}(id: \"{PROJECT}\") }}")).await.1.facts.data.detail
    };
    let grace = said("projectScheduleDelete").await;
    assert!(
        grace.ends_with("Railway deletes it after 48 hours; until then it can be taken back."),
        "{grace}"
    );
    let forced = said("projectScheduleDeleteForce").await;
    assert!(forced.ends_with("It goes at once: the 48 hours of grace do not count."), "{forced}");
}

#[tokio::test]
async fn a_token_that_is_refused_says_why_and_what_to_do() {
    let railway = Railway::start(Manner::Plain).unwrap();
    let facts = asked(&http(&railway.url(), "wrong", &delete_volume(VOLUME)), &Around::default()).await.facts;
    for fact in [&facts.data, &facts.backups] {
        assert_eq!(fact.known, Known::Failed);
        assert!(fact.detail.contains("Railway refused the action's own token."), "{fact:?}");
        assert!(fact.detail.contains("`sayso credential add railway`"), "{fact:?}");
        assert!(!format!("{fact:?}").contains("wrong"));
    }
}

#[tokio::test]
async fn a_volume_that_the_token_does_not_see_is_not_called_empty() {
    let (_, gathered) = told(Manner::Plain, &delete_volume("another")).await;
    assert_eq!((gathered.facts.data.known, gathered.facts.backups.known), (Known::Failed, Known::Failed));
    assert!(gathered.facts.data.detail.contains("Railway knows no volume of this id"), "{gathered:?}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_failed_fact_within_the_limit() {
    let document = delete_volume(VOLUME);
    let asking = told(Manner::Silent, &document);
    let (_, gathered) = tokio::time::timeout(sayso_facts::limits::ALL, asking).await.unwrap();
    assert!(gathered.facts.settled());
    assert_eq!(gathered.facts.data.known, Known::Failed);
    assert!(gathered.facts.data.detail.contains("Railway did not answer in time."), "{gathered:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let (_, gathered) = told(Manner::Endless, &delete_volume(VOLUME)).await;
    assert_eq!(gathered.facts.data.known, Known::Failed);
    assert!(gathered.facts.data.detail.contains("longer than"), "{gathered:?}");
}

#[tokio::test]
async fn backups_that_cannot_be_listed_are_not_called_absent() {
    let (_, gathered) = told(Manner::NoBackups, &delete_volume(VOLUME)).await;
    assert_eq!(gathered.facts.data.headline, "41.3 GB");
    assert_eq!(gathered.facts.backups.headline, "Could not be checked");
    assert!(gathered.facts.backups.detail.contains("postgres-data were not listed"), "{gathered:?}");
}

/// Notes what it is asked for.
#[derive(Debug, Default)]
struct Noted(Mutex<Vec<String>>);

impl Credentials for Noted {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, String> {
        self.0.lock().unwrap().push(name.to_owned());
        Ok(Some(Zeroizing::new("the person's".to_owned())))
    }
}

#[tokio::test]
async fn the_persons_credential_goes_to_no_host_but_railways_own() {
    let railway = Railway::start(Manner::Plain).unwrap();
    let noted = Arc::new(Noted::default());
    let around = Around { credentials: noted.clone(), ..Around::default() };
    let gathered = asked(&http(&railway.url(), TOKEN, &delete_volume(VOLUME)), &around).await;
    assert_eq!(gathered.facts.data.headline, "41.3 GB");
    assert!(noted.0.lock().unwrap().is_empty());
    // A host that is neither Railway's nor this machine is not asked at all, whatever it is called.
    let port = railway.url().replace("127.0.0.1", "backboard.railway.com.localhost");
    let documents = railway.documents().len();
    asked(&http(&port, TOKEN, &delete_volume(VOLUME)), &around).await;
    assert_eq!(railway.documents().len(), documents);
    assert!(noted.0.lock().unwrap().is_empty());
}
