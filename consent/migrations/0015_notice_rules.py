"""What only the database can hold of notices: two persons, the document that was submitted, and what it announces.

And the first privacy notice. It names every kind of organization, since it cannot know which ones a provider gives data
to; from the provider's own first notice on, organizations are named.
"""

from datetime import date
from hashlib import sha256

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.models.functions import Now

from accounts.models import Recipient
from consent.notice_document import document_digest, document_of
from consent.notice_lists import Sources, in_order, lists_of
from protection.operations import roles
from retention.models.proposals import DECISION_COLUMNS
from retention.operations import WriteOnce

ANNOUNCED = """
CREATE FUNCTION consent_is_announced(for_recipient bigint, for_purpose bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM (
            SELECT purpose_codes, recipient_kinds, recipient_uuids FROM consent_notice
            WHERE kind = 'privacy' AND approved_at IS NOT NULL AND effective_from <= consent_today()
            ORDER BY effective_from DESC, number DESC LIMIT 1
        ) notice
        WHERE (for_purpose IS NULL OR EXISTS (
            SELECT FROM consent_purpose purpose
            WHERE purpose.id = for_purpose AND purpose.code = ANY (notice.purpose_codes)
              AND (for_recipient IS NULL OR purpose.recipient_kinds = '{}' OR EXISTS (
                   SELECT FROM accounts_recipient recipient
                   WHERE recipient.id = for_recipient AND recipient.kind = ANY (purpose.recipient_kinds)))))
        AND (for_recipient IS NULL OR EXISTS (
            SELECT FROM accounts_recipient recipient
            WHERE recipient.id = for_recipient
              AND (recipient.kind = ANY (notice.recipient_kinds) OR recipient.uuid = ANY (notice.recipient_uuids))))
    )
$$;

CREATE FUNCTION consent_notice_lists() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT document::jsonb -> 'lists' FROM consent_notice
    WHERE kind = 'privacy' AND approved_at IS NOT NULL AND effective_from <= consent_today()
    ORDER BY effective_from DESC, number DESC LIMIT 1
$$;
"""
DROP_ANNOUNCED = """
DROP FUNCTION consent_notice_lists();
DROP FUNCTION consent_is_announced(bigint, bigint);
"""

PURPOSES = """
CREATE FUNCTION consent_purpose_terms(purpose consent_purpose) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'code', purpose.code, 'is_secondary', purpose.is_secondary, 'name_en', purpose.name_en,
        'name_es', purpose.name_es, 'description_en', purpose.description_en, 'description_es', purpose.description_es,
        'field_ids', to_jsonb(ARRAY(SELECT id FROM unnest(purpose.field_ids) id ORDER BY id COLLATE "C")),
        'typical_months', purpose.typical_months,
        'recipient_kinds', to_jsonb(ARRAY(
            SELECT kind FROM unnest(purpose.recipient_kinds) kind ORDER BY kind COLLATE "C")))
$$;

CREATE FUNCTION consent_keep_purpose() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    announced jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.code, NEW.is_secondary) IS DISTINCT FROM (OLD.code, OLD.is_secondary) THEN
        RAISE EXCEPTION 'a purpose keeps its code and its kind' USING ERRCODE = 'check_violation',
            HINT = 'Make a new purpose.';
    END IF;
    SELECT entry -> 'terms' INTO announced FROM jsonb_array_elements(consent_notice_lists() -> 'purposes') entry
    WHERE entry -> 'terms' ->> 'code' = NEW.code;
    IF announced IS NOT NULL AND announced <> consent_purpose_terms(NEW) THEN
        RAISE EXCEPTION 'the privacy notice in force says something else about the purpose %', NEW.code
            USING ERRCODE = 'check_violation', HINT = 'Propose the change; it counts once a notice contains it.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_purpose BEFORE INSERT OR UPDATE ON consent_purpose
    FOR EACH ROW EXECUTE FUNCTION consent_keep_purpose();
ALTER TABLE consent_purpose ENABLE ALWAYS TRIGGER keep_purpose;
"""
DROP_PURPOSES = """
DROP TRIGGER keep_purpose ON consent_purpose;
DROP FUNCTION consent_keep_purpose();
DROP FUNCTION consent_purpose_terms(consent_purpose);
"""

