-- Tables and queries of a cluster's database, schema version 1. PostgreSQL 12 or later, encoding UTF8.
--
-- Orleans' ADO.NET providers hold no SQL of their own: at start they read it from the table OrleansQuery, by fixed keys, and call it with fixed parameter names, expecting fixed
-- columns. That table, its two columns, the keys, parameters and result columns are their contract (version 10.4.2); everything else here is ours.
--
-- Each query is one transaction, and each that changes something decides by a WHERE clause on a row that it locks. At READ COMMITTED, which is the default, the loser of a race waits for
-- that lock, sees the row as the winner left it, and changes nothing.

CREATE TABLE shardinit_schema
(
    sole_row boolean PRIMARY KEY DEFAULT true CHECK (sole_row),
    version integer NOT NULL,
    installed timestamptz NOT NULL DEFAULT now()
);
INSERT INTO shardinit_schema (version) VALUES (1);

CREATE TABLE OrleansQuery
(
    QueryKey text PRIMARY KEY,
    QueryText text NOT NULL
);

-- Versions of grain states and reminders. Drawn, not counted up, so that a row that was deleted and made again never has a version that an old activation still believes in.
CREATE SEQUENCE shardinit_version AS integer CYCLE;

-- A name of several parts as 32 bytes, injective: names of grains hold paths of thousands of bytes, more than an index takes.
CREATE FUNCTION shardinit_key(VARIADIC parts text[]) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(string_agg(coalesce(length(part)::text, 'null') || ':' || coalesce(part, ''), ',' ORDER BY place), 'UTF8'))
    FROM unnest(parts) WITH ORDINALITY AS listed (part, place)
$$;

--------------------------------------------------------------------------------------------------------------------------------------------------------------------------------
-- Membership: one version for the table of a cluster, and a row for each silo that ever joined. A change of rows is made together with a step of the version, or not at all.

CREATE TABLE shardinit_cluster
(
    cluster text PRIMARY KEY,
    version integer NOT NULL DEFAULT 0
);

CREATE TABLE shardinit_silo
(
    cluster text NOT NULL REFERENCES shardinit_cluster,
    address text NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,            -- tells a silo from one that had the same address before
    name text NOT NULL,
    host text NOT NULL,
    status integer NOT NULL,                -- Orleans.Runtime.SiloStatus: 3 is active, 6 dead
    gateway_port integer NOT NULL,          -- 0: takes no clients
    suspicions text,                        -- who suspected it and when, in Orleans' own form
    started timestamptz NOT NULL,
    alive timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation)
) WITH (fillfactor = 70);

