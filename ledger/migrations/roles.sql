-- Roles and schemas that every migration needs. Roles are shared by all databases of a server, and another
-- database may be migrated at this moment: whoever comes second finds them made.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY ['hudang_owner', 'hudang_service', 'hudang_bulk'] LOOP
        BEGIN
            IF to_regrole(wanted) IS NULL THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;

    -- Who migrates acts as the owner. A superuser may anyway; who created the role may grant it to himself.
    IF NOT pg_has_role(current_user, 'hudang_owner', 'USAGE') THEN
        BEGIN
            EXECUTE format('GRANT hudang_owner TO %I', current_user);
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END;
    END IF;

    -- The service becomes the bulk role to stage a bulk append, and has nothing of its rights otherwise.
    IF NOT pg_has_role('hudang_service', 'hudang_bulk', 'MEMBER') THEN
        BEGIN
            GRANT hudang_bulk TO hudang_service WITH INHERIT FALSE;
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END;
    END IF;

    IF to_regrole('hudang') IS NOT NULL AND NOT pg_has_role('hudang', 'hudang_service', 'MEMBER') THEN
        BEGIN
            GRANT hudang_service TO hudang;
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END;
    END IF;
END $$;

CREATE SCHEMA IF NOT EXISTS ledger AUTHORIZATION hudang_owner;
CREATE SCHEMA IF NOT EXISTS projections AUTHORIZATION hudang_owner;