# A class's first version is installed with the class; each later one is a change of what customers were told.
RULES = """
CREATE FUNCTION consent_keep_rule() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    former retention_retentionrule;
BEGIN
    SELECT * INTO former FROM retention_retentionrule
    WHERE retention_class = NEW.retention_class ORDER BY valid_from DESC LIMIT 1;
    IF FOUND AND (NEW.months, NEW.cutoff) IS DISTINCT FROM (former.months, former.cutoff) AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(consent_notice_lists() -> 'periods') entry
        WHERE entry ->> 'class' = NEW.retention_class AND entry ->> 'cutoff' = NEW.cutoff
          AND (entry ->> 'months')::int IS NOT DISTINCT FROM NEW.months
    ) THEN
        RAISE EXCEPTION 'the privacy notice in force says another period for the class %', NEW.retention_class
            USING ERRCODE = 'check_violation', HINT = 'Approve a notice that says this period; it then takes effect.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_announced BEFORE INSERT ON retention_retentionrule
    FOR EACH ROW EXECUTE FUNCTION consent_keep_rule();
ALTER TABLE retention_retentionrule ENABLE ALWAYS TRIGGER keep_announced;
"""
DROP_RULES = """
DROP TRIGGER keep_announced ON retention_retentionrule;
DROP FUNCTION consent_keep_rule();
"""

PROMISES = """
CREATE FUNCTION consent_keep_promised() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM consent_noticesubmission submission JOIN consent_notice notice ON notice.id = submission.notice_id
        WHERE notice.kind = 'privacy' AND submission.is_approved IS NOT FALSE
          AND (notice.approved_at IS NULL OR notice.effective_from > consent_today())
          AND submission.document::jsonb -> 'lists' -> 'changes' ? NEW.uuid::text
    ) THEN
        RAISE EXCEPTION 'a notice that is submitted or approved contains this change' USING ERRCODE = 'check_violation',
            HINT = 'Have the notice sent back first.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_promised BEFORE UPDATE OF withdrawn_at ON retention_ruleproposal
    FOR EACH ROW WHEN (NEW.withdrawn_at IS NOT NULL) EXECUTE FUNCTION consent_keep_promised();
CREATE TRIGGER keep_promised BEFORE UPDATE OF withdrawn_at ON consent_purposechange
    FOR EACH ROW WHEN (NEW.withdrawn_at IS NOT NULL) EXECUTE FUNCTION consent_keep_promised();
ALTER TABLE retention_ruleproposal ENABLE ALWAYS TRIGGER keep_promised;
ALTER TABLE consent_purposechange ENABLE ALWAYS TRIGGER keep_promised;
"""
DROP_PROMISES = """
DROP TRIGGER keep_promised ON retention_ruleproposal;
DROP TRIGGER keep_promised ON consent_purposechange;
DROP FUNCTION consent_keep_promised();
"""

GRANTS_OF_CONSENT = """
CREATE FUNCTION consent_require_announced() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT consent_is_announced(NEW.recipient_id, NEW.purpose_id) THEN
        RAISE EXCEPTION 'the privacy notice in force does not name this recipient and purpose'
            USING ERRCODE = 'check_violation', HINT = 'Publish a notice that does.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER require_announced BEFORE INSERT ON consent_consentversion
    FOR EACH ROW WHEN (NEW.kind = 'grant') EXECUTE FUNCTION consent_require_announced();
ALTER TABLE consent_consentversion ENABLE ALWAYS TRIGGER require_announced;
"""
DROP_GRANTS = """
DROP TRIGGER require_announced ON consent_consentversion;
DROP FUNCTION consent_require_announced();
"""

