//! Statements by what they do.

use sayso_core::Severity;

use Severity::{Critical, High, None};

use super::{all_are, all_ask, none_asks, reading};

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
