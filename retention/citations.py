"""What the installed rules rest on, in the languages of the pages. Citations that people enter are shown as entered."""

from django.utils.translation import gettext, gettext_noop

INSTALLED = frozenset(
    {
        gettext_noop(
            "Provider's privacy policy: typically not more than five years (CPUC D.11-07-056: no longer than reasonably"
            " necessary); floor: Public Resources Code 25402.10"
        ),
        gettext_noop("Provider's privacy policy: typically not more than five years"),
        gettext_noop("The provider's retention policy: kept only to explain an import"),
        gettext_noop("The provider's retention policy: as long as the data they brought"),
        gettext_noop("The provider's retention policy: a copy lives no longer than its delivery needs"),
        gettext_noop("The provider's retention policy: as long as a consent may be questioned"),
        gettext_noop("The provider's retention policy: customers may ask what was disclosed about them"),
        gettext_noop("CCPA regulations, 11 CCR 7101: at least 24 months"),
        gettext_noop("The provider's retention policy: as long as the requests they belong to"),
        gettext_noop("The provider's retention policy: as long as the data that was looked at"),
        gettext_noop("The provider's retention policy: only to see one's own recent sign-ins"),
        gettext_noop("The provider's retention policy: as long as the last bill"),
        gettext_noop("The provider's retention policy: as long as the disclosures made under them"),
        gettext_noop("The provider's retention policy: names no person once its file is destroyed"),
        gettext_noop("The provider's retention policy: the record of a hold outlives the data"),
        gettext_noop("The provider's retention policy: commitments only, no personal data"),
        gettext_noop("The provider's retention policy: not personal"),
        gettext_noop("The provider's retention policy: a year of counts, beside the same month of the year before"),
    }
)


def in_words(citation: str) -> str:
    """Return a citation in the language of the page."""
    return gettext(citation) if citation in INSTALLED else citation
