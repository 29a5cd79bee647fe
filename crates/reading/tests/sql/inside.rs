//! What stands in texts, comments and other statements, and what a reading says of it.

use sayso_core::reading::{TargetKind, Verb};
use sayso_core::{Action, Severity, strict};
use sayso_reading::read;
use serde_json::json;

use Severity::{Critical, High, Low, None};

use super::{all_are, all_ask, none_asks, reading, reading_in};

#[test]
fn words_in_texts_comments_and_names_are_only_words() {
    none_asks(&[
        "SELECT 'DROP TABLE users; DELETE FROM x'",
        "SELECT * FROM t -- ; DROP TABLE users",
        "SELECT 1 /* ; DROP TABLE users */",
        "SELECT \"delete\" FROM \"update\" WHERE \"truncate\" = 1",
        "SELECT `drop` FROM `delete`",
        "SELECT drop_date, delete_flag FROM updates",
        "select E'\\'; drop table users; --'",
        "SELECT $$ DROP TABLE users; $$",
        "SELECT $x$ DROP TABLE users; $$ $x$",
        "SELECT 'it''s'; SELECT 'DROP DATABASE x'",
        "INSERT INTO log VALUES ('TRUNCATE TABLE t')",
        "SELECT N'DROP TABLE x'",
        "SELECT concat('DROP', ' TABLE x')",
        "SELECT * FROM t WHERE note LIKE '%delete from%'",
        "SELECT u.delete, u.update FROM u",
        "SELECT 1 AS drop",
    ]);
}

#[test]
fn nothing_hides_in_comments_or_beside_a_text() {
    all_are(
        Critical,
        &[
            "DROP/*x*/TABLE/**/users",
            "/*!50000 DROP TABLE users */",
            "SELECT 1 /*!; DROP TABLE users */",
            "/*M! DROP TABLE users */",
            "/* /* */ DROP TABLE users; -- */",
            "SELECT 1; -- x\nDROP TABLE users",
            "SELECT 1; -- x\rDROP TABLE users",
            "SELECT 1 # it's\n; DROP TABLE users; -- '",
            "select 'a\\'; drop table users; --'",
            "SELECT '; DROP TABLE users",
            "SELECT \"; DROP TABLE users",
            "SELECT 1;;;DROP TABLE users",
            "SELECT (1; DROP TABLE users",
            "\u{feff}DROP TABLE users",
            "EXPLAIN SELECT 1; DROP TABLE users",
            "SELECT 1\nGO\nDROP TABLE users",
            "DELIMITER //\nDROP TABLE users//\nDELIMITER ;",
            "SELECT 1\\G DROP TABLE users",
        ],
    );
}

#[test]
fn what_stands_in_another_statement_counts() {
    all_are(
        Critical,
        &[
            "WITH d AS (DELETE FROM users RETURNING *) SELECT * FROM d",
            "WITH x AS (SELECT 1) DELETE FROM users",
            "WITH x AS (SELECT 1) UPDATE users SET a = 1",
            "EXPLAIN ANALYZE DELETE FROM users",
            "EXPLAIN (ANALYZE, BUFFERS) UPDATE users SET a = 1",
            "EXPLAIN (ANALYZE true, VERBOSE) DELETE FROM users",
            "ANALYZE DELETE FROM users",
            "IF EXISTS (SELECT 1) DROP TABLE x",
            "SELECT 1 DROP TABLE x",
            "DECLARE @a int SELECT @a = 1 DELETE FROM users",
            "DO $$ BEGIN IF true THEN DELETE FROM users; END IF; END $$",
            "DO LANGUAGE plpgsql 'BEGIN DROP TABLE x; END'",
            "PREPARE s AS DELETE FROM users; EXECUTE s",
            "BEGIN TRY DROP TABLE x END TRY BEGIN CATCH END CATCH",
            "COPY (DELETE FROM users RETURNING *) TO STDOUT",
            "INSERT INTO t WITH d AS (DELETE FROM users RETURNING *) SELECT * FROM d",
            "SELECT * FROM (DELETE FROM users RETURNING id) x",
            "CREATE TABLE t AS WITH d AS (DELETE FROM users RETURNING *) SELECT * FROM d",
        ],
    );
}

