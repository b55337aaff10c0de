-- Sealed heads (docs/proof.md): append only, each naming the one before. Run as hudang_owner.

CREATE TABLE ledger.seals (
    ledger      text NOT NULL REFERENCES ledger.ledgers,
    position    bigint NOT NULL CHECK (position > 0),
    head_hash   bytea NOT NULL CHECK (octet_length(head_hash) = 32),
    recorded_at timestamptz NOT NULL, -- of the event at that position
    sealed_at   timestamptz NOT NULL,
    previous    bytea CHECK (octet_length(previous) = 32), -- hash of the seal before; NULL for the first
    algorithm   text NOT NULL,
    key_id      text NOT NULL,
    signature   bytea NOT NULL,
    hash        bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (ledger, position)
);

CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.seals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.seals ENABLE ALWAYS TRIGGER never_changed;

-- Keep a seal that follows the newest one and fits the event at its position.
CREATE FUNCTION ledger.store_seal(
    ledger_tag text, at_position bigint, sealed_hash bytea, event_recorded timestamptz, sealed timestamptz,
    previous_seal bytea, signature_algorithm text, signing_key text, seal_signature bytea, seal_hash bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    newest record;
BEGIN
    -- One seal of a ledger at a time; appends take another lock and go on.
    PERFORM FROM ledger.ledgers l WHERE l.ledger = ledger_tag FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown ledger' USING ERRCODE = 'HD004';
    END IF;
    SELECT s.position, s.sealed_at, s.hash INTO newest
        FROM ledger.seals s WHERE s.ledger = ledger_tag ORDER BY s.position DESC LIMIT 1;
    IF newest.hash IS DISTINCT FROM previous_seal OR at_position <= newest.position THEN
        RAISE EXCEPTION 'another seal came between' USING ERRCODE = 'HD011';
    END IF;
    IF sealed < newest.sealed_at THEN
        RAISE EXCEPTION 'the clock is behind the newest seal' USING ERRCODE = 'HD005';
    END IF;
    PERFORM FROM ledger.events e
        WHERE e.ledger = ledger_tag AND e.position = at_position
            AND e.hash = sealed_hash AND e.recorded_at = event_recorded;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such event to seal' USING ERRCODE = 'HD012';
    END IF;
    INSERT INTO ledger.seals (
        ledger, position, head_hash, recorded_at, sealed_at, previous, algorithm, key_id, signature, hash)
    VALUES (
        ledger_tag, at_position, sealed_hash, event_recorded, sealed, previous_seal,
        signature_algorithm, signing_key, seal_signature, seal_hash);
END $$;

REVOKE ALL ON FUNCTION ledger.store_seal FROM PUBLIC;
GRANT SELECT ON ledger.seals TO hudang_service;
GRANT EXECUTE ON FUNCTION ledger.store_seal TO hudang_service;
