//! Where an action would happen.

use std::os::unix::fs::symlink;

use sayso_core::fact::{Known, Tone};
use sayso_core::reading::{TargetKind, Verb};

use super::ground::{Ground, reading};
use crate::git::Git;
use crate::{environment_with, quick};

#[tokio::test]
async fn the_table_speaks_and_the_claim_stands_beside_it() {
    let mut ground = Ground::new();
    ground.repository("code/pocketos");
    ground.git("code/pocketos", "switch -q -c fix/staging-login");
    ground.environment("production", &["~/code/pocketos"], &[], &[]);
    ground.claims.insert("env".to_owned(), "staging".to_owned());
    let gathered = ground.ask(&ground.shell("code/pocketos/src"), &[]).await;
    let environment = &gathered.facts.environment;
    assert_eq!((environment.headline.as_str(), environment.tone), ("production", Tone::Bad));
    assert_eq!((environment.known, environment.source.as_str()), (Known::Checked, "sayso.toml"));
    assert_eq!(
        environment.detail,
        "The agent said: “staging”. The branch fix/staging-login says “staging”. By the folder ~/code/pocketos."
    );
    assert_eq!(gathered.facts.environment_name.as_deref(), Some("production"));
    assert_eq!(gathered.branch.as_deref(), Some("fix/staging-login"));
    assert_eq!(gathered.folder, "~/code/pocketos/src");
}

#[tokio::test]
async fn a_claim_under_any_key_counts_where_it_names_another_environment() {
    let mut ground = Ground::new();
    ground.environment("production", &["~/p"], &[], &[]);
    ground.environment("lab", &["~/lab"], &[], &[]);
    ground.claims.insert("where".to_owned(), "Lab".to_owned());
    ground.claims.insert("environment".to_owned(), "prod".to_owned());
    let gathered = ground.ask(&ground.shell("p"), &[]).await;
    assert_eq!(gathered.facts.environment.detail, "The agent said: “Lab”. By the folder ~/p.");
}

#[tokio::test]
async fn a_link_into_production_does_not_hide_it() {
    let mut ground = Ground::new();
    ground.write("prod-data/db", "x");
    ground.write("work/a", "x");
    symlink("../prod-data", ground.path("work/innocent")).unwrap();
    symlink("prod-data", ground.path("alias")).unwrap();
    ground.environment("staging", &["~/work"], &[], &[]);
    ground.environment("production", &["~/alias"], &[], &[]);
    for target in ["innocent/db", "innocent/*", "~/prod-data/db", "../work/./innocent"] {
        let gathered = ground.delete("work", &[target]).await;
        let environment = &gathered.facts.environment;
        assert_eq!(environment.headline, "production", "{target}: {environment:?}");
        assert!(environment.detail.contains("By the folder ~/work it is “staging”."), "{environment:?}");
    }
    assert_eq!(ground.delete("work", &["a"]).await.facts.environment.headline, "staging");
}

#[tokio::test]
async fn a_git_remote_names_the_environment_however_it_is_written() {
    let mut ground = Ground::new();
    ground.repository("p");
    ground.environment("production", &[], &["github.com/acme/infra"], &[]);
    ground.git("p", "config url.git@github.com:acme/.insteadOf a:");
    ground.git("p", "remote add origin a:infra.git");
    let gathered = ground.ask(&ground.shell("p"), &[]).await;
    assert_eq!(gathered.facts.environment.headline, "production");
    assert_eq!(gathered.facts.environment.detail, "By the git remote github.com/acme/infra.");
}

#[tokio::test]
async fn a_host_names_the_environment_without_asking_anybody() {
    let mut ground = Ground::new();
    ground.environment("production", &[], &[], &["*.acme.example"]);
    for text in [
        r#"{"kind":"http","method":"GET","url":"https://api.acme.example/x"}"#,
        r#"{"kind":"sql","statement":"x","connection":"postgres://u:p@db.acme.example/shop"}"#,
    ] {
        let action = sayso_core::strict::parse(text.as_bytes()).unwrap();
        let gathered = quick(&ground.question(&action, &reading(&[])));
        assert_eq!(gathered.facts.environment_name.as_deref(), Some("production"));
        assert!(!gathered.facts.environment.detail.contains("u:p"));
    }
    let gathered =
        ground.ask(&ground.shell("."), &[(Verb::Publish, TargetKind::Host, "db.acme.example")]).await;
    assert_eq!(gathered.facts.environment.headline, "production");
}

#[tokio::test]
async fn a_guess_says_so_and_helps_nobody_to_a_milder_rule() {
    let ground = Ground::new();
    ground.repository("shop-prod");
    let gathered = ground.ask(&ground.shell("shop-prod"), &[]).await;
    let environment = &gathered.facts.environment;
    assert_eq!((environment.headline.as_str(), environment.known), ("production", Known::Inferred));
    assert!(
        environment.detail.starts_with("Guessed from the name of the folder ~/shop-prod."),
        "{environment:?}"
    );
    assert_eq!(gathered.facts.environment_name.as_deref(), Some("production"));

    ground.repository("shop");
    ground.git("shop", "switch -q -c dev");
    let gathered = ground.ask(&ground.shell("shop"), &[]).await;
    let environment = &gathered.facts.environment;
    assert_eq!((environment.headline.as_str(), environment.known), ("development", Known::Inferred));
    assert_eq!(gathered.facts.environment_name, None);
}

#[tokio::test]
async fn what_nothing_names_is_not_known_whatever_the_agent_says() {
    let mut ground = Ground::new();
    ground.claims.insert("environment".to_owned(), "staging\u{202e}".to_owned());
    let gathered = ground.ask(&ground.shell("."), &[]).await;
    let environment = &gathered.facts.environment;
    assert_eq!(environment.known, Known::Unknown);
    assert!(environment.detail.starts_with("The agent said: “staging"), "{environment:?}");
    assert!(environment.detail.ends_with("No entry of [environments] in sayso.toml matches this folder."));
    assert!(!environment.detail.contains('\u{202e}'), "{environment:?}");
}

#[tokio::test]
async fn the_environment_can_be_asked_for_before_the_rest() {
    let mut ground = Ground::new();
    ground.write("p/a", "x");
    ground.environment("production", &["~/p"], &[], &[]);
    let (action, reading) = (ground.shell("p"), reading(&[(Verb::Delete, TargetKind::Path, "a")]));
    let early = environment_with(&ground.question(&action, &reading), &Git::here(&ground.home)).await;
    assert_eq!(early.facts.environment_name.as_deref(), Some("production"));
    assert_eq!((early.facts.data.known, early.facts.settled()), (Known::Pending, false));
    let first = quick(&ground.question(&action, &reading));
    assert_eq!((first.facts.environment.known, first.folder.as_str()), (Known::Pending, "~/p"));
}