#[test]
fn texts_that_are_run_are_read() {
    all_are(
        Critical,
        &[
            "EXECUTE IMMEDIATE 'DROP TABLE users'",
            "EXEC('DROP ' + 'TABLE users')",
            "EXEC sp_executesql N'TRUNCATE TABLE users'",
            "EXEC sp_executesql @stmt = N'DELETE FROM users'",
            "EXEC sp_MSforeachtable 'DROP TABLE ?'",
            "SET @q = CONCAT('DROP ', 'TABLE users'); PREPARE s FROM @q; EXECUTE s",
            "SET @q = 'DROP TABLE users'; EXECUTE IMMEDIATE @q",
            "DECLARE @s varchar(99) = 0x44524f50205441424c4520757365727320; EXEC(@s)",
            "DECLARE @s nvarchar(max); SET @s = N'DROP'; SET @s = @s + N' TABLE users'; EXEC(@s)",
            "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'users'; END $$",
            "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'users'); END $$",
            "DO $$ DECLARE q text := 'DROP TABLE users'; BEGIN EXECUTE q; END $$",
            "DO $$ DECLARE r record; BEGIN FOR r IN SELECT tablename FROM pg_tables LOOP EXECUTE 'DROP TABLE IF EXISTS ' || quote_ident(r.tablename) || ' CASCADE'; END LOOP; END $$",
            "DO $$ BEGIN EXECUTE convert_from(decode('RFJPUCBUQUJMRSB1c2Vycw==', 'base64'), 'utf8'); END $$",
            "PREPARE s FROM 'DELETE FROM users'",
            "SELECT query_to_xml('DELETE FROM users', true, true, '')",
            "SELECT dblink_exec('host=x', 'DROP TABLE users')",
            "EXECUTE IMMEDIATE CHR(68) || 'ROP TABLE users'",
            "SET @q = UNHEX('44524f50205441424c45207573657273'); PREPARE s FROM @q",
            "EXEC(REVERSE('sresu ELBAT PORD'))",
        ],
    );
    all_ask(&[
        "EXECUTE IMMEDIATE x",
        "EXEC(@sql)",
        "DO $$ BEGIN EXECUTE q; END $$",
        "EXECUTE plan",
        "PREPARE s FROM @x",
    ]);
}

#[test]
fn a_command_of_the_server_is_read_by_the_shells_reader() {
    let read = reading("COPY x FROM PROGRAM 'rm -rf /'");
    assert_eq!(read.severity, Critical);
    assert!(read.sentence.starts_with("Run a command on the server of the database"), "{}", read.sentence);
}

#[test]
fn a_rollback_takes_rows_back_where_it_is_known_to() {
    let text = "BEGIN; DELETE FROM t; ROLLBACK;";
    assert_eq!(reading(text).severity, Critical);
    assert_eq!(reading_in(text, Some("postgres")).severity, Low);
    for text in [
        "BEGIN; DELETE FROM t; COMMIT; ROLLBACK;",
        "DELETE FROM t; ROLLBACK;",
        "BEGIN; DELETE FROM t; ROLLBACK; DELETE FROM t;",
        "BEGIN; SAVEPOINT a; DELETE FROM t; ROLLBACK TO a; COMMIT",
        "BEGIN; COPY t TO PROGRAM 'x'; ROLLBACK",
        "BEGIN; ROLLBACK; DELETE FROM t; ROLLBACK",
        "BEGIN; DELETE FROM t; ROLLBACK AND CHAIN",
    ] {
        assert!(reading_in(text, Some("postgres")).severity >= High, "{text}");
    }
}

