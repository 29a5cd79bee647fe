//! What the facts say of the environment, after the ask, can only demand more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

#[path = "../../facts/tests/rig/mod.rs"]
mod rig;

use sayso_core::{By, Decision, Presence};
use support::room;

#[tokio::test]
async fn what_turns_out_to_be_production_takes_the_presence_of_production() {
    let server = rig::postgres::Postgres::start(&[]);
    for name in ["shop_production", "shop_dev"] {
        server.sql("postgres", &format!("CREATE DATABASE {name}"));
        server.sql(name, "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)");
    }
    let room = room().await;
    let asked =
        |name: &str| room.ask(&format!("psql {} -c 'DELETE FROM orders WHERE id = 1'", server.url(name)));
    let elsewhere = room.asking(asked("shop_dev"));
    let view = room.card().await;
    assert_eq!(view.card.presence, Presence::Click);
    room.decide(&room.claims(&view, Decision::Denied)).await.unwrap();
    elsewhere.await.unwrap().unwrap();
    let asking = room.asking(asked("shop_production"));
    let view = room.card().await;
    assert_eq!(view.card.presence, Presence::Typed);
    assert!(view.card.type_to_approve.is_some());
    let mut clicked = room.claims(&view, Decision::Approved);
    clicked.presence = Presence::Click;
    assert!(room.decide(&clicked).await.is_err());
    room.decide(&room.claims(&view, Decision::Approved)).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap().by, Some(By::Person));
}
