//! SQL: what statements would do, by their words alone.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use sayso_core::reading::{TargetKind, Verb};
use sayso_core::{Action, Reading, Severity, strict};
use sayso_reading::read;
use serde_json::json;

use Severity::{Critical, High, Low, None};

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

#[test]
fn a_condition_that_leaves_nothing_out_is_none() {
    for condition in [
        "true",
        "1",
        "1=1",
        "1 = 1 AND 2 > 1",
        "id = id",
        "t.id = t.id",
        "not false",
        "NOT (1 = 2)",
        "NOT NOT 1",
        "id IS NOT NULL",
        "id IS NOT NULL OR 1",
        "id > 0",
        "id >= 1",
        "id <> 0",
        "user_id > -1",
        "name LIKE '%'",
        "name LIKE '%%'",
        "'a' = 'a'",
        "'1' = 1",
        "((1)) = (1)",
        "a IS NULL OR a IS NOT NULL",
        "a = 3 OR a <> 3",
        "EXISTS (SELECT 1)",
        "COALESCE(NULL, TRUE)",
        "id IN (SELECT id FROM t)",
        "1 BETWEEN 0 AND 2",
        "2 IN (1, 2)",
        "length(name) >= 0",
        "lower(name) = lower(name)",
        "1 + 1 = 2",
        "'a' || 'b' = 'ab'",
        "TRUE IS NOT FALSE",
        "id BETWEEN 0 AND 999999999999",
        "name ~ '.*'",
        "name REGEXP '.*'",
        "1 OR name = 'x'",
        "0 = 0 -- only these",
    ] {
        let read = reading(&format!("DELETE FROM t WHERE {condition}"));
        assert_eq!(read.severity, Critical, "{condition}: {}", read.sentence);
    }
}

#[test]
fn a_condition_that_picks_rows_out_is_one() {
    for condition in [
        "id = 5",
        "id > 100",
        "id IS NULL",
        "name = 'x'",
        "false",
        "1 = 0",
        "id = 5 AND true",
        "id = 5 OR id = 6",
        "name LIKE 'a%'",
        "name IS NOT NULL",
        "created < now() - interval '30 days'",
        "id IN (1, 2)",
        "NOT true",
        "id IN (SELECT user_id FROM banned)",
        "EXISTS (SELECT 1 FROM x WHERE x.id = t.id)",
        "a = b",
        "random() < 0.1",
        "random() = random()",
        "id = ?",
        "id = $1",
        "id = :id",
        "a = 1 OR b <> 1",
    ] {
        for statement in
            [format!("DELETE FROM t WHERE {condition}"), format!("UPDATE t SET a = 1 WHERE {condition}")]
        {
            let read = reading(&statement);
            assert_eq!(read.severity, High, "{statement}: {}", read.sentence);
        }
    }
}

#[test]
fn what_destroys_at_large_is_critical() {
    all_are(
        Critical,
        &[
            "DROP SCHEMA public CASCADE",
            "drop\ntable\tusers",
            "DROP KEYSPACE ks",
            "TRUNCATE TABLE a, b RESTART IDENTITY CASCADE",
            "TRUNCATE DATABASE x",
            "DELETE FROM a USING b",
            "UPDATE \"public\".\"accounts\" SET a = 1",
            "DROP OWNED BY bob",
            "ALTER TABLE t DELETE WHERE 1",
            "RESET MASTER",
            "RESTORE DATABASE x FROM DISK = 'y' WITH REPLACE",
            "PURGE RECYCLEBIN",
            "ALTER ROLE x SUPERUSER",
            "GRANT ALL PRIVILEGES ON *.* TO 'x'@'%' WITH GRANT OPTION",
            "ALTER SYSTEM SET archive_command = 'rm -rf /'",
            "UPDATE mysql.user SET plugin = '' WHERE user = 'root'",
            "DELETE FROM sqlite_master WHERE name = 'x'",
            "CREATE OR REPLACE DATABASE shop",
        ],
    );
}

