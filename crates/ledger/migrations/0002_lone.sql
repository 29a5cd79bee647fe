-- One request that is committed by itself goes in as one statement, which is a transaction of its own: each statement
-- is a message to SQLite's thread and back, and a lone commit is what one asker waits for.
CREATE VIEW lone AS
    SELECT l.seq, l.at, l.kind, l.request, l.hash, l.root, l.body,
           r.uid, r.nonce, r.received, r.severity, r.agent, r.environment, r.sentence, r.exact,
           r.stage, r.ended, r.decision, r.decided_by, r.presence, r.reason, r.receipt,
           c.note, c.edge
    FROM leaf l JOIN request r ON r.leaf = l.seq JOIN checkpoint c ON c.size = l.seq + 1;

CREATE TRIGGER lone_in INSTEAD OF INSERT ON lone BEGIN
    UPDATE checkpoint SET size = NEW.seq + 1, note = NEW.note, edge = NEW.edge;
    INSERT INTO leaf (seq, at, kind, request, hash, root, body)
    VALUES (NEW.seq, NEW.at, NEW.kind, NEW.request, NEW.hash, NEW.root, NEW.body);
    INSERT INTO request (leaf, id, uid, nonce, received, severity, agent, environment, sentence, exact,
                         stage, ended, decision, decided_by, presence, reason, receipt)
    VALUES (NEW.seq, NEW.request, NEW.uid, NEW.nonce, NEW.received, NEW.severity, NEW.agent, NEW.environment,
            NEW.sentence, NEW.exact, NEW.stage, NEW.ended, NEW.decision, NEW.decided_by, NEW.presence,
            NEW.reason, NEW.receipt);
END;
