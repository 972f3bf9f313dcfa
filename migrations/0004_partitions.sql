-- Partitions are made ahead and dropped whole. The functions run as the owner, so that the service needs no right to
-- change tables. A default partition catches what no partition stands for; nothing is ever refused for lack of one.

CREATE FUNCTION ensure_partition(parent text, part text, low bigint, high bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Made apart and attached: that takes a far weaker lock on the parent than PARTITION OF.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
    IF parent = 'audit' THEN
        EXECUTE format('CREATE UNIQUE INDEX ON %I (subject_kind, subject_id, version)', part);
        EXECUTE format('CREATE UNIQUE INDEX ON %I (stream, stream_sequence)', part);
        EXECUTE format('CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
    END IF;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, part, low, high);
    RETURN true;
EXCEPTION
    -- The default partition holds rows of this range already: they stay there, and so do those to come.
    WHEN check_violation THEN
        RETURN false;
END $$;

CREATE FUNCTION make_partitions(now bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    at timestamp := timestamp 'epoch' + (now / 1000000) * interval '1 second';
    month timestamp;
    day integer;
    today integer := (now / 86400000000)::integer;
    made integer := 0;
BEGIN
    FOR ahead IN 0..2 LOOP
        month := date_trunc('month', at) + ahead * interval '1 month';
        made := made + ensure_partition('audit', 'audit_' || to_char(month, 'YYYYMM'),
            (extract(epoch FROM month) * 1000000)::bigint,
            (extract(epoch FROM month + interval '1 month') * 1000000)::bigint)::integer;
    END LOOP;
    FOR day IN today..today + 3 LOOP
        made := made + ensure_partition('outbox', 'outbox_' || to_char(date 'epoch' + day, 'YYYYMMDD'),
            day * 86400000000, (day + 1) * 86400000000)::integer;
    END LOOP;
    FOR day IN today - 15..today + 3 LOOP
        made := made + ensure_partition('duplicate_key', 'duplicate_key_' || to_char(date 'epoch' + day, 'YYYYMMDD'),
            day * 1440, (day + 1) * 1440)::integer;
    END LOOP;
    RETURN made;
END $$;

-- Drops days of duplicate keys older than 15 days, and days of the outbox older than 7 whose rows are all sent.
CREATE FUNCTION drop_partitions(now bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    part record;
    today integer := (now / 86400000000)::integer;
    unsent boolean;
    dropped integer := 0;
BEGIN
    FOR part IN
        SELECT parent.relname::text AS parent, child.relname::text AS name,
            (to_date(substring(child.relname FROM '\d{8}$'), 'YYYYMMDD') - date 'epoch') AS day
        FROM pg_inherits
        JOIN pg_class AS parent ON parent.oid = inhparent
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent IN ('outbox'::regclass, 'duplicate_key'::regclass) AND child.relname ~ '_\d{8}$'
        ORDER BY 1, 2
    LOOP
        IF part.parent = 'duplicate_key' AND part.day < today - 15 THEN
            EXECUTE format('DROP TABLE %I', part.name);
            dropped := dropped + 1;
        ELSIF part.parent = 'outbox' AND part.day < today - 7 THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE sent_at IS NULL)', part.name) INTO unsent;
            IF NOT unsent THEN
                EXECUTE format('DROP TABLE %I', part.name);
                dropped := dropped + 1;
            END IF;
        END IF;
    END LOOP;
    RETURN dropped;
END $$;

REVOKE ALL ON FUNCTION ensure_partition, make_partitions, drop_partitions FROM PUBLIC;

-- The service's role reads and writes state, only adds to the audit, and changes no table.
CREATE FUNCTION grant_service(service name) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_default FROM %I', service);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON _sqlx_migrations FROM %I', service);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('GRANT EXECUTE ON FUNCTION make_partitions, drop_partitions TO %I', service);
END $$;
REVOKE ALL ON FUNCTION grant_service FROM PUBLIC;

SELECT make_partitions((extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
