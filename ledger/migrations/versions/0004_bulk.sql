-- Bulk append: events staged by COPY, checked and chained set-wise (docs/chain.md). Run as hudang_owner.

-- One link of the chain as a running aggregate: over rows in order of position it yields each row's hash.
-- In plpgsql, not sql: an aggregate's step cannot be inlined, and is then half again as fast.
CREATE FUNCTION ledger.chain_next(reached bytea, previous bytea, mark bytea, record_digest bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN pg_catalog.sha256(
        '\x00000020'::bytea OPERATOR(pg_catalog.||) COALESCE(reached, previous)
        OPERATOR(pg_catalog.||) '\x00000020'::bytea OPERATOR(pg_catalog.||) mark
        OPERATOR(pg_catalog.||) '\x00000020'::bytea OPERATOR(pg_catalog.||) record_digest);
END $$;

CREATE AGGREGATE ledger.chain(previous bytea, mark bytea, record_digest bytea) (
    SFUNC = ledger.chain_next, STYPE = bytea
);

-- The session's staging table: its own, the owner's property, emptied by every commit. The bulk role may only
-- put rows into it; nobody who logs in can hang a rule, a trigger or a default on it.
CREATE FUNCTION ledger.open_staging() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_regclass('pg_temp.staged_events') IS NULL THEN
        CREATE TEMPORARY TABLE staged_events (
            n           int NOT NULL,
            stream      text NOT NULL,
            topic       text NOT NULL,
            payload     bytea NOT NULL,
            happened_on date NOT NULL
        ) ON COMMIT DELETE ROWS;
        GRANT INSERT ON pg_temp.staged_events TO hudang_bulk;
    END IF;
END $$;

-- What ledger.append does, for the events that this transaction staged: the same checks in the same order,
-- the same positions and hashes, each step one statement. Every call plans for its own sizes, and what it looks
-- up in the ledger it looks up over an index, row by row: the statistics may be a hundred thousand events old.
CREATE FUNCTION ledger.append_staged(
    ledger_tag text, command uuid, command_fingerprint bytea, person text, role text, office text,
    simulated_at timestamptz, streams text[], expected bigint[],
    taken text[], taken_holder text[], taken_stream text[], freed_holder text[],
    identity_digests bytea[], identity_persons text[],
    OUT first_position bigint, OUT last_position bigint, OUT recorded timestamptz, OUT repeated boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    events bigint;
    stored bigint;
    reached bigint[];
    head_clock text;
    head_position bigint;
    head_hash bytea;
    head_recorded timestamptz;
    known_fingerprint bytea;
    blocker jsonb;
    prefix bytea;
    author bytea;
    recorded_field bytea;
BEGIN
    -- Only the table that open_staging made: another of that name could be a view that runs as the owner.
    PERFORM FROM pg_class c
        WHERE c.oid = to_regclass('pg_temp.staged_events')
            AND c.relkind = 'r' AND c.relowner = 'hudang_owner'::regrole;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing was staged' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- Before the lock: how many events each stream gets.
    SELECT count(*) INTO events FROM pg_temp.staged_events;
    SELECT array_agg(w.expected + COALESCE(s.events, 0) ORDER BY w.place) INTO reached
        FROM unnest(streams, expected) WITH ORDINALITY AS w(stream, expected, place)
        LEFT JOIN (SELECT t.stream, count(*) AS events FROM pg_temp.staged_events t GROUP BY t.stream) s
            USING (stream);
    IF events < 1
       OR (cardinality(streams), cardinality(taken), cardinality(taken), cardinality(identity_digests))
          IS DISTINCT FROM (cardinality(expected), cardinality(taken_holder), cardinality(taken_stream),
                            cardinality(identity_persons))
       OR (SELECT count(DISTINCT w.stream) FROM unnest(streams) AS w(stream)) <> cardinality(streams) THEN
        RAISE EXCEPTION 'the arrays of an append differ in length, name a stream twice, or there is no event'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- The lock that orders this ledger: all below sees what earlier appends committed.
    SELECT h.clock, h.position, h.hash, h.recorded_at
        INTO head_clock, head_position, head_hash, head_recorded
        FROM ledger.heads h WHERE h.ledger = ledger_tag FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown ledger' USING ERRCODE = 'HD004';
    END IF;
    first_position := head_position + 1;
    last_position := head_position + events;

    -- Idempotency.
    INSERT INTO ledger.commands (ledger, command_id, fingerprint, first, last)
        VALUES (ledger_tag, command, command_fingerprint, first_position, last_position)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT c.fingerprint, c.first, c.last, e.recorded_at
            INTO known_fingerprint, first_position, last_position, recorded
            FROM ledger.commands c JOIN ledger.events e ON e.ledger = c.ledger AND e.position = c.last
            WHERE c.ledger = ledger_tag AND c.command_id = command;
        IF known_fingerprint IS DISTINCT FROM command_fingerprint THEN
            RAISE EXCEPTION 'command id used for a different request' USING ERRCODE = 'HD001';
        END IF;
        repeated := true;
        RETURN;
    END IF;
    repeated := false;

    -- Expected versions: whoever would change them waits for the head, so what is seen here stays.
    SELECT jsonb_build_object('stream', w.stream) INTO blocker
        FROM unnest(streams, expected) WITH ORDINALITY AS w(stream, expected, place)
        WHERE w.expected IS DISTINCT FROM COALESCE(
            (SELECT t.version FROM ledger.streams t WHERE t.ledger = ledger_tag AND t.stream = w.stream), 0)
        ORDER BY w.place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'version conflict' USING ERRCODE = 'HD002', DETAIL = blocker::text;
    END IF;
    INSERT INTO ledger.streams (ledger, stream, version)
        SELECT ledger_tag, w.stream, w.reached
        FROM unnest(streams, expected, reached) AS w(stream, expected, reached)
        WHERE w.reached > w.expected
        ON CONFLICT (ledger, stream) DO UPDATE SET version = excluded.version;

    -- Claims: what a holder gives up is free for the takers of the same command.
    IF cardinality(freed_holder) > 0 THEN
        DELETE FROM ledger.claims c WHERE c.ledger = ledger_tag AND c.holder = ANY (freed_holder);
    END IF;
    BEGIN
        INSERT INTO ledger.claims (ledger, claim, holder, stream)
            SELECT ledger_tag, t.claim, t.holder, t.stream
            FROM unnest(taken, taken_holder, taken_stream) AS t(claim, holder, stream);
    EXCEPTION WHEN unique_violation THEN
        SELECT jsonb_build_object('claim', h.claim, 'stream', h.stream) INTO blocker
            FROM (SELECT t.claim, (SELECT c.stream FROM ledger.claims c
                                   WHERE c.ledger = ledger_tag AND c.claim = t.claim) AS stream
                  FROM unnest(taken) AS t(claim)) h
            WHERE h.stream IS NOT NULL ORDER BY h.claim LIMIT 1;
        IF NOT FOUND THEN
            SELECT jsonb_build_object('claim', t.claim, 'stream', min(t.stream)) INTO blocker
                FROM unnest(taken, taken_stream) AS t(claim, stream)
                GROUP BY t.claim HAVING count(*) > 1 ORDER BY t.claim LIMIT 1;
        END IF;
        RAISE EXCEPTION 'claim held' USING ERRCODE = 'HD003', DETAIL = blocker::text;
    END;

    -- Identities: one person a digest; the same person again changes nothing.
    IF cardinality(identity_digests) > 0 THEN
        INSERT INTO ledger.identities (ledger, digest, person)
            SELECT ledger_tag, d.digest, d.person FROM unnest(identity_digests, identity_persons) AS d(digest, person)
            ON CONFLICT DO NOTHING;
        SELECT jsonb_build_object('person', k.known) INTO blocker
            FROM (SELECT d.person, (SELECT i.person FROM ledger.identities i
                                    WHERE i.ledger = ledger_tag AND i.digest = d.digest) AS known
                  FROM unnest(identity_digests, identity_persons) AS d(digest, person)) k
            WHERE k.known <> k.person LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'identity taken' USING ERRCODE = 'HD007', DETAIL = blocker::text;
        END IF;
    END IF;

    -- Time: the database's clock after the lock, or the caller's in a simulated ledger; it never runs back.
    IF (head_clock = 'simulated') <> (simulated_at IS NOT NULL) THEN
        RAISE EXCEPTION 'only a simulated ledger takes its time from the caller' USING ERRCODE = 'HD006';
    END IF;
    recorded := COALESCE(simulated_at, clock_timestamp());
    IF recorded < head_recorded - interval '5 seconds' THEN
        RAISE EXCEPTION 'the clock is behind the newest event' USING ERRCODE = 'HD005';
    END IF;
    recorded := GREATEST(recorded, head_recorded);

    -- Positions, chain, events.
    prefix := ledger.chain_prefix(ledger_tag);
    author := ledger.chain_author(command, person, role, office);
    recorded_field := ledger.instant_field(recorded);
    WITH placed AS (
        SELECT e.n, head_position + row_number() OVER (ORDER BY e.n) AS position, e.stream,
            w.expected + row_number() OVER (PARTITION BY e.stream ORDER BY e.n) AS version,
            e.topic, e.payload, e.happened_on
        FROM pg_temp.staged_events e JOIN unnest(streams, expected) AS w(stream, expected) USING (stream)
    ), digested AS (
        SELECT p.*,
            sha256(ledger.chain_place(prefix, p.position, p.stream)) AS mark,
            sha256(
                ledger.chain_place(prefix, p.position, p.stream)
                || ledger.integer_field(p.version)
                || ledger.text_field(p.topic)
                || author
                || ledger.text_field(to_char(p.happened_on, 'YYYY-MM-DD'))
                || recorded_field
                || ledger.digest_field(sha256(p.payload))) AS record_digest
        FROM placed p
    )
    INSERT INTO ledger.events (
        ledger, position, stream, version, topic, payload, command_id,
        actor_person, actor_role, actor_office, happened_on, recorded_at, hash)
    SELECT ledger_tag, d.position, d.stream, d.version, d.topic, d.payload, command,
        person, role, office, d.happened_on, recorded,
        ledger.chain(head_hash, d.mark, d.record_digest) OVER (ORDER BY d.n ROWS UNBOUNDED PRECEDING)
    FROM digested d;
    GET DIAGNOSTICS stored = ROW_COUNT;
    IF stored <> events THEN
        RAISE EXCEPTION 'an event was staged for a stream that the append does not name'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    UPDATE ledger.heads h SET position = last_position, recorded_at = recorded, hash = (
            SELECT e.hash FROM ledger.events e WHERE e.ledger = ledger_tag AND e.position = last_position)
        WHERE h.ledger = ledger_tag;
END $$;

REVOKE ALL ON FUNCTION ledger.chain_next, ledger.chain, ledger.open_staging, ledger.append_staged FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO hudang_bulk;
GRANT EXECUTE ON FUNCTION ledger.open_staging, ledger.append_staged TO hudang_bulk;
GRANT EXECUTE ON FUNCTION ledger.chain_next, ledger.chain TO hudang_service;