-- true: this call made the row.
INSERT INTO OrleansQuery VALUES ('InsertMembershipVersionKey', $$
    WITH made AS (INSERT INTO shardinit_cluster (cluster) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT EXISTS (SELECT FROM made)
$$);

-- Where the version has gone on, or the silo is there already, nothing happens. Two that join at once want the same version: one of them gets it.
CREATE FUNCTION shardinit_join(of_cluster text, expected integer, of_address text, of_port integer, of_generation integer, with_name text, on_host text, with_status integer, with_gateway integer,
    started_at timestamptz, alive_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shardinit_cluster SET version = version + 1
    WHERE cluster = of_cluster AND version = expected
        AND NOT EXISTS (SELECT FROM shardinit_silo WHERE cluster = of_cluster AND address = of_address AND port = of_port AND generation = of_generation);
    IF NOT FOUND THEN RETURN false; END IF;
    INSERT INTO shardinit_silo (cluster, address, port, generation, name, host, status, gateway_port, started, alive)
    VALUES (of_cluster, of_address, of_port, of_generation, with_name, on_host, with_status, with_gateway, started_at, alive_at);
    RETURN true;
END
$$;

INSERT INTO OrleansQuery VALUES ('InsertMembershipKey', $$
    SELECT shardinit_join(@DeploymentId, @Version, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime)
$$);

-- The row is locked first: a sign of life or cleaning up that comes in between must neither hide it nor leave a version without a change. One statement cannot do this: the part of it
-- that changes the row would decide by what the row was when the statement began.
CREATE FUNCTION shardinit_change(of_cluster text, expected integer, of_address text, of_port integer, of_generation integer, to_status integer, to_suspicions text, alive_at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM shardinit_silo WHERE cluster = of_cluster AND address = of_address AND port = of_port AND generation = of_generation FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE shardinit_cluster SET version = version + 1 WHERE cluster = of_cluster AND version = expected;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE shardinit_silo SET status = to_status, suspicions = to_suspicions, alive = alive_at
    WHERE cluster = of_cluster AND address = of_address AND port = of_port AND generation = of_generation;
    RETURN true;
END
$$;

INSERT INTO OrleansQuery VALUES ('UpdateMembershipKey', $$
    SELECT shardinit_change(@DeploymentId, @Version, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime)
$$);

-- Outside the version on purpose: nobody decides anything by it but cleaning up and people.
INSERT INTO OrleansQuery VALUES ('UpdateIAmAlivetimeKey', $$
    UPDATE shardinit_silo SET alive = @IAmAliveTime
    WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$);

-- Also without a silo there is one row: that with the version.
INSERT INTO OrleansQuery VALUES ('MembershipReadAllKey', $$
    SELECT silo.address AS Address, silo.port AS Port, silo.generation AS Generation, silo.name AS SiloName, silo.host AS HostName, silo.status AS Status,
        silo.gateway_port AS ProxyPort, silo.suspicions AS SuspectTimes, silo.started AS StartTime, silo.alive AS IAmAliveTime, whole.version AS Version
    FROM shardinit_cluster AS whole LEFT JOIN shardinit_silo AS silo ON silo.cluster = whole.cluster
    WHERE whole.cluster = @DeploymentId
$$);

INSERT INTO OrleansQuery VALUES ('MembershipReadRowKey', $$
    SELECT silo.address AS Address, silo.port AS Port, silo.generation AS Generation, silo.name AS SiloName, silo.host AS HostName, silo.status AS Status,
        silo.gateway_port AS ProxyPort, silo.suspicions AS SuspectTimes, silo.started AS StartTime, silo.alive AS IAmAliveTime, whole.version AS Version
    FROM shardinit_cluster AS whole
        LEFT JOIN shardinit_silo AS silo ON silo.cluster = whole.cluster AND silo.address = @Address AND silo.port = @Port AND silo.generation = @Generation
    WHERE whole.cluster = @DeploymentId
$$);

INSERT INTO OrleansQuery VALUES ('GatewaysQueryKey', $$
    SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation
    FROM shardinit_silo WHERE cluster = @DeploymentId AND status = @Status AND gateway_port > 0
$$);

-- Takes the row of one dead silo as the caller has seen it, and none that has changed since. The provider says nothing and nothing ('') alike of suspicions.
INSERT INTO OrleansQuery VALUES ('CleanupDefunctSiloEntryKey', $$
    DELETE FROM shardinit_silo
    WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND status = 6
        AND started = @StartTime AND alive = @IAmAliveTime AND coalesce(suspicions, '') = coalesce(@SuspectTimes, '')
$$);

-- The same for all at once, which the provider asks for, but runs only where the query above is missing. Only the dead: whether another one is, the other silos decide.
INSERT INTO OrleansQuery VALUES ('CleanupDefunctSiloEntriesKey', $$
    DELETE FROM shardinit_silo WHERE cluster = @DeploymentId AND status = 6 AND greatest(started, alive) < @IAmAliveTime
$$);

INSERT INTO OrleansQuery VALUES ('DeleteMembershipTableEntriesKey', $$
    WITH silos AS (DELETE FROM shardinit_silo WHERE cluster = @DeploymentId)
    DELETE FROM shardinit_cluster WHERE cluster = @DeploymentId
$$);

--------------------------------------------------------------------------------------------------------------------------------------------------------------------------------
-- Grain state: one row a grain. A write states the version that it follows (null: none) and gets the new one; a stale write gets back the version that it came with, which the
-- provider turns into InconsistentStateException.

CREATE TABLE shardinit_state
(
    key bytea PRIMARY KEY,                  -- shardinit_key over the next five
    service text NOT NULL,
    grain_type text NOT NULL,
    grain_n0 bigint NOT NULL,
    grain_n1 bigint NOT NULL,
    grain_name text,
    payload bytea,                          -- null: cleared; the version goes on
    version integer NOT NULL,
    modified timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

INSERT INTO OrleansQuery VALUES ('ReadFromStorageKey', $$
    SELECT payload AS PayloadBinary, version AS Version FROM shardinit_state
    WHERE key = shardinit_key(@ServiceId, @GrainTypeString, @GrainIdN0::text, @GrainIdN1::text, @GrainIdExtensionString)
$$);

INSERT INTO OrleansQuery VALUES ('WriteToStorageKey', $$
    WITH replaced AS
    (
        UPDATE shardinit_state SET payload = @PayloadBinary, version = nextval('shardinit_version'), modified = now()
        WHERE key = shardinit_key(@ServiceId, @GrainTypeString, @GrainIdN0::text, @GrainIdN1::text, @GrainIdExtensionString) AND version = @GrainStateVersion
        RETURNING version
    ),
    made AS
    (
        INSERT INTO shardinit_state (key, service, grain_type, grain_n0, grain_n1, grain_name, payload, version)
        SELECT shardinit_key(@ServiceId, @GrainTypeString, @GrainIdN0::text, @GrainIdN1::text, @GrainIdExtensionString),
            @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString, @PayloadBinary, nextval('shardinit_version')
        WHERE @GrainStateVersion IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version
    )
    SELECT coalesce((SELECT version FROM replaced), (SELECT version FROM made), @GrainStateVersion) AS NewGrainStateVersion
$$);

INSERT INTO OrleansQuery VALUES ('ClearStorageKey', $$
    WITH cleared AS
    (
        UPDATE shardinit_state SET payload = NULL, version = nextval('shardinit_version'), modified = now()
        WHERE key = shardinit_key(@ServiceId, @GrainTypeString, @GrainIdN0::text, @GrainIdN1::text, @GrainIdExtensionString) AND version = @GrainStateVersion
        RETURNING version
    )
    SELECT coalesce((SELECT version FROM cleared), @GrainStateVersion) AS NewGrainStateVersion
$$);

-- For DeleteStateOnClear: any version but the old one says that the row is gone.
INSERT INTO OrleansQuery VALUES ('DeleteStorageKey', $$
    WITH deleted AS
    (
        DELETE FROM shardinit_state
        WHERE key = shardinit_key(@ServiceId, @GrainTypeString, @GrainIdN0::text, @GrainIdN1::text, @GrainIdExtensionString) AND version = @GrainStateVersion
        RETURNING version
    )
    SELECT coalesce((SELECT -version FROM deleted), @GrainStateVersion) AS NewGrainStateVersion
$$);

--------------------------------------------------------------------------------------------------------------------------------------------------------------------------------
-- Reminders. Silos share the ring of 32-bit hashes, stored as signed numbers; each reads the arc that it owns, open at its begin and closed at its end.

CREATE TABLE shardinit_reminder
(
    grain_key bytea NOT NULL,               -- shardinit_key over the next two
    service text NOT NULL,
    grain text NOT NULL,
    name text NOT NULL,
    grain_hash integer NOT NULL,
    started timestamptz NOT NULL,
    period bigint NOT NULL,                 -- milliseconds
    version integer NOT NULL,
    PRIMARY KEY (grain_key, name)
);
CREATE INDEX shardinit_reminder_ring ON shardinit_reminder (grain_hash);

INSERT INTO OrleansQuery VALUES ('UpsertReminderRowKey', $$
    INSERT INTO shardinit_reminder AS old (grain_key, service, grain, name, grain_hash, started, period, version)
    VALUES (shardinit_key(@ServiceId, @GrainId), @ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, nextval('shardinit_version'))
    ON CONFLICT (grain_key, name) DO UPDATE SET grain_hash = excluded.grain_hash, started = excluded.started, period = excluded.period, version = excluded.version
    RETURNING old.version AS Version
$$);

INSERT INTO OrleansQuery VALUES ('ReadReminderRowKey', $$
    SELECT grain AS GrainId, name AS ReminderName, started AS StartTime, period AS Period, version AS Version
    FROM shardinit_reminder WHERE grain_key = shardinit_key(@ServiceId, @GrainId) AND name = @ReminderName
$$);

INSERT INTO OrleansQuery VALUES ('ReadReminderRowsKey', $$
    SELECT grain AS GrainId, name AS ReminderName, started AS StartTime, period AS Period, version AS Version
    FROM shardinit_reminder WHERE grain_key = shardinit_key(@ServiceId, @GrainId)
$$);

INSERT INTO OrleansQuery VALUES ('ReadRangeRows1Key', $$
    SELECT grain AS GrainId, name AS ReminderName, started AS StartTime, period AS Period, version AS Version
    FROM shardinit_reminder WHERE service = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash
$$);

-- An arc that passes the largest number; equal ends are the whole ring.
INSERT INTO OrleansQuery VALUES ('ReadRangeRows2Key', $$
    SELECT grain AS GrainId, name AS ReminderName, started AS StartTime, period AS Period, version AS Version
    FROM shardinit_reminder WHERE service = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
$$);

INSERT INTO OrleansQuery VALUES ('DeleteReminderRowKey', $$
    WITH deleted AS (DELETE FROM shardinit_reminder WHERE grain_key = shardinit_key(@ServiceId, @GrainId) AND name = @ReminderName AND version = @Version RETURNING 1)
    SELECT EXISTS (SELECT FROM deleted)
$$);

INSERT INTO OrleansQuery VALUES ('DeleteReminderRowsKey', $$
    DELETE FROM shardinit_reminder WHERE service = @ServiceId
$$);
