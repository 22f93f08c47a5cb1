"""The controls that there are, in the order in which they are shown."""

from django.utils.translation import gettext_lazy as _

from consent.announcing import disagreements
from portal.controls import disclosed, kept
from portal.controls.findings import Control

_ALL = (
    Control(
        "disclosures_without_consent",
        _("Disclosures without a consent"),
        _("Every disclosure that needs a consent has one that was live on its day and covers what went out."),
        disclosed.lines_without_consent,
        disclosed.tell_line,
    ),
    Control(
        "releases_without_agreement",
        _("Releases without an agreement"),
        _("Every release that needs the recipient's agreement was made while one was in force."),
        disclosed.releases_without_agreement,
        disclosed.tell_release,
    ),
    Control(
        "deliveries_without_agreement",
        _("Deliveries after an agreement had ended"),
        _("No file is fetched once the agreement that its release needs has ended."),
        disclosed.deliveries_without_agreement,
        disclosed.tell_delivery,
    ),
    Control(
        "looks_without_right",
        _("Looks without a reason or an agreement"),
        _("Staff look at a customer for a stated reason, and only while a confidentiality agreement binds them."),
        kept.looks_without_right,
        kept.tell_look,
    ),
    Control(
        "reminders_overdue",
        _("Reminders overdue"),
        _("Residential customers are reminded of a running consent every year."),
        kept.reminders_overdue,
        kept.tell_consent,
    ),
    Control(
        "reviews_overdue",
        _("Reviews of holds overdue"),
        _("Every legal hold is looked at again by its day."),
        kept.reviews_overdue,
        kept.tell_hold,
    ),
    Control(
        "answers_overdue",
        _("Answers overdue"),
        _("Every request, complaint and correction is answered by its day."),
        kept.answers_overdue,
        kept.tell_case,
    ),
    Control(
        "notice_disagrees",
        _("The privacy notice says something else"),
        _("The privacy notice in force says what the purposes and the retention rules in force do."),
        disagreements,
        kept.tell_disagreement,
    ),
    Control(
        "purges_late",
        _("Purges late"),
        _("Nothing is kept past its time for longer than the allowed days."),
        kept.purges_late,
        kept.tell_class,
    ),
    Control(
        "entries_unsealed",
        _("Ledger not sealed"),
        _("No entry of the ledger waits long for a signed checkpoint."),
        kept.entries_unsealed,
        kept.tell_entry,
    ),
)

CONTROLS: dict[str, Control] = {control.code: control for control in _ALL}
