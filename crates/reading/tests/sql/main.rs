//! SQL: what statements would do, by their words alone.
#![allow(clippy::unwrap_used, clippy::panic)]

mod inside;
mod limits;
mod statements;

use sayso_core::{Action, Reading, Severity};
use sayso_reading::read;
use serde_json::json;

use Severity::{High, Low};

fn reading_in(statement: &str, dialect: Option<&str>) -> Reading {
    let mut action = json!({"kind":"sql","statement":statement});
    if let Some(dialect) = dialect {
        action["dialect"] = json!(dialect);
    }
    let action: Action = serde_json::from_value(action).unwrap();
    read(&action)
}

fn reading(statement: &str) -> Reading {
    reading_in(statement, Option::None)
}

fn all_are(severity: Severity, statements: &[&str]) {
    for statement in statements {
        let read = reading(statement);
        assert_eq!(read.severity, severity, "{statement}: {}", read.sentence);
    }
}

fn all_ask(statements: &[&str]) {
    for statement in statements {
        let read = reading(statement);
        assert!(read.severity >= High, "{statement}: {:?} {}", read.severity, read.sentence);
    }
}

fn none_asks(statements: &[&str]) {
    for statement in statements {
        let read = reading(statement);
        assert!(read.severity <= Low, "{statement}: {:?} {}", read.severity, read.sentence);
    }
}
