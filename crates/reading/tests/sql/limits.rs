//! Any text at all.

use proptest::prelude::*;
use sayso_core::Severity::Critical;

use super::{reading, reading_in};

#[test]
fn texts_beyond_every_limit_are_read_in_time() {
    let long = 300_000;
    let mut cases: Vec<String> = [
        "(",
        "f(",
        "SELECT ",
        "EXPLAIN ANALYZE ",
        "BEGIN ",
        "/*",
        "'\\",
        "$a$",
        "[",
        "{",
        "NOT ",
        "PREPARE x AS ",
        "(DELETE FROM a WHERE ",
        "CASE WHEN ",
        "@a='x'+",
        "a.",
        "-",
        "EXEC(",
        "DROP TABLE a,",
        "CREATE TRIGGER x BEGIN ",
        "a=b||",
        "IF ",
        "WITH x AS (",
    ]
    .iter()
    .flat_map(|piece| {
        [200_000, long].map(|size| format!("DELETE FROM t WHERE {}", piece.repeat(size / piece.len())))
    })
    .collect();
    cases.extend((0..200).map(|n| format!("$a{n}$ ")).collect::<Vec<_>>().chunks(50).map(<[String]>::concat));
    cases.push(format!("SELECT 1{}", "+1".repeat(100_000)));
    cases.push(format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000)));
    cases.push("DROP TABLE a;".repeat(20_000));
    for case in cases {
        let _ = reading(&case);
    }
    assert_eq!(reading(&format!("SELECT '{}'; DROP TABLE x", "x".repeat(300_000))).severity, Critical);
}

fn piece() -> impl Strategy<Value = String> {
    let words = [
        "SELECT",
        "DROP",
        "TABLE",
        "DELETE",
        "FROM",
        "WHERE",
        "UPDATE",
        "SET",
        "(",
        ")",
        ";",
        "'",
        "\"",
        "`",
        "/*",
        "*/",
        "--",
        "\n",
        "$$",
        "$a$",
        "\\",
        "#",
        "[",
        "]",
        "{",
        "}",
        "BEGIN",
        "END",
        "CASE",
        "IF",
        "EXEC",
        "EXECUTE",
        "DO",
        "AS",
        "CREATE",
        "TRIGGER",
        "FUNCTION",
        "GRANT",
        "TO",
        "ON",
        "ALTER",
        ",",
        ".",
        "=",
        "||",
        "+",
        "x",
        "1",
        "0x41",
        "@a",
        ":b",
        "?",
        "COPY",
        "PROGRAM",
        "WITH",
        "EXPLAIN",
        "ANALYZE",
        "PREPARE",
        "NOT",
        "OR",
        "AND",
        "IN",
        "LIKE",
        "'%'",
        "IS",
        "NULL",
        "INTO",
        "INSERT",
        "VALUES",
        "EXISTS",
        "GO",
        "DELIMITER",
        "//",
        "é",
        "\u{0}",
        "/*!",
        "!",
        "<>",
        "<=",
        "FORMAT",
        "CONCAT",
        "CHAR",
        "BETWEEN",
        "MERGE",
        "USING",
        "LANGUAGE",
        "c",
        "PRAGMA",
        "RETURNING",
        "LIMIT",
    ];
    prop_oneof![
        9 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: Option::None, ..ProptestConfig::default() })]

    #[test]
    fn any_mixture_of_words_and_signs_is_read(pieces in prop::collection::vec(piece(), 0..60), glue in "[ ]?") {
        let text = pieces.join(&glue);
        for dialect in [Option::None, Some("postgres"), Some("mysql"), Some("sqlite"), Some("mssql")] {
            let _ = reading_in(&text, dialect);
        }
    }

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        let _ = reading(&text);
    }

    #[test]
    fn a_drop_is_found_however_it_is_spaced_and_cased(
        gap in "([ \t\n]|/\\*[a-z ]*\\*/|--[a-z]*\n){1,4}",
        upper in prop::collection::vec(any::<bool>(), 9),
        before in prop::sample::select(vec!["", ";", "SELECT 1;", "/* x */", "BEGIN;", "-- x\n", "SELECT 'a';"]),
    ) {
        let cased: String = "droptable".chars().zip(upper).map(|(c, up)| if up { c.to_ascii_uppercase() } else { c }).collect();
        let (drop, table) = cased.split_at(4);
        let text = format!("{before}{drop}{gap}{table}{gap}users");
        prop_assert_eq!(reading(&text).severity, Critical, "{}", text);
    }
}