#[test]
fn what_cannot_be_had_back_or_reaches_out_asks() {
    all_ask(&[
        "DROP VIEW v",
        "DROP INDEX CONCURRENTLY IF EXISTS i",
        "DROP FUNCTION f(int, text), g",
        "DROP TEXT SEARCH PARSER IF EXISTS x CASCADE",
        "DROP OPERATOR CLASS o USING i",
        "DROP CAST (text AS int)",
        "DROP POLICY p ON t",
        "DROP USER bob",
        "DROP EXTENSION postgis CASCADE",
        "drop user mapping for u server s",
        "ALTER TABLE t DROP CONSTRAINT c",
        "ALTER TABLE t DROP PARTITION p1",
        "ALTER TABLE t OWNER TO bob",
        "ALTER TABLE t DISABLE TRIGGER ALL",
        "ALTER TABLE t DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE t TRUNCATE PARTITION p0",
        "ALTER USER postgres WITH PASSWORD 'x'",
        "ALTER DATABASE d SET OFFLINE",
        "ALTER DATABASE d RENAME TO e",
        "CREATE USER bob",
        "CREATE LOGIN bob WITH PASSWORD = 'x'",
        "REVOKE SELECT ON t FROM u",
        "REASSIGN OWNED BY a TO b",
        "COPY t TO '/tmp/x.csv'",
        "COPY t TO PROGRAM 'cat > /tmp/x'",
        "COPY t FROM '/etc/passwd'",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
        "SELECT pg_catalog.pg_read_file('/etc/passwd')",
        "SELECT lo_export(1, '/tmp/x')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT writefile('x.php', '<?php')",
        "SELECT LOAD_FILE('/etc/passwd')",
        "SELECT * FROM t INTO OUTFILE '/var/www/x.php'",
        "SELECT 1 INTO DUMPFILE '/x'",
        "SELECT * FROM OPENROWSET('SQLNCLI', 'x', 'select 1')",
        "SELECT * FROM pg_shadow",
        "SELECT usename, passwd FROM pg_catalog.pg_shadow",
        "SELECT user, authentication_string FROM mysql.user",
        "SELECT set_config('session_replication_role', 'replica', false)",
        "SET session_replication_role = replica",
        "SET GLOBAL general_log = 'OFF'",
        "SET PASSWORD FOR 'root' = 'x'",
        "SELECT pg_sleep(100000)",
        "SELECT utl_http.request('http://x') FROM dual",
        "SELECT http_post('http://x', 'y', 'z')",
        "SELECT delete_everything()",
        "EXEC xp_cmdshell 'whoami'",
        "xp_cmdshell 'whoami'",
        "EXEC master..xp_cmdshell 'whoami'",
        "EXEC sp_configure 'xp_cmdshell', 1; RECONFIGURE",
        "EXEC sp_oacreate 'wscript.shell', @x OUT",
        "CALL purge_all()",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
        "LOAD 'evil'",
        "CREATE FUNCTION f() RETURNS int AS '/tmp/x.so' LANGUAGE C",
        "CREATE EXTENSION dblink",
        "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p",
        "FLUSH TABLES WITH READ LOCK",
        "PURGE BINARY LOGS TO 'x'",
        "PRAGMA writable_schema = ON",
        "ATTACH DATABASE '/var/www/x.php' AS y",
        "VACUUM FULL",
        "DBCC SHRINKDATABASE (x)",
        "DBCC CHECKDB (x, REPAIR_ALLOW_DATA_LOSS)",
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
        "CREATE OR REPLACE TABLE x AS SELECT 1",
        "INSERT OVERWRITE TABLE x SELECT 1",
        "UNLOAD ('select * from t') TO 's3://x/'",
        "EXPORT DATA OPTIONS (uri = 'gs://x/*') AS SELECT 1",
        "COPY INTO 's3://x' FROM t",
        "REMOVE @stage/x",
        "UPDATE t SET a = 1 WHERE CURRENT OF c",
        "BEGIN; DELETE FROM t WHERE id = 1; COMMIT",
        "ALTER TABLE t EXECUTE expire_snapshots(retention_threshold => '0d')",
        "CREATE POLICY p ON t FOR ALL USING (true)",
        "STOP REPLICA",
        "SYSTEM DROP REPLICA 'x'",
        "ALTER INDEX i OWNER TO x",
    ]);
}

#[test]
fn everyday_statements_ask_nobody() {
    none_asks(&[
        "CREATE TABLE t (id int PRIMARY KEY, b int REFERENCES u (id) ON DELETE CASCADE ON UPDATE SET NULL)",
        "CREATE TEMP TABLE t AS SELECT * FROM u",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE SCHEMA s",
        "CREATE EXTENSION IF NOT EXISTS pgcrypto",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2",
        "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE b = 2",
        "REPLACE INTO t VALUES (1)",
        "ALTER TABLE t ADD COLUMN c int",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t ALTER COLUMN c DROP NOT NULL",
        "ALTER TABLE t ALTER COLUMN c DROP DEFAULT",
        "DROP TABLE #scratch",
        "DROP TEMPORARY TABLE x",
        "DELETE FROM #scratch",
        "ANALYZE",
        "VACUUM",
        "REFRESH MATERIALIZED VIEW v",
        "COMMENT ON TABLE t IS 'drop table x; delete from y'",
        "SET search_path TO shop",
        "SET x = 1",
        "BEGIN; INSERT INTO t VALUES (1); COMMIT;",
        "COPY t FROM STDIN",
        "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER x BEFORE DELETE OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "DO $$ BEGIN RAISE NOTICE 'hi'; END $$",
        "BACKUP DATABASE x TO DISK = 'y'",
        "EXEC sp_help 'users'",
        "UNDROP TABLE x",
        "LOCK TABLE t",
        "LOAD DATA LOCAL INFILE 'x.csv' INTO TABLE t",
        "PRAGMA foreign_keys = ON",
        "ATTACH DATABASE 'other.db' AS o",
        "PREPARE s AS SELECT * FROM t WHERE id = $1; EXECUTE s(1)",
        "SELECT * FROM t FOR UPDATE SKIP LOCKED",
        "SELECT password FROM users WHERE id = 1",
        "SELECT * INTO new_table FROM t",
        "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
    ]);
}

#[test]
fn plain_reads_are_plain() {
    all_are(
        None,
        &[
            "SELECT * FROM users WHERE id = 1",
            "select count(*), max(created) from bookings group by day having count(*) > 1 order by 1 limit 10",
            "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT * FROM t",
            "(SELECT 1) UNION (SELECT 2)",
            "VALUES (1), (2)",
            "SHOW TABLES",
            "SHOW CREATE TABLE users",
            "DESCRIBE users",
            "EXPLAIN DELETE FROM users",
            "EXPLAIN (COSTS OFF, ANALYZE false) DELETE FROM users",
            "EXPLAIN ANALYZE SELECT 1",
            "COPY users TO STDOUT WITH CSV",
            "PRAGMA table_info(users)",
            "SELECT truncate(1.5, 1), replace(a, 'x', 'y'), insert('a', 1, 1, 'b') FROM t",
            "FETCH 10 FROM c",
            "USE shop",
            "BEGIN; SELECT 1; COMMIT",
            "",
            "-- nothing",
        ],
    );
}

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
