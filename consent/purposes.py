"""The purposes that the portal ships with; `consent.services.load_purposes` brings them into the database.

They are rows from then on. What each covers follows CPUC D.11-07-056: primary purposes for which the service needs
the data, and secondary ones that each need a consent of their own.
"""

from dataclasses import asdict, dataclass

from django.db.models import Model

IDENTITY = ("customer.name", "account.number")
CONTACT = ("customer.email", "customer.phone")
SERVICE_ADDRESS = (
    "account.service_street",
    "account.service_city",
    "account.service_region",
    "account.service_postal_code",
)
MAILING_ADDRESS = (
    "customer.mailing_street",
    "customer.mailing_city",
    "customer.mailing_region",
    "customer.mailing_postal_code",
)
CLASSES = ("account.customer_class", "account.climate_zone")
USAGE = (
    "usage_point.identifier",
    "usage_point.title",
    "usage_point.service_kind",
    "usage.readings",
    "usage.costs",
    "usage.qualities",
)
BILLS = (
    "bill.bill_date",
    "bill.period_start",
    "bill.period_end",
    "bill.amount_due",
    "bill.currency",
    "bill.consumption",
    "bill.unit",
    "bill.line_items",
)
EVERYTHING = (*IDENTITY, *CONTACT, *SERVICE_ADDRESS, *MAILING_ADDRESS, *CLASSES, *USAGE, *BILLS)


@dataclass(frozen=True, slots=True)
class ShippedPurpose:
    """A purpose as shipped: its code for ever, its words in both languages, the fields that it may need."""

    code: str
    is_secondary: bool
    name_en: str
    name_es: str
    description_en: str
    description_es: str
    field_ids: tuple[str, ...]
    data_classes: tuple[str, ...]


PURPOSES = (
    ShippedPurpose(
        code="provide_service",
        is_secondary=False,
        name_en="Provide electric service",
        name_es="Prestar el servicio eléctrico",
        description_en="Open and run your account and bring electricity to your address.",
        description_es="Abrir y llevar su cuenta, y suministrar electricidad a su domicilio.",
        field_ids=(*IDENTITY, *CONTACT, *SERVICE_ADDRESS, *MAILING_ADDRESS, *CLASSES, *USAGE),
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="billing",
        is_secondary=False,
        name_en="Bill for electricity",
        name_es="Facturar la electricidad",
        description_en="Work out what you owe, send your bill and take your payment.",
        description_es="Calcular lo que usted debe, enviarle la factura y cobrar el pago.",
        field_ids=EVERYTHING,
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="grid_operations",
        is_secondary=False,
        name_en="Run the electric grid",
        name_es="Operar la red eléctrica",
        description_en="Plan, run and repair the system that brings electricity to everybody.",
        description_es="Planificar, operar y reparar el sistema que lleva la electricidad a todos.",
        field_ids=("account.number", *SERVICE_ADDRESS, *CLASSES, *USAGE),
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="energy_efficiency_programs",
        is_secondary=False,
        name_en="Run energy efficiency and demand response programs",
        name_es="Llevar programas de eficiencia energética y respuesta a la demanda",
        description_en="Run the programs that help customers use less energy, or use it at better times.",
        description_es="Llevar los programas que ayudan a usar menos energía o a usarla en mejores horas.",
        field_ids=EVERYTHING,
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="inform_customer",
        is_secondary=False,
        name_en="Inform you about your energy use and our programs",
        name_es="Informarle sobre su consumo de energía y nuestros programas",
        description_en="Write to you about your service, your energy use and the programs you can join.",
        description_es="Escribirle sobre su servicio, su consumo de energía y los programas a los que puede unirse.",
        field_ids=(*IDENTITY, *CONTACT, *MAILING_ADDRESS, *CLASSES, *USAGE),
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="legal_obligation",
        is_secondary=False,
        name_en="Meet a legal duty",
        name_es="Cumplir una obligación legal",
        description_en="Give what a law, a court or a regulator orders us to give.",
        description_es="Entregar lo que ordena una ley, un tribunal o un organismo regulador.",
        field_ids=EVERYTHING,
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="answer_rights",
        is_secondary=False,
        name_en="Answer your requests about your data",
        name_es="Responder a sus solicitudes sobre sus datos",
        description_en="Correct your data, show it to you, and answer your questions and complaints about it.",
        description_es="Corregir sus datos, mostrárselos y responder a sus preguntas y quejas sobre ellos.",
        field_ids=EVERYTHING,
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="energy_analysis",
        is_secondary=True,
        name_en="Analyze your energy use",
        name_es="Analizar su consumo de energía",
        description_en="Study your energy use and bills and advise you on how to save.",
        description_es="Estudiar su consumo y sus facturas y aconsejarle cómo ahorrar.",
        field_ids=EVERYTHING,
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="solar_quote",
        is_secondary=True,
        name_en="Prepare an offer for solar panels or a battery",
        name_es="Preparar una oferta de paneles solares o batería",
        description_en="Work out which solar panels or battery would suit your building, and make you an offer.",
        description_es="Calcular qué paneles solares o batería convienen a su hogar o negocio y hacerle una oferta.",
        field_ids=(*IDENTITY, *CONTACT, *SERVICE_ADDRESS, *CLASSES, *USAGE, *BILLS),
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="tenant_benchmarking",
        is_secondary=True,
        name_en="Compare the energy use of a building",
        name_es="Comparar el consumo de energía de un edificio",
        description_en="Add up the energy use of the building you are in and compare it with similar buildings.",
        description_es="Sumar el consumo del edificio en el que usted está y compararlo con edificios similares.",
        field_ids=("account.number", *SERVICE_ADDRESS, "account.customer_class", *USAGE),
        data_classes=("identity", "contact", "billing", "usage"),
    ),
    ShippedPurpose(
        code="research",
        is_secondary=True,
        name_en="Research",
        name_es="Investigación",
        description_en="Study how energy is used, for science or public planning, without contacting you.",
        description_es="Estudiar cómo se usa la energía, para la ciencia o la planificación pública, sin contactarle.",
        field_ids=("account.service_city", "account.service_postal_code", *CLASSES, *USAGE),
        data_classes=("contact", "billing", "usage"),
    ),
)


def add_missing(model: type[Model]) -> int:
    """Add the shipped purposes that the database lacks, by code, and return how many; a row that is there stays.

    `model` is that of purposes, as it is now or as a migration knows it.
    """
    purposes = model._default_manager
    known = set(purposes.values_list("code", flat=True))
    missing = [purpose for purpose in PURPOSES if purpose.code not in known]
    for purpose in missing:
        purposes.create(**asdict(purpose))
    return len(missing)
