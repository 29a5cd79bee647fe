//! The sisters of the nine seconds: a table, a folder, a history and a bucket, each real, each deleted in the belief that
//! it is staging's. Each is shown for what it is, and each is still there when nobody says yes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

/// The real servers that the collectors' own tests use too.
#[path = "../../crates/facts/tests/rig/mod.rs"]
mod servers;

use std::fs;
use std::path::{Path, PathBuf};

use sayso_tests::{Asking, Desktop, Driver, claude_code, git, said_no, shop};
use servers::moto::{Moto, REGION};
use servers::postgres::{PASSWORD, Postgres};

/// A project of one commit in the home folder, on a branch that speaks of staging, with this configuration.
fn project(desktop: &Desktop, name: &str, config: &str) -> PathBuf {
    let folder = desktop.rig_folder().join("home/code").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("login.js"), "export const login = () => fetch('/session');\n").unwrap();
    git(&folder, &["init", "--quiet", "--initial-branch", "fix/staging-login"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "Login"]);
    fs::write(desktop.home().join("sayso.toml"), config).unwrap();
    folder
}

fn stdout_of(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_table_of_a_real_postgresql_is_dropped_by_nobody() {
    let desktop = Desktop::start();
    let server = Postgres::shared();
    server.sql("postgres", "CREATE DATABASE story");
    server.sql(
        "story",
        "CREATE TABLE customers (id int PRIMARY KEY, name text);
         CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers);
         INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 1204) n;
         INSERT INTO orders SELECT n, n FROM generate_series(1, 1204) n;
         ANALYZE;",
    );
    let folder = project(&desktop, "bookings", "[environments.production]\nhosts = [\"127.0.0.1\"]\n");
    let url = server.url("story");
    fs::write(folder.join(".env"), format!("DATABASE_URL={url}\n")).unwrap();
    let window = Driver::start(&desktop).await;
    let command =
        ["run", "--claim", "environment=staging", "--", "psql", &url, "-c", "DROP TABLE customers CASCADE"];
    let mut asking = Asking::start(&desktop, &folder, &command);
    window.wait_for_text("card-title", "customers").await;
    window.wait_for_text("fact-environment", "production").await;
    window.wait_for_text("fact-environment", "The agent said: “staging”").await;
    window.wait_for_text("fact-data", "1,204").await;
    window.wait_for_text("fact-backups", "None found").await;
    window.picture("drop-table.png").await;
    assert!(asking.is_blocked());
    window.click("deny").await;
    assert_eq!(asking.end().status.code(), Some(126));
    assert_eq!(server.sql("story", "SELECT count(*) FROM customers"), "1204");
    let row = said_no(&desktop, "person");
    assert_eq!(row["environment"], "production", "{row}");
    assert!(!row.to_string().contains(PASSWORD), "{row}");
}

#[tokio::test]
async fn a_folder_that_only_this_disk_has_is_removed_by_nobody() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let config = desktop.home().join("sayso.toml");
    let strict = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{strict}[limits]\nwait = \"20s\"\n")).unwrap();
    let window = Driver::start(&desktop).await;
    let call = claude_code(&shop, "rm -rf uploads", "Remove the staging uploads");
    let asking = Asking::hook(&desktop, &shop, "claude-code", &call);
    window.wait_for_text("card-title", "uploads").await;
    window.wait_for_text("fact-environment", "production").await;
    window.wait_for_text("fact-environment", "The agent spoke of “staging”").await;
    window.wait_for_text("fact-data", "24 files").await;
    window.wait_for_text("fact-backups", "None found").await;
    window.wait_for_text("outline-row", "uploads").await;
    window.picture("remove-folder.png").await;
    let (_, answer) = asking.end_json();
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny", "{answer}");
    assert_eq!(fs::read_dir(shop.join("uploads")).unwrap().count(), 24);
    assert_eq!(said_no(&desktop, "timeout")["environment"], "production");
}

#[tokio::test]
async fn the_history_of_a_real_remote_is_overwritten_by_nobody() {
    let desktop = Desktop::start();
    let config = "[environments.production]\nremotes = [\"*/deploys.git\"]\n";
    let folder = project(&desktop, "deploys", config);
    let remote = desktop.folder("remotes").join("deploys.git");
    let place = remote.to_str().unwrap();
    git(&folder, &["init", "--quiet", "--bare", "--initial-branch", "main", place]);
    git(&folder, &["remote", "add", "origin", place]);
    for number in 1..=3 {
        fs::write(folder.join("release.txt"), format!("release {number}\n")).unwrap();
        git(&folder, &["add", "."]);
        git(&folder, &["commit", "--quiet", "-m", &format!("Release {number}")]);
    }
    git(&folder, &["push", "--quiet", "origin", "HEAD:main"]);
    git(&folder, &["reset", "--quiet", "--hard", "HEAD~3"]);
    let before = stdout_of(&remote, &["rev-parse", "main"]);
    let window = Driver::start(&desktop).await;
    let command =
        ["run", "--claim", "environment=staging", "--", "git", "push", "--force", "origin", "HEAD:main"];
    let asking = Asking::start(&desktop, &folder, &command);
    window.wait_for_text("card-title", "main").await;
    window.wait_for_text("fact-environment", "production").await;
    window.wait_for_text("fact-environment", "The agent said: “staging”").await;
    window.wait_for_text("fact-data", "3 commits").await;
    window.picture("force-push.png").await;
    window.click("deny").await;
    assert_eq!(asking.end().status.code(), Some(126));
    assert_eq!(stdout_of(&remote, &["rev-parse", "main"]), before);
    assert_eq!(said_no(&desktop, "person")["environment"], "production");
}

#[tokio::test]
async fn a_bucket_of_a_stand_in_of_aws_is_emptied_by_nobody() {
    let desktop = Desktop::start();
    let server = Moto::shared();
    server.python(&format!(
        "s3 = client('s3')\n\
         s3.create_bucket(Bucket='story', CreateBucketConfiguration={{'LocationConstraint': '{REGION}'}})\n\
         s3.put_bucket_tagging(Bucket='story', Tagging={{'TagSet': [{{'Key': 'Environment', 'Value': 'production'}}]}})\n\
         [s3.put_object(Bucket='story', Key='2026/%03d' % n, Body=b'0123456789') for n in range(40)]"
    ));
    let before = server.everything();
    let folder = project(&desktop, "uploads", "");
    let window = Driver::start(&desktop).await;
    let keys = ["AWS_ACCESS_KEY_ID=maker", "AWS_SECRET_ACCESS_KEY=maker"];
    let command = ["run", "--claim", "environment=staging", "--", "env", keys[0], keys[1], "aws"];
    let url = server.url();
    let aws = ["--endpoint-url", &url, "--region", REGION, "s3", "rb", "--force", "s3://story"];
    let asking = Asking::start(&desktop, &folder, &[&command[..], &aws[..]].concat());
    window.wait_for_text("card-title", "story").await;
    window.wait_for_text("fact-environment", "production").await;
    window.wait_for_text("fact-environment", "The agent said: “staging”").await;
    window.wait_for_text("fact-data", "40 objects").await;
    window.wait_for_text("fact-backups", "None found").await;
    window.picture("remove-bucket.png").await;
    window.click("deny").await;
    assert_eq!(asking.end().status.code(), Some(126));
    assert_eq!(server.everything(), before);
    said_no(&desktop, "person");
}
