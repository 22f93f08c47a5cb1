"""A log as a hash chain: each entry hashes the one before, so that every append locks the head."""

SCHEMA = """
CREATE TABLE chain_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
    kind varchar(60) NOT NULL, subject_tag bytea NOT NULL, commitment bytea NOT NULL, hash bytea NOT NULL
);
CREATE INDEX chain_entry_by_subject ON chain_entry (subject_tag, id);
CREATE TABLE chain_head (is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), hash bytea NOT NULL);
INSERT INTO chain_head (hash) VALUES (sha256(''));
CREATE FUNCTION chain_append(kind varchar, tag bytea, commitment bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    latest bytea;
BEGIN
    SELECT head.hash INTO latest FROM chain_head head FOR UPDATE;
    latest := sha256(latest || tag || commitment || convert_to(kind, 'UTF8'));
    INSERT INTO chain_entry (kind, subject_tag, commitment, hash) VALUES (kind, tag, commitment, latest);
    UPDATE chain_head SET hash = latest;
END $$;
"""
APPEND = "SELECT chain_append('thing.done', uuid_send(gen_random_uuid()), sha256(uuid_send(gen_random_uuid())));"
