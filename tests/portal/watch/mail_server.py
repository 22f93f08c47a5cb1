"""A mail server that refuses some addresses and keeps what it takes in Django's outbox."""

from collections.abc import Sequence
from smtplib import SMTPRecipientsRefused

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

REFUSED = "gone@provider.example"


class RefusingBackend(EmailBackend):
    """Refuses REFUSED as a mail server does, at the recipient."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            if REFUSED in message.to:
                raise SMTPRecipientsRefused({REFUSED: (550, b"No such user")})
        return super().send_messages(messages)
