"""Bring in the purposes that the portal ships with, and the first consent form in both languages."""

from datetime import date
from hashlib import sha256

from django.db import migrations
from django.db.models.functions import Now

from consent import purposes

TITLE_EN = "Your consent to share energy and account information"
BODY_EN = """\
By agreeing, you allow us to give the information listed on this form to the organization named on it.

What you agree to. Only the information that is ticked, only for the days of data stated, only for the meters stated,
and only for the one purpose stated. For another purpose, we or the organization must ask you again.

How long it lasts. From the day on which we record your consent until the last day stated, or until you withdraw it.
If no last day is stated, we remind you of it at least once a year.

You may withdraw it at any time, free of charge and without giving a reason: with one click in the privacy portal, by
telephone, by mail or in person. From then on we give the organization nothing more. What it already has, it keeps
under its own agreement with you; ask it to delete that.

You need not agree. Your electric service, its price and your place in any program do not depend on it, and nobody may
offer you anything in return for signing this form.

What we keep. This form, the day you signed it and every time we gave something to the organization. You can read all
of it in the privacy portal under "Who has my data".
"""
TITLE_ES = "Su consentimiento para compartir información de energía y de su cuenta"
BODY_ES = """\
Al aceptar, usted nos permite entregar la información indicada en este formulario a la organización que en él se nombra.

Lo que usted acepta. Solo la información marcada, solo de los días indicados, solo de los medidores indicados y solo
para la única finalidad indicada. Para otra finalidad, nosotros o la organización debemos preguntarle de nuevo.

Cuánto dura. Desde el día en que registramos su consentimiento hasta el último día indicado, o hasta que usted lo
retire. Si no se indica un último día, se lo recordamos al menos una vez al año.

Puede retirarlo en cualquier momento, sin costo y sin dar motivos: con un clic en el portal de privacidad, por teléfono,
por correo o en persona. Desde entonces no entregamos nada más a la organización. Lo que ya tiene, lo conserva según su
propio acuerdo con usted; pídale que lo borre.

No está obligado a aceptar. Su servicio eléctrico, su precio y su lugar en cualquier programa no dependen de ello, y
nadie puede ofrecerle nada a cambio de firmar este formulario.

Lo que conservamos. Este formulario, el día en que lo firmó y cada entrega a la organización. Usted puede leerlo todo en
el portal de privacidad, en "Quién tiene mis datos".
"""


def load(apps, schema_editor):
    purposes.add_missing(apps.get_model("consent", "Purpose"))
    notice = apps.get_model("consent", "Notice").objects.create(
        kind="consent_form", number=1, effective_from=date(2020, 1, 1)
    )
    for language, title, body in (("en", TITLE_EN, BODY_EN), ("es", TITLE_ES, BODY_ES)):
        digest = sha256(f"{title}\n\n{body}".encode()).hexdigest()
        notice.texts.create(language=language, title=title, body=body, sha256=digest)
    notice.approved_at, notice.approved_by = Now(), "Shipped with the portal"
    notice.save()


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_rules")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