_FREEZE = """
CREATE OR REPLACE FUNCTION consent_freeze_notice() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'an approved notice is frozen' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Write a new version of the notice.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
{further}    IF NEW.approved_at IS NOT NULL
       AND (SELECT count(DISTINCT language) FROM consent_noticetext WHERE notice_id = NEW.id) < 2 THEN
        RAISE EXCEPTION 'a notice is approved in both languages' USING ERRCODE = 'check_violation';
    END IF;
{announce}    RETURN NEW;
END $$;
"""
_FURTHER = """    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'a withdrawn notice stays withdrawn' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Write a new version of the notice.';
    END IF;
    NEW.purpose_codes := '{}';
    NEW.recipient_kinds := '{}';
    NEW.recipient_uuids := '{}';
    IF NEW.approved_at IS NULL THEN
        NEW.document := '';
        NEW.sha256 := '';
        RETURN NEW;
    END IF;
"""
_ANNOUNCE = """    PERFORM consent_check_approval(NEW);
    IF NEW.kind = 'privacy' THEN
        NEW.purpose_codes := ARRAY(
            SELECT entry -> 'terms' ->> 'code'
            FROM jsonb_array_elements(NEW.document::jsonb -> 'lists' -> 'purposes') entry);
        NEW.recipient_kinds := ARRAY(
            SELECT entry ->> 'kind' FROM jsonb_array_elements(NEW.document::jsonb -> 'lists' -> 'kinds') entry);
        NEW.recipient_uuids := ARRAY(
            SELECT (entry ->> 'uuid')::uuid
            FROM jsonb_array_elements(NEW.document::jsonb -> 'lists' -> 'recipients') entry);
    END IF;
"""
APPROVAL = """
CREATE FUNCTION consent_check_approval(notice consent_notice) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    frozen jsonb;
BEGIN
    IF NOT EXISTS (
        SELECT FROM consent_noticesubmission submission
        WHERE submission.notice_id = notice.id AND submission.is_approved
          AND submission.document = notice.document AND submission.sha256 = notice.sha256
    ) THEN
        RAISE EXCEPTION 'a notice is approved by a second person, as it was submitted'
            USING ERRCODE = 'check_violation';
    END IF;
    frozen := notice.document::jsonb;
    IF (frozen ->> 'kind', (frozen ->> 'number')::int, (frozen ->> 'effective_from')::date,
        (frozen ->> 'asks_anew')::boolean)
       IS DISTINCT FROM (notice.kind, notice.number, notice.effective_from, notice.asks_anew)
       OR EXISTS (
        SELECT FROM consent_noticetext text
        WHERE text.notice_id = notice.id
          AND text.sha256 IS DISTINCT FROM frozen -> 'texts' -> text.language ->> 'sha256'
    ) THEN
        RAISE EXCEPTION 'what is approved is not what was submitted' USING ERRCODE = 'check_violation';
    END IF;
    IF notice.effective_from < consent_today() OR EXISTS (
        SELECT FROM consent_notice former
        WHERE former.kind = notice.kind AND former.approved_at IS NOT NULL AND former.id <> notice.id
          AND former.effective_from > notice.effective_from
    ) THEN
        RAISE EXCEPTION 'a notice takes effect today or later, and after the one before it'
            USING ERRCODE = 'check_violation';
    END IF;
END $$;
"""
DROP_APPROVAL = "DROP FUNCTION consent_check_approval(consent_notice);"

_FREEZE_TEXT = """
CREATE OR REPLACE FUNCTION consent_freeze_noticetext() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept consent_noticetext := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM FROM consent_notice notice
    WHERE id IN (kept.notice_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.notice_id END) AND ({frozen});
    IF FOUND THEN
        RAISE EXCEPTION 'an approved notice is frozen{also}' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Write a new version of the notice.';
    END IF;
    RETURN kept;
END $$;
"""
_SUBMITTED = """approved_at IS NOT NULL OR withdrawn_at IS NOT NULL OR EXISTS (
        SELECT FROM consent_noticesubmission submission
        WHERE submission.notice_id = notice.id AND submission.decided_at IS NULL)"""
