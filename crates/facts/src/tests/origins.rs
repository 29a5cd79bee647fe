//! Where a token or password that an action carries stands.

use std::os::unix::fs::symlink;
use std::process::Command;

use sayso_core::action::Action;
use zeroize::Zeroizing;

use super::ground::Ground;
use crate::limits;

const TOKEN: &str = "5f1c2ab4-9d7e-4c31-8a06-b2e4d7f90c13";

fn curl(ground: &Ground, cwd: &str) -> Action {
    ground.script(cwd, &format!("curl -H 'Authorization: Bearer {TOKEN}' https://api.example/"))
}

/// The environment's detail, as far as it is about the token.
async fn said(ground: &Ground, cwd: &str) -> String {
    let gathered = ground.ask(&curl(ground, cwd), &[]).await;
    let text = format!("{gathered:?}");
    assert!(!text.contains(TOKEN), "the token itself is told: {text}");
    let detail = gathered.facts.environment.detail;
    detail.find("Its ").map(|at| detail[at..].to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_token_from_another_projects_file_is_told_by_its_place_and_never_by_itself() {
    let ground = Ground::new();
    ground.repository("code/pocketos");
    ground.write("code/domains/.env", format!("RAILWAY_TOKEN={TOKEN}\n"));
    assert_eq!(
        said(&ground, "code/pocketos").await,
        "Its token stands in ~/code/domains/.env, outside the folder of the task."
    );
}

#[tokio::test]
async fn the_nearest_place_is_told() {
    let ground = Ground::new();
    ground.repository("code/mono");
    ground.write("code/mono/staging/app.js", "");
    ground.write("code/other/deploy/prod.env", TOKEN);
    ground.write(".railway/config.json", format!("{{\"token\":\"{TOKEN}\"}}"));
    let kept = "Its token stands in ~/.railway/config.json, outside the folder of the task.";
    assert_eq!(said(&ground, "code/mono/staging").await, kept);
    ground.write("code/mono/infra/notes.rs", TOKEN);
    assert_eq!(
        said(&ground, "code/mono/staging").await,
        "Its token stands in ~/code/mono/infra/notes.rs: this repository, but outside the folder of the task."
    );
    ground.write("code/mono/staging/deep/down/config.rb", TOKEN);
    assert_eq!(
        said(&ground, "code/mono/staging").await,
        "Its token stands in ~/code/mono/staging/deep/down/config.rb."
    );
}

#[tokio::test]
async fn a_variable_of_the_agents_own_is_told_by_its_name() {
    let mut ground = Ground::new();
    ground.repository("code/p");
    ground.write("code/p/.env", TOKEN);
    ground.around.variables.insert("RAILWAY_TOKEN".to_owned(), Zeroizing::new(TOKEN.to_owned()));
    assert_eq!(said(&ground, "code/p").await, "Its token is the agent's own variable RAILWAY_TOKEN.");
}

#[tokio::test]
async fn what_is_found_nowhere_is_not_spoken_of() {
    let ground = Ground::new();
    ground.repository("code/p");
    ground.write("code/p/.env", "OTHER=1");
    ground.write("code/p/node_modules/x/.env", TOKEN);
    ground.write("code/p/large.json", [TOKEN.as_bytes(), &vec![b' '; 300 * 1024]].concat());
    ground.write("code/beside/photo.png", TOKEN);
    ground.write("code/a/b/c/d/e/.env", TOKEN);
    assert_eq!(said(&ground, "code/p").await, "");
}

#[tokio::test]
async fn no_link_is_followed_and_no_pipe_is_waited_for() {
    let ground = Ground::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join(".env"), TOKEN).unwrap();
    ground.repository("code/p");
    symlink(outside.path(), ground.path("code/p/linked")).unwrap();
    symlink(outside.path().join(".env"), ground.path("code/p/.env")).unwrap();
    symlink(outside.path(), ground.path(".railway")).unwrap();
    assert!(Command::new("mkfifo").arg(ground.path("code/p/pipe")).status().unwrap().success());
    assert_eq!(said(&ground, "code/p").await, "");
}

#[tokio::test]
async fn a_short_password_is_not_looked_for_and_a_longer_one_is_called_so() {
    let ground = Ground::new();
    ground.repository("code/p");
    ground.write("code/p/.env", "PGPASSWORD=postgres\nOTHER=correct-horse\n");
    let with = |password: &str| ground.script("code/p", &format!("PGPASSWORD={password} psql -c 'select 1'"));
    let short = ground.ask(&with("postgres"), &[]).await;
    assert!("postgres".len() < limits::SECRET && !short.facts.environment.detail.contains("Its "));
    let longer = ground.ask(&with("correct-horse"), &[]).await;
    assert!(
        longer.facts.environment.detail.ends_with("Its password stands in ~/code/p/.env."),
        "{}",
        longer.facts.environment.detail
    );
}

#[tokio::test]
async fn what_the_agent_writes_of_another_environment_stands_beside_the_real_one() {
    let mut ground = Ground::new();
    ground.environment("production", &["~/p"], &[], &[]);
    ground.write("p/a", "");
    ground.claims.insert("description".to_owned(), "Delete the unused staging volume".to_owned());
    ground.claims.insert("tool_use_id".to_owned(), "dev-7".to_owned());
    let gathered = ground.ask(&ground.shell("p"), &[]).await;
    assert_eq!(gathered.facts.environment.detail, "The agent spoke of “staging”. By the folder ~/p.");
}