#[test]
fn a_routine_weighs_by_what_it_would_do_at_large() {
    for (text, severity) in [
        ("CREATE FUNCTION f() RETURNS void AS $$ BEGIN DROP TABLE users; END $$ LANGUAGE plpgsql", High),
        ("CREATE FUNCTION f() RETURNS void AS $$ DELETE FROM t WHERE id = 1 $$ LANGUAGE sql", Low),
        ("CREATE PROCEDURE wipe() BEGIN DELETE FROM t; DROP TABLE u; END", High),
        ("CREATE RULE r AS ON INSERT TO t DO INSTEAD DELETE FROM u", High),
        ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO TRUNCATE t", High),
    ] {
        assert_eq!(reading(text).severity, severity, "{text}");
    }
    // A body without its END is none; what follows it runs.
    assert_eq!(reading("CREATE TRIGGER x BEGIN; DROP TABLE users; END").severity, Critical);
    // What stands behind a body runs.
    let text =
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN UPDATE y SET a = 1 WHERE b = 2; END; DROP TABLE users";
    assert_eq!(reading_in(text, Some("sqlite")).severity, Critical);
}

#[test]
fn a_dialect_decides_what_is_a_text() {
    let text = "SELECT 'a\\'; DROP TABLE users; --'";
    assert_eq!(reading_in(text, Some("mysql")).severity, None);
    assert_eq!(reading_in(text, Some("postgres")).severity, Critical);
    let text = "SELECT $$; DROP TABLE users; $$";
    assert_eq!(reading_in(text, Some("postgres")).severity, None);
    assert_eq!(reading_in(text, Some("mysql")).severity, Critical);
    let text = "SELECT [a; DROP TABLE users] FROM t";
    assert_eq!(reading_in(text, Some("mssql")).severity, None);
}

#[test]
fn targets_are_named_as_written() {
    for (statement, verb, kind, name) in [
        ("DELETE FROM shop.bookings", Verb::Delete, TargetKind::Table, "shop.bookings"),
        ("DROP DATABASE shop", Verb::Delete, TargetKind::Database, "shop"),
        ("TRUNCATE \"My Table\"", Verb::Delete, TargetKind::Table, "\"My Table\""),
        ("DROP USER bob", Verb::Delete, TargetKind::Account, "bob"),
        ("GRANT SELECT ON t TO bob", Verb::Grant, TargetKind::Account, "bob"),
        ("DELETE FROM `my-project.set.t` WHERE true", Verb::Delete, TargetKind::Table, "my-project.set.t"),
    ] {
        let read = reading(statement);
        let effect = &read.effects[0];
        assert_eq!(
            (effect.verb, effect.target.kind, effect.target.name.as_str()),
            (verb, kind, name),
            "{statement}"
        );
    }
}

#[test]
fn a_reason_points_at_its_statement() {
    let text = "SELECT 1; DELETE FROM bookings WHERE id = 1; SELECT 2";
    let read = reading(text);
    let span = read.reasons[0].span.unwrap();
    assert_eq!(&text[span.start..span.end], "DELETE FROM bookings WHERE id = 1");
}

#[test]
fn rows_can_be_counted_where_the_condition_only_compares() {
    let rows = |text: &str| reading(text).rows.into_iter().next().unwrap();
    let counted = rows("DELETE FROM bookings WHERE state = 'old' AND id IN (1, 2)");
    assert_eq!(counted.condition.as_deref(), Some("state = 'old' AND id IN (1, 2)"));
    assert!(!counted.uncounted);
    assert_eq!(rows("DELETE FROM bookings").condition, Option::None);
    assert!(!rows("TRUNCATE bookings").uncounted);
    for condition in
        ["id = f(1)", "id IN (SELECT 1)", "id = $1", "a = (SELECT pg_sleep(9))", "a = 1 OR b ~ 'x'"]
    {
        let rows = rows(&format!("DELETE FROM bookings WHERE {condition}"));
        assert!(rows.uncounted && rows.condition.is_none(), "{condition}");
    }
}

#[test]
fn secrets_of_a_connection_and_a_condition_are_hidden() {
    let action =
        json!({"kind":"sql","statement":"SHUTDOWN","connection":"postgres://u:hunter2hunter2@h/shop"});
    let action: Action = strict::parse(action.to_string().as_bytes()).unwrap();
    let read = read(&action);
    assert!(!format!("{read:?}").contains("hunter2"), "{read:?}");
}