FREEZE = _FREEZE.replace("{further}", _FURTHER).replace("{announce}", _ANNOUNCE)
FREEZE_BEFORE = _FREEZE.replace("{further}", "").replace("{announce}", "")
FREEZE_TEXT = _FREEZE_TEXT.replace("{frozen}", _SUBMITTED).replace("{also}", ", and so is one that waits for approval")
FREEZE_TEXT_BEFORE = _FREEZE_TEXT.replace("{frozen}", "approved_at IS NOT NULL").replace("{also}", "")

RIGHTS = f"""
REVOKE ALL ON FUNCTION consent_is_announced(bigint, bigint), consent_notice_lists(),
    consent_purpose_terms(consent_purpose), consent_check_approval(consent_notice) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consent_is_announced(bigint, bigint), consent_notice_lists(),
    consent_purpose_terms(consent_purpose), consent_check_approval(consent_notice) TO {roles("web", "worker", "owner")};
"""

TITLE_EN = "How we use and protect your information"
BODY_EN = """\
To bring you electricity we need information about you. This notice says which, what we do with it, who may receive it,
how long we keep it, and what you can do. The lists at its end are made by the system that keeps your information, so
that they say what it really does.

What we collect. What you tell us when you open an account, what your meter measures, what you are billed and what you
pay, and what happens when you use this portal.

What we use it for. To run your account and bring you electricity, to bill you, to tell you about your energy use and
our programs, and to meet our legal duties. For anything else we ask you first, in writing, one purpose at a time. You
may say no, and you may end it again with one click.

Who may receive it. Firms that work for us under a confidentiality agreement, organizations that you yourself choose,
and authorities where the law says so. We never sell your information. Every time we give something of yours to
somebody, we write it down, and you can read it in this portal under "Who has my data".

Totals. We may publish totals for an area, a climate zone or a group of customers in which nobody can be recognized.

How long we keep it. No longer than we need it, as listed below. Where a law or a court orders us to keep something, we
keep it until that order ends.

What you can do. See what we hold about you, have it corrected, ask who received it, end an agreement, choose what we
write to you about and how, ask for your data to be deleted, and complain. All of it costs nothing.

Children. We take information about a person under eighteen only with the consent of a parent or guardian.

How we protect it. It is encrypted on its way and where it is kept. Only people who signed a confidentiality agreement
see it, and each look is recorded.

Changes. We send you this notice when you open an account, once a year, and when it changes. Nothing that it says
changes before a new version takes effect; every version stays published, with the differences.
"""
TITLE_ES = "Cómo usamos y protegemos su información"
BODY_ES = """\
Para suministrarle electricidad necesitamos información sobre usted. Este aviso dice cuál, qué hacemos con ella, quién
puede recibirla, cuánto tiempo la conservamos y qué puede hacer usted. Las listas del final las genera el sistema que
guarda su información, de modo que dicen lo que realmente hace.

Qué recopilamos. Lo que usted nos dice al abrir una cuenta, lo que mide su medidor, lo que se le factura y lo que paga,
y lo que ocurre cuando usa este portal.

Para qué la usamos. Para llevar su cuenta y suministrarle electricidad, para facturarle, para informarle sobre su
consumo y nuestros programas, y para cumplir nuestras obligaciones legales. Para todo lo demás le preguntamos antes, por
escrito y una finalidad cada vez. Usted puede negarse, y puede terminarlo después con un clic.

Quién puede recibirla. Empresas que trabajan para nosotros con un acuerdo de confidencialidad, organizaciones que usted
mismo elige, y autoridades cuando la ley lo dispone. Nunca vendemos su información. Cada vez que entregamos algo suyo a
alguien lo anotamos, y usted puede leerlo en este portal, en "Quién tiene mis datos".

Totales. Podemos publicar totales de una zona, una zona climática o un grupo de clientes en los que no se pueda
reconocer a nadie.

Cuánto tiempo la conservamos. No más de lo necesario, según la lista de abajo. Si una ley o un tribunal nos ordena
conservar algo, lo conservamos hasta que termine esa orden.

Qué puede hacer usted. Ver lo que tenemos sobre usted, hacerlo corregir, preguntar quién lo recibió, terminar un
acuerdo, elegir sobre qué le escribimos y cómo, pedir que se borren sus datos, y quejarse. Todo ello es gratuito.

Menores. Solo tomamos información de una persona menor de dieciocho años con el consentimiento de su padre, madre o
tutor.

Cómo la protegemos. Está cifrada en el camino y donde se guarda. Solo la ven personas que firmaron un acuerdo de
confidencialidad, y cada consulta queda registrada.

Cambios. Le enviamos este aviso cuando abre una cuenta, una vez al año y cuando cambia. Nada de lo que dice cambia antes
de que entre en vigor una nueva versión; todas las versiones siguen publicadas, con sus diferencias.
"""
SHIPPED = "Shipped with the portal"


