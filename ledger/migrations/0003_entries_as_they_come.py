"""The database takes an entry only as it comes: a next id, the present, a tag of 16 bytes, a commitment of 32.

An entry leaves the waiting list only into the tree. The trigger's search path ends in pg_temp: left out, PostgreSQL
looks there first, and a temporary table called ledger_unsealed would swallow entries before they could be sealed.
"""

from django.db import migrations

WAIT = """
CREATE OR REPLACE FUNCTION ledger_await_sealing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE id NOT BETWEEN 1 AND (SELECT last_value FROM ledger_entry_id_seq)) THEN
        RAISE EXCEPTION 'A ledger entry takes the next id, not one of its own choice'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM added WHERE created_at NOT BETWEEN transaction_timestamp() AND clock_timestamp()) THEN
        RAISE EXCEPTION 'A ledger entry is made now, neither earlier nor later' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO ledger_unsealed (entry_id) SELECT id FROM added;
    RETURN NULL;
END
$$;

ALTER TABLE ledger_entry
    ADD CONSTRAINT entry_tag_has_16_bytes CHECK (octet_length(subject_tag) = 16) NOT VALID,
    ADD CONSTRAINT entry_commitment_has_32_bytes CHECK (octet_length(commitment) = 32) NOT VALID;
ALTER TABLE ledger_entry VALIDATE CONSTRAINT entry_tag_has_16_bytes;
ALTER TABLE ledger_entry VALIDATE CONSTRAINT entry_commitment_has_32_bytes;

CREATE FUNCTION ledger_leave_into_tree() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM removed WHERE NOT EXISTS (SELECT FROM ledger_sealed s WHERE s.entry_id = removed.entry_id))
    THEN
        RAISE EXCEPTION 'An entry waits until it is sealed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER leave_into_tree AFTER DELETE ON ledger_unsealed
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION ledger_leave_into_tree();
ALTER TABLE ledger_unsealed ENABLE ALWAYS TRIGGER leave_into_tree;
"""

UNWAIT = """
DROP TRIGGER leave_into_tree ON ledger_unsealed;
DROP FUNCTION ledger_leave_into_tree();
ALTER TABLE ledger_entry DROP CONSTRAINT entry_tag_has_16_bytes, DROP CONSTRAINT entry_commitment_has_32_bytes;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_rules")]
    operations = [migrations.RunSQL(WAIT, UNWAIT)]
