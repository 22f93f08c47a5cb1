from dataclasses import dataclass
from typing import Protocol, Self


class Person(Protocol):
    """What the ledger needs to know of a signed-in user."""

    pk: int
    role: str

    def get_full_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in person, a named operator at a command line, or a scheduled job.

    `kind` is customer, recipient, staff, auditor, administrator, operator, system or client (a machine with OAuth2
    client credentials). Services take it as `by=` and write it into the ledger's evidence.
    """

    kind: str
    name: str
    user_id: int | None = None
    reason: str = ""

    @classmethod
    def of(cls, user: Person, *, reason: str = "") -> Self:
        """Return the actor that a signed-in user is."""
        return cls(kind=user.role, name=user.get_full_name(), user_id=user.pk, reason=reason)

    @classmethod
    def operator(cls, name: str, reason: str) -> Self:
        """Return the person at a command line, who gives a name and a reason."""
        return cls(kind="operator", name=name, reason=reason)

    @classmethod
    def system(cls, name: str) -> Self:
        """Return a scheduled job of the portal, such as `purge` or `sealer`."""
        return cls(kind="system", name=name)

    @classmethod
    def client(cls, name: str) -> Self:
        """Return another system that signed in with OAuth2 client credentials."""
        return cls(kind="client", name=name)

    @property
    def is_provider(self) -> bool:
        """Say whether the actor acts for the provider: staff, administrator, operator, client or a scheduled job."""
        return self.kind in {"staff", "administrator", "operator", "system", "client"}

    @property
    def is_unattended(self) -> bool:
        """Say whether no signed-in user stands behind the act: a command line, or a scheduled job."""
        return self.kind in {"operator", "system"}

    def evidence(self) -> dict[str, str | int | None]:
        """Return what the ledger's evidence says of the actor."""
        return {"kind": self.kind, "name": self.name, "user": self.user_id, "reason": self.reason}
