-- Rotation of the master key, and the end of a person's key. Run as hudang_owner.

DO $$
BEGIN
    IF EXISTS (SELECT FROM ledger.person_keys) THEN
        RAISE EXCEPTION 'this database was filled before the first release; begin with an empty one';
    END IF;
END $$;

-- The secret of identity digests and fingerprints, which outlives every master key. `key_id` names the master
-- key that wraps it, and that must wrap whatever is stored from now on. One row, made at the first use.
CREATE TABLE ledger.digest_secret (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    key_id  text NOT NULL CHECK (key_id <> ''),
    wrapped bytea NOT NULL
);
CREATE TRIGGER never_lost BEFORE DELETE OR TRUNCATE ON ledger.digest_secret
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.digest_secret ENABLE ALWAYS TRIGGER never_lost;

-- Keep the secret, unless there is one already; the answer is what is kept.
CREATE FUNCTION ledger.store_digest_secret(
    under_key_id text, secret_wrapped bytea, OUT key_id text, OUT wrapped bytea
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger.digest_secret AS s (key_id, wrapped) VALUES (under_key_id, secret_wrapped)
        ON CONFLICT DO NOTHING;
    SELECT s.key_id, s.wrapped INTO key_id, wrapped FROM ledger.digest_secret s;
END $$;

-- A person's key is wrapped by the master key of that id; or it was destroyed, and its row stays as a tombstone.
ALTER TABLE ledger.person_keys
    ADD COLUMN key_id text NOT NULL,
    ADD COLUMN erased_at timestamptz,
    ALTER COLUMN wrapped DROP NOT NULL,
    ADD CONSTRAINT kept_or_erased CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL));

CREATE TRIGGER erased_for_ever BEFORE UPDATE OR DELETE ON ledger.person_keys
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger.person_keys
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.person_keys ENABLE ALWAYS TRIGGER erased_for_ever;
ALTER TABLE ledger.person_keys ENABLE ALWAYS TRIGGER never_emptied;

DROP FUNCTION ledger.store_person_key(text, text, bytea);

-- Keep a person's wrapped key, unless there is one already or there was one; the answer is what is kept. A key
-- that another master key wraps is refused: so nothing is wrapped by an old one once its rotation has begun.
CREATE FUNCTION ledger.store_person_key(
    ledger_tag text, key_person text, key_wrapped bytea, under_key_id text,
    OUT wrapped bytea, OUT key_id text, OUT erased_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM ledger.ledgers l WHERE l.ledger = ledger_tag;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown ledger' USING ERRCODE = 'HD004';
    END IF;
    PERFORM FROM ledger.digest_secret s WHERE s.key_id = under_key_id FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another master key is in use' USING ERRCODE = 'HD013';
    END IF;
    INSERT INTO ledger.person_keys AS k (ledger, person, wrapped, key_id)
        VALUES (ledger_tag, key_person, key_wrapped, under_key_id) ON CONFLICT DO NOTHING;
    SELECT k.wrapped, k.key_id, k.erased_at INTO wrapped, key_id, erased_at
        FROM ledger.person_keys k WHERE k.ledger = ledger_tag AND k.person = key_person;
END $$;

-- Few, and looked for at every look of the scheduler.
CREATE INDEX events_person_erased ON ledger.events (ledger, stream) WHERE topic = 'person.erased';

-- Destroy the key of a person whose erasure is recorded, and forget whose the identity number was. Again is the
-- same. Without the event nothing is destroyed, whoever asks; `erased_at` is when the ledger learnt it.
CREATE FUNCTION ledger.erase_person(ledger_tag text, erased_person text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    erased timestamptz;
BEGIN
    SELECT min(e.recorded_at) INTO erased FROM ledger.events e
        WHERE e.ledger = ledger_tag AND e.stream = erased_person AND e.topic = 'person.erased';
    IF erased IS NULL THEN
        RAISE EXCEPTION 'no erasure of this person is recorded' USING ERRCODE = 'HD014';
    END IF;
    DELETE FROM ledger.identities i WHERE i.ledger = ledger_tag AND i.person = erased_person;
    INSERT INTO ledger.person_keys AS k (ledger, person, wrapped, key_id, erased_at)
        VALUES (ledger_tag, erased_person, NULL, '', erased)
        ON CONFLICT (ledger, person) DO UPDATE SET wrapped = NULL, key_id = '', erased_at = excluded.erased_at
        WHERE k.erased_at IS NULL;
    RETURN erased;
END $$;

REVOKE ALL ON FUNCTION ledger.store_digest_secret, ledger.store_person_key, ledger.erase_person FROM PUBLIC;
GRANT SELECT ON ledger.digest_secret TO hudang_service;
GRANT EXECUTE ON FUNCTION ledger.store_digest_secret, ledger.store_person_key, ledger.erase_person TO hudang_service;
