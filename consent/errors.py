from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.topics import Topic


class ConsentError(Exception):
    """A rule about consents was not met. Its text is for people and says what to do next.

    `field` names the input that caused it, as the services call it, or is empty.
    """

    field = ""


class RecipientStoppedError(ConsentError):
    """Releases to the recipient are stopped, so that nobody can agree to new ones."""

    field = "recipient"

    def __init__(self) -> None:
        super().__init__(
            _("Releases to this organization are stopped. Choose another, or ask an administrator to allow it again.")
        )


class GuardianMissingError(ConsentError):
    """The customer is a minor, and no verified guardian agrees."""

    field = "signer_name"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This customer is a minor: only a guardian whom we have verified can agree. "
                "Enter the guardian's name as it is recorded, or have the guardian verified first."
            )
        )


class AgentScopeError(ConsentError):
    """An agent acts on accounts that the customer's permission does not name."""

    field = "usage_point_ids"

    def __init__(self) -> None:
        super().__init__(
            _("Your permission is for some of this customer's accounts. Choose meters of those accounts only.")
        )


class RequestLimitError(ConsentError):
    """An organization has filed as many requests as it may in a day."""

    def __init__(self, a_day: int) -> None:
        super().__init__(
            _("Your organization may file %(count)s requests in 24 hours. File the rest tomorrow.") % {"count": a_day}
        )


class RequestAnsweredError(ConsentError):
    """A request cannot be taken back or put before anybody any more."""

    def __init__(self) -> None:
        super().__init__(
            _("This request is answered, expired or taken back, or this customer cannot be asked. Nothing was changed.")
        )


class UploadRefusedError(ConsentError):
    """A file of requests cannot be read at all; the text says why."""

    field = "upload"


class FieldsNotCoveredError(ConsentError):
    """The purpose does not need some of the data, or nothing was chosen."""

    field = "field_ids"

    def __init__(self, unknown: Iterable[str] = ()) -> None:
        names = ", ".join(sorted(unknown))
        if names:
            text = _("This purpose does not cover: %(names)s. Leave it out, or choose another purpose.")
            super().__init__(text % {"names": names})
        else:
            super().__init__(_("Choose at least one kind of data."))


class UsagePointsUnknownError(ConsentError):
    """A usage point is not one of the customer's."""

    field = "usage_point_ids"

    def __init__(self) -> None:
        super().__init__(_("Choose meters of this customer only, or all of them."))


class PeriodError(ConsentError):
    """A period runs backwards, or permits something before it is recorded. `field` names its end that is wrong."""

    def __init__(self, field: str, text: object) -> None:
        super().__init__(text)
        self.field = field


class SignatureMissingError(ConsentError):
    """A consent given outside the portal needs the day it was signed and the name of who signed."""

    def __init__(self, field: str) -> None:
        super().__init__(
            _("Enter the day on which the customer signed or agreed.")
            if field == "signed_on"
            else _("Type your name to sign.")
            if field == "typed_name"
            else _("Enter the name of the person who signed or agreed.")
        )
        self.field = field


class OfferClosedError(ConsentError):
    """The organization no longer asks for this, or never asked this customer."""

    def __init__(self) -> None:
        super().__init__(_("This organization no longer asks for this. There is nothing for you to do."))


class OfferMadeError(ConsentError):
    """The organization already asks this customer, or everybody, for this."""

    def __init__(self) -> None:
        super().__init__(_("This organization already asks for this purpose. End that request first."))


class AgreementOutdatedError(ConsentError):
    """What was shown cannot be signed any more, since it was shown too long ago."""

    def __init__(self) -> None:
        super().__init__(_("This agreement was put together on another day. Go back and review it again."))


class NameDiffersError(ConsentError):
    """The name that was typed is not that of who is signed in."""

    field = "typed_name"

    def __init__(self, name: str) -> None:
        super().__init__(_("Type your name as it stands in your sign-in: %(name)s.") % {"name": name})


class VerificationMissingError(ConsentError):
    """What stands on a signed paper is not what the record says, and nobody verified it."""

    def __init__(self, field: str) -> None:
        super().__init__(
            _("Name or address differ from our record. Call the customer back, and enter with whom you verified it.")
            if field == "verified_with"
            else _("Enter the day on which you verified it: today or before.")
        )
        self.field = field


class EvidenceMissingError(ConsentError):
    """A consent on paper needs the scanned form."""

    field = "evidence"

    def __init__(self) -> None:
        super().__init__(_("Add the scanned form: a consent on paper counts only with it. PDF, JPEG, PNG or TIFF."))


class MethodError(ConsentError):
    """This actor cannot record a consent given in this way."""

    field = "method"

    def __init__(self, text: object) -> None:
        super().__init__(text)


class NoticeNotInForceError(ConsentError):
    """The consent form that was signed is not approved, or not in effect yet."""

    field = "notice_text"

    def __init__(self) -> None:
        super().__init__(_("This consent form is not in force. Use the current one."))


