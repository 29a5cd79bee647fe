//! What facts are given to ask a provider with.
#![allow(clippy::unwrap_used, clippy::panic)]

use sayso_core::action::{AbsolutePath, Command, Http, Shell};
use sayso_core::reading::System;
use sayso_core::{Action, Reading};
use serde_json::json;

const RAILWAY: &str = "https://backboard.railway.com/graphql/v2";

fn send(url: &str) -> Reading {
    sayso_reading::read(&Action::Http(Http {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: vec![("Authorization".to_owned(), "Bearer s3cr3t".to_owned())],
        body: Some(json!({"query": "mutation { volumeDelete(volumeId: \"vol-7\") }"}).to_string()),
    }))
}

#[test]
fn who_asks_the_provider_learns_where_and_what_and_the_token_stays_out_of_sight() {
    let read = send(RAILWAY);
    let [reach] = read.reaches.as_slice() else { panic!("{:?}", read.reaches) };
    assert_eq!(reach.address.as_str(), RAILWAY);
    let setting = |name: &str| reach.settings.get(name).map(|value| value.to_string());
    assert_eq!(setting("operation").as_deref(), Some("volumeDelete"));
    assert_eq!(setting("provider").as_deref(), Some("railway"));
    assert_eq!(setting("volumeId").as_deref(), Some("vol-7"));
    assert_eq!(setting("authorization").as_deref(), Some("Bearer s3cr3t"));
    assert!(!format!("{:?}", read.reaches).contains("s3cr3t"));
    // A stand-in on one's own machine is read as the real one; the same path elsewhere is not Railway's.
    assert_eq!(send("http://127.0.0.1:4000/graphql/v2").reaches.len(), 1);
    assert!(send("https://example.org/graphql/v2").reaches.is_empty());
}

#[test]
fn a_call_of_aws_is_handed_on_whole_with_what_its_line_says_of_profile_region_and_endpoint() {
    let script = "export AWS_REGION=eu-central-1; AWS_PROFILE=shop AWS_ENDPOINT_URL=$WHERE \
                  aws --region us-east-1 s3 rb --force 's3://shop uploads'";
    let cwd = AbsolutePath::try_from("/".to_owned()).unwrap();
    let read = sayso_reading::read(&Action::Shell(Shell {
        command: Command::Script(script.to_owned()),
        cwd,
        env: Vec::new(),
    }));
    let [reach] = read.reaches.as_slice() else { panic!("{:?}", read.reaches) };
    assert_eq!(reach.system, System::Aws);
    let setting = |name: &str| reach.settings.get(name).map(|value| value.to_string());
    assert_eq!(setting("words").as_deref(), Some("--region\0us-east-1\0s3\0rb\0--force\0s3://shop uploads"));
    assert_eq!(setting("region").as_deref(), Some("us-east-1"));
    assert_eq!(setting("AWS_REGION").as_deref(), Some("eu-central-1"));
    assert_eq!(setting("AWS_PROFILE").as_deref(), Some("shop"));
    // Nobody knows what stands there; the asking program's own variable would be another.
    assert_eq!(setting("AWS_ENDPOINT_URL").as_deref(), Some("$AWS_ENDPOINT_URL"));
}
