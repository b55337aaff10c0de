-- Kinds of ledger, and snapshots. Run as hudang_owner.

-- A conformance ledger holds what the test cases of the eventsourcing library write; every other holds cases.
ALTER TABLE ledger.ledgers
    ADD COLUMN kind text NOT NULL DEFAULT 'case' CHECK (kind IN ('case', 'conformance'));

DROP FUNCTION ledger.open(text, text);

-- Open a ledger; asking again with the same clock and kind changes nothing. True if it is new.
CREATE FUNCTION ledger.open(ledger_tag text, ledger_clock text, ledger_kind text DEFAULT 'case') RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known record;
BEGIN
    INSERT INTO ledger.ledgers (ledger, clock, kind) VALUES (ledger_tag, ledger_clock, ledger_kind)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT l.clock, l.kind INTO known FROM ledger.ledgers l WHERE l.ledger = ledger_tag;
        IF known.clock IS DISTINCT FROM ledger_clock THEN
            RAISE EXCEPTION 'the ledger was opened with the other clock' USING ERRCODE = 'HD006';
        END IF;
        IF known.kind IS DISTINCT FROM ledger_kind THEN
            RAISE EXCEPTION 'the ledger is of the other kind' USING ERRCODE = 'HD008';
        END IF;
        RETURN false;
    END IF;
    INSERT INTO ledger.heads (ledger, clock, position, hash)
        VALUES (ledger_tag, ledger_clock, 0, ledger.genesis_hash(ledger_tag, ledger_clock));
    RETURN true;
END $$;

-- The newest snapshot of a stream. It can always be computed from the events again, so it may be overwritten
-- or lost; `seal` is keyed, so what somebody else put there is not believed.
CREATE TABLE ledger.snapshots (
    ledger      text NOT NULL,
    stream      text NOT NULL,
    version     bigint NOT NULL CHECK (version > 0),
    schema_hash text NOT NULL,
    state       bytea NOT NULL,
    seal        bytea NOT NULL,
    PRIMARY KEY (ledger, stream)
);

-- Keep a snapshot, unless the one that is kept is newer and of the same schema. Never waits for another.
CREATE FUNCTION ledger.store_snapshot(
    ledger_tag text, of_stream text, at_version bigint, of_schema text, of_state bytea, under_seal bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
    INSERT INTO ledger.snapshots AS kept (ledger, stream, version, schema_hash, state, seal)
        VALUES (ledger_tag, of_stream, at_version, of_schema, of_state, under_seal)
        ON CONFLICT (ledger, stream) DO UPDATE
        SET version = excluded.version, schema_hash = excluded.schema_hash,
            state = excluded.state, seal = excluded.seal
        WHERE kept.version < excluded.version OR kept.schema_hash <> excluded.schema_hash;
END $$;

-- Snapshots that applications of the eventsourcing library take of their aggregates: several a stream.
CREATE TABLE ledger.library_snapshots (
    ledger  text NOT NULL,
    stream  text NOT NULL,
    version bigint NOT NULL,
    topic   text NOT NULL,
    state   bytea NOT NULL,
    PRIMARY KEY (ledger, stream, version)
);

-- All or none, each version of a stream once, in conformance ledgers only.
CREATE FUNCTION ledger.store_library_snapshots(
    ledger_tag text, of_streams text[], at_versions bigint[], of_topics text[], of_states bytea[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM ledger.ledgers l WHERE l.ledger = ledger_tag AND l.kind = 'conformance';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no conformance ledger of this tag' USING ERRCODE = 'HD008';
    END IF;
    INSERT INTO ledger.library_snapshots (ledger, stream, version, topic, state)
        SELECT ledger_tag, s.stream, s.version, s.topic, s.state
        FROM unnest(of_streams, at_versions, of_topics, of_states) AS s(stream, version, topic, state);
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'version conflict'
        USING ERRCODE = 'HD002', DETAIL = jsonb_build_object('stream', of_streams[1])::text;
END $$;

REVOKE ALL ON FUNCTION ledger.open, ledger.store_snapshot, ledger.store_library_snapshots FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.open, ledger.store_snapshot, ledger.store_library_snapshots TO hudang_service;
GRANT SELECT ON ledger.snapshots, ledger.library_snapshots TO hudang_service;
