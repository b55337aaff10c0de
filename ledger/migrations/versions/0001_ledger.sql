-- The ledger of design §2: append only, gapless, chained (docs/chain.md). Run as hudang_owner.

CREATE TABLE ledger.ledgers (
    ledger       text PRIMARY KEY CHECK (ledger <> ''),
    clock        text NOT NULL CHECK (clock IN ('server', 'simulated')),
    chain_format text NOT NULL DEFAULT 'hudang-chain-1',
    algorithm    text NOT NULL DEFAULT 'sha256',
    opened_at    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);

-- One small, often updated row a ledger: its lock orders the ledger's appends.
CREATE TABLE ledger.heads (
    ledger      text PRIMARY KEY REFERENCES ledger.ledgers,
    clock       text NOT NULL,
    position    bigint NOT NULL,
    hash        bytea NOT NULL,
    recorded_at timestamptz -- of the newest event; NULL before the first
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

CREATE TABLE ledger.streams (
    ledger  text NOT NULL,
    stream  text NOT NULL CHECK (stream <> ''),
    version bigint NOT NULL,
    PRIMARY KEY (ledger, stream)
) WITH (fillfactor = 50);

CREATE TABLE ledger.events (
    ledger       text NOT NULL,
    position     bigint NOT NULL,
    stream       text NOT NULL,
    version      bigint NOT NULL,
    topic        text NOT NULL CHECK (topic <> ''),
    payload      bytea NOT NULL,
    command_id   uuid NOT NULL,
    actor_person text NOT NULL,
    actor_role   text NOT NULL,
    actor_office text NOT NULL,
    happened_on  date NOT NULL CHECK (happened_on BETWEEN '0001-01-01' AND '9999-12-31'),
    recorded_at  timestamptz NOT NULL,
    hash         bytea NOT NULL,
    PRIMARY KEY (ledger, position),
    UNIQUE (ledger, stream, version)
);

CREATE TABLE ledger.commands (
    ledger      text NOT NULL,
    command_id  uuid NOT NULL,
    fingerprint bytea NOT NULL,
    first       bigint NOT NULL,
    last        bigint NOT NULL CHECK (last >= first),
    PRIMARY KEY (ledger, command_id)
);

CREATE TABLE ledger.claims (
    ledger text NOT NULL,
    claim  text NOT NULL,
    holder text NOT NULL,
    stream text NOT NULL,
    PRIMARY KEY (ledger, claim)
);
CREATE INDEX claims_of_holder ON ledger.claims (ledger, holder);

CREATE TABLE ledger.identities (
    ledger text NOT NULL,
    digest bytea NOT NULL,
    person text NOT NULL,
    PRIMARY KEY (ledger, digest)
);

CREATE TABLE ledger.person_keys (
    ledger  text NOT NULL,
    person  text NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (ledger, person)
);

CREATE TABLE ledger.policy_files (
    hash text PRIMARY KEY CHECK (
        hash = 'sha256:' || pg_catalog.encode(pg_catalog.sha256(body), 'hex')
    ),
    body bytea NOT NULL
);

-- History is never edited, not even by its owner.

CREATE FUNCTION ledger.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ledger.% is never changed: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY ['ledgers', 'events', 'commands', 'policy_files'] LOOP
        EXECUTE format(
            'CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', kept);
        EXECUTE format('ALTER TABLE ledger.%I ENABLE ALWAYS TRIGGER never_changed', kept);
    END LOOP;
END $$;

-- The chain (docs/chain.md). No SET clauses: so the planner inlines these into append. Their bodies are bound
-- to the functions they call at creation, so no search_path can bend them.

CREATE FUNCTION ledger.field(value bytea) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN COALESCE(pg_catalog.int4send(pg_catalog.octet_length(value)) || value, '\xffffffff'::bytea);

CREATE FUNCTION ledger.text_field(value text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ledger.field(pg_catalog.convert_to(value, 'UTF8'));

-- Integers and digests have a known length; what is NULL by mistake makes the hash NULL, which no row accepts.
CREATE FUNCTION ledger.integer_field(value bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '\x00000008'::bytea || pg_catalog.int8send(value);

CREATE FUNCTION ledger.digest_field(value bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '\x00000020'::bytea || value;

CREATE FUNCTION ledger.instant_field(value timestamptz) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ledger.integer_field((extract(epoch FROM value) * 1000000)::bigint);

-- Chain format, algorithm and ledger: the same at the start of every hash of a ledger.
CREATE FUNCTION ledger.chain_prefix(ledger_tag text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ledger.text_field('hudang-chain-1') || ledger.text_field('sha256') || ledger.text_field(ledger_tag);

-- Command and actor: the same in every hash of a command.
CREATE FUNCTION ledger.chain_author(command uuid, person text, role text, office text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '\x00000010'::bytea || pg_catalog.uuid_send(command)
    || ledger.text_field(person) || ledger.text_field(role) || ledger.text_field(office);

-- The fields that the mark of an event covers, and that its record begins with.
CREATE FUNCTION ledger.chain_place(prefix bytea, at_position bigint, stream text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN prefix || ledger.integer_field(at_position) || ledger.text_field(stream);

CREATE FUNCTION ledger.chain_link(
    prefix bytea, at_position bigint, stream text, version bigint, topic text, author bytea,
    happened_on date, recorded_at bytea, payload bytea, previous bytea
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.sha256(
    ledger.digest_field(previous)
    || ledger.digest_field(pg_catalog.sha256(ledger.chain_place(prefix, at_position, stream)))
    || ledger.digest_field(pg_catalog.sha256(
        ledger.chain_place(prefix, at_position, stream)
        || ledger.integer_field(version)
        || ledger.text_field(topic)
        || author
        || ledger.text_field(pg_catalog.to_char(happened_on, 'YYYY-MM-DD'))
        || recorded_at
        || ledger.digest_field(pg_catalog.sha256(payload)))));

CREATE FUNCTION ledger.genesis_hash(ledger_tag text, clock text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.sha256(ledger.chain_prefix(ledger_tag) || ledger.text_field(clock));

-- The whole hash of one event, for whoever checks a row in SQL.
CREATE FUNCTION ledger.event_hash(
    ledger_tag text, at_position bigint, stream text, version bigint, topic text, payload bytea, command uuid,
    person text, role text, office text, happened_on date, recorded_at timestamptz, previous bytea
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ledger.chain_link(
    ledger.chain_prefix(ledger_tag), at_position, stream, version, topic,
    ledger.chain_author(command, person, role, office),
    happened_on, ledger.instant_field(recorded_at), payload, previous);

-- Open a ledger; asking again with the same clock changes nothing. True if it is new.
CREATE FUNCTION ledger.open(ledger_tag text, ledger_clock text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger.ledgers (ledger, clock) VALUES (ledger_tag, ledger_clock) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM FROM ledger.ledgers l WHERE l.ledger = ledger_tag AND l.clock = ledger_clock;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the ledger was opened with the other clock' USING ERRCODE = 'HD006';
        END IF;
        RETURN false;
    END IF;
    INSERT INTO ledger.heads (ledger, clock, position, hash)
        VALUES (ledger_tag, ledger_clock, 0, ledger.genesis_hash(ledger_tag, ledger_clock));
    RETURN true;
END $$;

-- Record one command: all of its events at consecutive positions, or nothing.
-- streams[i] must be at version expected[i]; event k goes onto streams[event_stream[k]].
CREATE FUNCTION ledger.append(
    ledger_tag text, command uuid, command_fingerprint bytea, person text, role text, office text,
    simulated_at timestamptz, streams text[], expected bigint[],
    event_stream int[], topics text[], payloads bytea[], happened_on date[],
    taken text[], taken_holder text[], taken_stream text[], freed_holder text[],
    identity_digests bytea[], identity_persons text[],
    OUT first_position bigint, OUT last_position bigint, OUT recorded timestamptz, OUT repeated boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    events CONSTANT int := cardinality(topics);
    reached bigint[] := expected;
    head_clock text;
    head_position bigint;
    head_hash bytea;
    head_recorded timestamptz;
    known_fingerprint bytea;
    matches boolean;
    blocker jsonb;
    prefix bytea;
    author bytea;
    recorded_field bytea;
    s int;
BEGIN
    IF events < 1 OR (events, events, events) IS DISTINCT FROM
            (cardinality(payloads), cardinality(event_stream), cardinality(happened_on))
       OR (cardinality(streams), cardinality(taken), cardinality(taken), cardinality(identity_digests))
          IS DISTINCT FROM (cardinality(expected), cardinality(taken_holder), cardinality(taken_stream),
                            cardinality(identity_persons)) THEN
        RAISE EXCEPTION 'the arrays of an append differ in length, or hold no event'
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

    -- Expected versions; a stream without an event is a guard and only checked.
    FOREACH s IN ARRAY event_stream LOOP
        reached[s] := reached[s] + 1;
    END LOOP;
    FOR i IN 1 .. cardinality(streams) LOOP
        IF reached[i] = expected[i] THEN
            matches := expected[i] = COALESCE(
                (SELECT t.version FROM ledger.streams t WHERE t.ledger = ledger_tag AND t.stream = streams[i]), 0);
        ELSIF expected[i] = 0 THEN
            INSERT INTO ledger.streams (ledger, stream, version) VALUES (ledger_tag, streams[i], reached[i])
                ON CONFLICT DO NOTHING;
            matches := FOUND;
        ELSE
            UPDATE ledger.streams t SET version = reached[i]
                WHERE t.ledger = ledger_tag AND t.stream = streams[i] AND t.version = expected[i];
            matches := FOUND;
        END IF;
        IF NOT matches THEN
            RAISE EXCEPTION 'version conflict'
                USING ERRCODE = 'HD002', DETAIL = jsonb_build_object('stream', streams[i])::text;
        END IF;
    END LOOP;

    -- Claims: what a holder gives up is free for the takers of the same command.
    IF cardinality(freed_holder) > 0 THEN
        DELETE FROM ledger.claims c WHERE c.ledger = ledger_tag AND c.holder = ANY (freed_holder);
    END IF;
    IF cardinality(taken) > 0 THEN
        SELECT jsonb_build_object('claim', c.claim, 'stream', c.stream) INTO blocker
            FROM ledger.claims c WHERE c.ledger = ledger_tag AND c.claim = ANY (taken)
            ORDER BY c.claim LIMIT 1;
        IF NOT FOUND THEN
            SELECT jsonb_build_object('claim', t.claim, 'stream', min(t.stream)) INTO blocker
                FROM unnest(taken, taken_stream) AS t(claim, stream)
                GROUP BY t.claim HAVING count(*) > 1 ORDER BY t.claim LIMIT 1;
        END IF;
        IF FOUND THEN
            RAISE EXCEPTION 'claim held' USING ERRCODE = 'HD003', DETAIL = blocker::text;
        END IF;
        INSERT INTO ledger.claims (ledger, claim, holder, stream)
            SELECT ledger_tag, t.claim, t.holder, t.stream
            FROM unnest(taken, taken_holder, taken_stream) AS t(claim, holder, stream);
    END IF;

    -- Identities: one person a digest; the same person again changes nothing.
    IF cardinality(identity_digests) > 0 THEN
        INSERT INTO ledger.identities (ledger, digest, person)
            SELECT ledger_tag, d.digest, d.person FROM unnest(identity_digests, identity_persons) AS d(digest, person)
            ON CONFLICT DO NOTHING;
        SELECT jsonb_build_object('person', k.person) INTO blocker
            FROM unnest(identity_digests, identity_persons) AS d(digest, person)
            JOIN ledger.identities k ON k.ledger = ledger_tag AND k.digest = d.digest
            WHERE k.person <> d.person LIMIT 1;
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
    reached := expected;
    FOR i IN 1 .. events LOOP
        s := event_stream[i];
        reached[s] := reached[s] + 1;
        head_hash := ledger.chain_link(
            prefix, head_position + i, streams[s], reached[s], topics[i], author,
            happened_on[i], recorded_field, payloads[i], head_hash);
        INSERT INTO ledger.events (
            ledger, position, stream, version, topic, payload, command_id,
            actor_person, actor_role, actor_office, happened_on, recorded_at, hash)
        VALUES (
            ledger_tag, head_position + i, streams[s], reached[s], topics[i], payloads[i], command,
            person, role, office, happened_on[i], recorded, head_hash);
    END LOOP;

    UPDATE ledger.heads h SET position = last_position, hash = head_hash, recorded_at = recorded
        WHERE h.ledger = ledger_tag;
END $$;

-- Keep a person's wrapped key, unless there is one already; the answer is the one kept.
CREATE FUNCTION ledger.store_person_key(ledger_tag text, key_person text, key_wrapped bytea) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM ledger.ledgers l WHERE l.ledger = ledger_tag;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown ledger' USING ERRCODE = 'HD004';
    END IF;
    INSERT INTO ledger.person_keys (ledger, person, wrapped) VALUES (ledger_tag, key_person, key_wrapped)
        ON CONFLICT DO NOTHING;
    RETURN (SELECT k.wrapped FROM ledger.person_keys k WHERE k.ledger = ledger_tag AND k.person = key_person);
END $$;

-- Keep a policy file under the hash of its bytes.
CREATE FUNCTION ledger.store_policy_file(file_hash text, file_body bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO ledger.policy_files (hash, body) VALUES (file_hash, file_body) ON CONFLICT DO NOTHING;
END;

-- Rights: the service reads, and changes the ledger through functions only.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO hudang_service;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO hudang_service;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger TO hudang_service;
GRANT USAGE, CREATE ON SCHEMA projections TO hudang_service;
