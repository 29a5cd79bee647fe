//! SQL: what statements would do, by their words alone.
#![allow(clippy::unwrap_used, clippy::panic)]

use sayso_core::reading::{TargetKind, Verb};
use sayso_core::{Action, Reading, Severity, strict};
use sayso_reading::read;
use serde_json::json;

use Severity::{Critical, High, None};

fn reading_in(statement: &str, dialect: Option<&str>) -> Reading {
    let mut action = json!({"kind":"sql","statement":statement});
    if let Some(dialect) = dialect {
        action["dialect"] = json!(dialect);
    }
    let action: Action = strict::parse(action.to_string().as_bytes()).unwrap();
    read(&action)
}

fn reading(statement: &str) -> Reading {
    reading_in(statement, Option::None)
}

#[test]
fn the_sentence_says_what_happens_to_what() {
    for (statement, severity, sentence) in [
        ("DELETE FROM bookings", Critical, "Delete every row of bookings"),
        (
            "delete from `shop`.`bookings` where 1",
            Critical,
            "Delete every row of shop.bookings: 1 leaves nothing out",
        ),
        ("DELETE FROM bookings WHERE id = 5", High, "Delete the rows of bookings where “id = 5”"),
        ("DELETE a FROM a JOIN b ON a.id = b.id", High, "Delete rows of a"),
        ("UPDATE accounts SET balance = 0", Critical, "Change every row of accounts"),
        (
            "UPDATE accounts SET balance = 0 WHERE id = 3 RETURNING *",
            High,
            "Change the rows of accounts where “id = 3”",
        ),
        ("DROP TABLE users CASCADE", Critical, "Drop the table users and all that depends on it"),
        ("/**/ Drop table x", Critical, "Drop the table x"),
        ("DROP TABLE IF EXISTS a, b.c", Critical, "Drop the table a and drop the table b.c"),
        ("DROP DATABASE shop", Critical, "Drop the database shop"),
        ("DELETE FROM [dbo].[users]", Critical, "Delete every row of dbo.users"),
        ("TRUNCATE audit", Critical, "Delete every row of audit"),
        ("ALTER TABLE t DROP COLUMN c", High, "Drop the column c of t"),
        ("GRANT SELECT ON t TO PUBLIC", High, "Grant SELECT on t to PUBLIC"),
        ("select 1", None, "Only read"),
        ("KILL 5", High, "End sessions or queries of the database"),
        ("SHUTDOWN", Critical, "Shut down the server of the database"),
        ("FROB the thing", High, "Run a statement that begins with FROB, and more that was not read"),
    ] {
        let read = reading(statement);
        assert_eq!((read.severity, read.sentence.as_str()), (severity, sentence), "{statement}");
    }
}