class NotAnnouncedError(ConsentError):
    """No privacy notice in force names the purpose, or the organization. `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(
            _(
                "The privacy notice in force does not name this purpose for this kind of organization. Publish a notice"
                " that does, or choose another purpose."
            )
            if field == "purpose"
            else _(
                "The privacy notice in force does not name this organization. Publish a notice that does: it is listed"
                " there by itself."
            )
        )
        self.field = field


class DraftExistsError(ConsentError):
    """Another draft of this kind is open."""

    def __init__(self) -> None:
        super().__init__(_("A draft of this notice is open already. Go on with it, or withdraw it first."))


class NoticeFrozenError(ConsentError):
    """The notice is approved, withdrawn, or waits for a second person, so that it cannot be changed."""

    def __init__(self) -> None:
        super().__init__(
            _("This notice cannot be changed as it stands. If it waits for a decision, have it sent back first.")
        )


class NoticeReasonMissingError(ConsentError):
    """Whoever submits a notice or sends it back says why."""

    field = "reason"

    def __init__(self) -> None:
        super().__init__(_("State the reason in at least ten characters."))


class NoticeTextMissingError(ConsentError):
    """A language lacks its title or its text."""

    def __init__(self, languages: Iterable[str]) -> None:
        text = _("Write title and text in every language first. Missing: %(languages)s.")
        super().__init__(text % {"languages": ", ".join(languages)})


class EffectiveDateError(ConsentError):
    """A notice cannot take effect in the past, nor before an earlier version."""

    field = "effective_from"

    def __init__(self, first: date) -> None:
        super().__init__(_("Choose %(day)s or a later day on which it takes effect.") % {"day": date_format(first)})


class NoticeSecondPersonError(ConsentError):
    """Whoever submitted a notice or proposed a purpose cannot approve it."""

    def __init__(self) -> None:
        super().__init__(_("Another administrator must approve this: whoever asked for it cannot."))


class NoticeChangedError(ConsentError):
    """Since the notice was submitted, the system has changed what its lists are generated from."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Purposes, recipients or rules have changed since this notice was submitted. Send it back; submitted"
                " again, it lists them as they are now."
            )
        )


class PurposeError(ConsentError):
    """A purpose makes no sense like this; the text says why. `field` names the input."""

    def __init__(self, text: object, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class NotGrantedError(ConsentError):
    """There is no running consent to narrow, withdraw or expire."""

    def __init__(self) -> None:
        super().__init__(_("This consent has already ended; there is nothing left to change."))


class StillRunsError(ConsentError):
    """A consent whose permission period has not ended cannot expire."""

    def __init__(self) -> None:
        super().__init__(_("This consent still runs. Withdraw it, or wait until its last day has passed."))


class WiderError(ConsentError):
    """What is asked for reaches beyond what the consent covers now. `field` names where."""

    def __init__(self, field: str) -> None:
        super().__init__(_("This reaches beyond the consent as it is. More data or a longer time needs a new consent."))
        self.field = field


class NothingChangedError(ConsentError):
    """The narrowed consent would cover just what it covers now."""

    def __init__(self) -> None:
        super().__init__(_("Nothing would change. Leave out some data, or choose an earlier last day."))


class NothingLeftError(ConsentError):
    """The narrowed consent would cover nothing at all."""

    def __init__(self) -> None:
        super().__init__(_("Nothing would be left of this consent. Withdraw it instead."))


class RequestReusedError(ConsentError):
    """The same request id came with another content."""

    field = "request_id"

    def __init__(self) -> None:
        super().__init__(_("This form was already sent with other content. Open the form again and send it once."))


class ChannelMissingError(ConsentError):
    """Something that cannot be refused was left without a way to arrive. `field` is the topic's code."""

    def __init__(self, topic: Topic) -> None:
        text = _("Choose at least one way for “%(topic)s”: the law or your agreements ask us to tell you.")
        super().__init__(text % {"topic": topic.label})
        self.field = topic.code


class ChoiceReasonMissingError(ConsentError):
    """Staff record a choice only with a note on what the customer said."""

    field = "reason"

    def __init__(self) -> None:
        super().__init__(_("Note who asked for this and when, in at least ten characters."))


class MessageSettledError(ConsentError):
    """It was decided in the meantime what became of the message."""

    def __init__(self) -> None:
        super().__init__(_("This message no longer waits here. Look at the list again."))


class NoLongerApprovedError(ConsentError):
    """The customer has chosen otherwise since the message was put at the desk."""

    def __init__(self) -> None:
        super().__init__(
            _("The customer has changed their choice: do not send this. We decide anew how it goes, if at all.")
        )


class BulkOverError(ConsentError):
    """A bulk entry is not one that waits for its order, or has findings and was ordered whole."""

    def __init__(self) -> None:
        super().__init__(_("This table no longer waits for your decision, or has rows to mend. Look at it again."))


_ENDPOINT_TROUBLES = {
    "url": _("Enter a public address that begins with https:// and a name; the port may be 443 or 8443."),
    "count": _("Five addresses are the most. Retire one first."),
    "twice": _("This address is told already."),
    "retired": _("This address was retired. Register it anew."),
}


class EndpointError(ConsentError):
    """An address cannot be told of consents, or not any more."""

    field = "url"

    def __init__(self, trouble: str) -> None:
        super().__init__(_ENDPOINT_TROUBLES[trouble])


class UndoOverError(ConsentError):
    """It is too late to undo, or something else was done since."""

    def __init__(self) -> None:
        super().__init__(_("This can no longer be undone here. Withdraw the consent, or narrow it, with the customer."))
