-- The ledger. `leaf` is the record; everything else in here is worked out from it and checked against it.

-- One entry a row, only ever added. `body` is the entry's canonical JSON and `hash` its leaf hash; `root` is the
-- root of the tree that ends with this leaf, so that a bad leaf can be named and not only noticed.
CREATE TABLE leaf (
    seq     INTEGER PRIMARY KEY CHECK (seq >= 0),
    at      INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    request TEXT,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    root    BLOB    NOT NULL CHECK (length(root) = 32),
    body    TEXT    NOT NULL
) STRICT;

-- A request ends once and is used once: the leaves themselves say so, whatever stands in `request`.
CREATE UNIQUE INDEX leaf_end  ON leaf (request) WHERE kind IN ('decided', 'withdrawn');
CREATE UNIQUE INDEX leaf_used ON leaf (request) WHERE kind = 'used';

-- One request a row, for looking up and for the history. `leaf` is the entry that it came in with.
CREATE TABLE request (
    leaf        INTEGER PRIMARY KEY REFERENCES leaf (seq),
    id          TEXT    NOT NULL UNIQUE,
    uid         INTEGER NOT NULL,
    nonce       TEXT    NOT NULL,
    received    INTEGER NOT NULL,
    severity    TEXT    NOT NULL,
    agent       TEXT    NOT NULL,
    environment TEXT,
    sentence    TEXT    NOT NULL,
    exact       TEXT    NOT NULL,
    stage       TEXT    NOT NULL CHECK (stage IN ('waiting', 'approved', 'denied', 'expired', 'withdrawn', 'used')),
    ended       INTEGER,
    decision    TEXT,
    decided_by  TEXT,
    presence    TEXT,
    reason      TEXT,
    receipt     TEXT,
    UNIQUE (uid, nonce)
) STRICT;

CREATE INDEX request_waiting ON request (leaf) WHERE stage = 'waiting';

-- The newest checkpoint, and the right edge of the tree that it signs.
CREATE TABLE checkpoint (
    id   INTEGER PRIMARY KEY CHECK (id = 0),
    size INTEGER NOT NULL,
    note TEXT    NOT NULL,
    edge BLOB    NOT NULL
) STRICT;

CREATE TABLE setting (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL,
    leaf  INTEGER NOT NULL REFERENCES leaf (seq)
) STRICT;
