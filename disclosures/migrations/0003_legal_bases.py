"""The legal bases of the Californian pack. There is none by which data is sold."""

from django.db import migrations

CPUC = "CPUC D.11-07-056, Attachment D"
ROWS = [
    {
        "code": "own_request",
        "kind": "own_request",
        "name_en": "The customer's own request",
        "name_es": "Solicitud del propio cliente",
        "citation": f"{CPUC}, rule 3 (access to one's own information)",
    },
    {
        "code": "written_consent",
        "kind": "consent",
        "name_en": "Prior written consent of the customer",
        "name_es": "Consentimiento previo por escrito del cliente",
        "citation": f"{CPUC}, rule 6(d); California Public Utilities Code 8380(b)(1)",
        "requires_consent": True,
        "recipient_kinds": ["contractor", "authorised_third_party", "government_agency", "merger_counterparty"],
    },
    {
        "code": "contractor_primary_purpose",
        "kind": "contract",
        "name_en": "Contractor serving a primary purpose",
        "name_es": "Contratista para una finalidad primaria",
        "citation": f"{CPUC}, rule 6(c)(1)",
        "requires_agreement": True,
        "recipient_kinds": ["contractor"],
    },
    {
        "code": "warrant_or_court_order",
        "kind": "legal_process",
        "name_en": "Warrant or court order naming the customer",
        "name_es": "Orden judicial que nombra al cliente",
        "citation": f"{CPUC}, rule 4(c)",
        "requires_document": True,
        "recipient_kinds": ["court", "government_agency"],
    },
    {
        "code": "subpoena_after_notice",
        "kind": "legal_process",
        "name_en": "Subpoena, after notice to the customer",
        "name_es": "Citación, previo aviso al cliente",
        "citation": f"{CPUC}, rule 4(c) (seven days to contest)",
        "requires_document": True,
        "notice_days": 7,
        "recipient_kinds": ["court", "government_agency"],
    },
    {
        "code": "subpoena_contact_data",
        "kind": "legal_process",
        "name_en": "Subpoena for name and contact data only",
        "name_es": "Citación solo para nombre y datos de contacto",
        "citation": f"{CPUC}, rule 4(c)",
        "requires_document": True,
        "recipient_kinds": ["court", "government_agency"],
        "data_classes": ["identity", "contact"],
    },
    {
        "code": "emergency",
        "kind": "exception",
        "name_en": "Imminent threat to life or property",
        "name_es": "Amenaza inminente a la vida o la propiedad",
        "citation": f"{CPUC}, rule 4(d)",
        "recipient_kinds": ["emergency_service", "government_agency"],
    },
    {
        "code": "regulator",
        "kind": "exception",
        "name_en": "Order or request of the regulator",
        "name_es": "Orden o solicitud del regulador",
        "citation": f"{CPUC}, rule 4(b)",
        "requires_document": True,
        "recipient_kinds": ["government_agency"],
    },
    {
        "code": "other_agency",
        "kind": "exception",
        "name_en": "Another public agency's official duty",
        "name_es": "Deber oficial de otro organismo público",
        "citation": "California Government Code 7927.410",
        "requires_document": True,
        "recipient_kinds": ["government_agency"],
    },
    {
        "code": "collections",
        "kind": "contract",
        "name_en": "Collection of an unpaid bill",
        "name_es": "Cobro de una factura impaga",
        "citation": "California Public Utilities Code 8380(e)",
        "requires_agreement": True,
        "recipient_kinds": ["collection_agency"],
        "data_classes": ["identity", "contact", "billing"],
    },
    {
        "code": "merger_sale_financing",
        "kind": "contract",
        "name_en": "Merger, sale of the business or financing",
        "name_es": "Fusión, venta de la empresa o financiación",
        "citation": "The provider's privacy policy, section on business transfers",
        "requires_agreement": True,
        "requires_document": True,
        "recipient_kinds": ["merger_counterparty"],
    },
    {
        "code": "aggregate",
        "kind": "aggregate",
        "name_en": "Aggregate from which nobody can be identified",
        "name_es": "Datos agregados que no identifican a nadie",
        "citation": f"CPUC D.14-05-016; {CPUC}, rule 6(g)",
    },
]
DEMANDS = {"requires_consent": False, "requires_agreement": False, "requires_document": False}


def load(apps, schema_editor):
    basis = apps.get_model("disclosures", "LegalBasis")
    basis.objects.bulk_create(basis(jurisdiction="US-CA", **{**DEMANDS, **row}) for row in ROWS)


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0002_release_lines")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