def settle(apps, schema_editor):
    """Write down the documents of the notices that are approved already, and the first privacy notice."""
    schema_editor.execute("ALTER TABLE consent_notice DISABLE TRIGGER keep_frozen")
    notices = apps.get_model("consent", "Notice").objects
    for notice in notices.filter(approved_at__isnull=False, kind="consent_form"):
        _freeze(notice, None)
    notice = notices.create(kind="privacy", number=1, effective_from=date(2020, 1, 1))
    for language, title, body in (("en", TITLE_EN, BODY_EN), ("es", TITLE_ES, BODY_ES)):
        digest = sha256(f"{title}\n\n{body}".encode()).hexdigest()
        notice.texts.create(language=language, title=title, body=body, sha256=digest)
    sources = _sources(apps)
    notice.approved_at, notice.approved_by = Now(), SHIPPED
    notice.purpose_codes = [purpose.code for purpose in sources.purposes]
    notice.recipient_kinds = list(sources.kinds)
    notice.recipient_uuids = [recipient.uuid for recipient in sources.recipients]
    _freeze(notice, lists_of(sources))
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    schema_editor.execute("ALTER TABLE consent_notice ENABLE ALWAYS TRIGGER keep_frozen")


def _freeze(notice, lists):
    notice.document = document_of(notice, list(notice.texts.order_by("language")), lists)
    notice.sha256 = document_digest(notice.document)
    notice.save()


def _sources(apps):
    rules = list(apps.get_model("retention", "RetentionRule").objects.filter(valid_to__isnull=True))
    return Sources(
        purposes=list(apps.get_model("consent", "Purpose").objects.order_by("is_secondary", "pk")),
        recipients=list(apps.get_model("accounts", "Recipient").objects.filter(stopped_at__isnull=True)),
        rules=in_order(rules),
        cutoffs={rule.retention_class: rule.cutoff for rule in rules},
        kinds=tuple(Recipient.Kind.values),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0014_notices"),
        ("retention", "0026_waiting_rules_valid"),
        ("accounts", "0014_purge_clock_of_reveals"),
    ]
    operations = [
        ValidateConstraint("notice", "notice_withdrawn_at_by"),
        ValidateConstraint("notice", "notice_approved_stays"),
        WriteOnce("consent_noticesubmission", closing=[*DECISION_COLUMNS, "decision_note"]),
        WriteOnce(
            "consent_purposechange",
            closing=[
                *DECISION_COLUMNS,
                "withdrawn_at",
                "withdrawn_by_name",
                "applied_at",
                "notice_id",
                "purpose_id",
            ],
        ),
        migrations.RunPython(settle, migrations.RunPython.noop),
        migrations.RunSQL(APPROVAL, DROP_APPROVAL),
        migrations.RunSQL(FREEZE + FREEZE_TEXT, FREEZE_BEFORE + FREEZE_TEXT_BEFORE),
        migrations.RunSQL(ANNOUNCED, DROP_ANNOUNCED),
        migrations.RunSQL(PURPOSES, DROP_PURPOSES),
        migrations.RunSQL(RULES, DROP_RULES),
        migrations.RunSQL(PROMISES, DROP_PROMISES),
        migrations.RunSQL(GRANTS_OF_CONSENT, DROP_GRANTS),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
