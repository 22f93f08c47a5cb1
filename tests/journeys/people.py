"""Those whom the journeys are about: a customer with a meter and bills, a contractor, the provider's people."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from accounts.models import Account, Customer, Member, Recipient, User
from energy.models import UsagePoint
from protection.clock import provider_today
from tests.browser import confirm_email, give_second_factor
from tests.energy.factories import UsagePointFactory, make_bill, make_day
from tests.factories import CustomerFactory, MemberFactory, RecipientFactory, UserFactory

READINGS_A_DAY = 24


@dataclass
class People:
    """A small utility: everybody can sign in; nothing has happened yet between them."""

    secrets: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.customer: Customer = CustomerFactory.create(name="Alex Sample", phone="555-0100")
        member: Member = MemberFactory.create(account__customer=self.customer, account__number="7900000001")
        self.account: Account = member.account
        self.holder: User = self._can_sign_in(member.user)
        self.recipient: Recipient = RecipientFactory.create(legal_name="Example Efficiency LLC", under_agreement=True)
        self.agent: User = self._can_sign_in(UserFactory.create(of_recipient=True, recipient=self.recipient))
        self.clerk: User = self._can_sign_in(UserFactory.create(staff=True, bound=True))
        self.auditor: User = self._can_sign_in(UserFactory.create(auditor=True, bound=True))
        self.administrator: User = self._can_sign_in(UserFactory.create(administrator=True, bound=True))
        self.deputy: User = self._can_sign_in(UserFactory.create(administrator=True, bound=True))
        self.meter: UsagePoint = UsagePointFactory.create(account=self.account)

    def _can_sign_in(self, user: User) -> User:
        confirm_email(user)
        self.secrets[user.pk] = give_second_factor(user)
        return user

    @property
    def month(self) -> date:
        """Return the first day of last month."""
        return (provider_today().replace(day=1) - timedelta(days=1)).replace(day=1)

    def use_energy(self, days: int = 3) -> None:
        """Store hourly readings of the first days of last month, and its bill."""
        for number in range(days):
            make_day(self.meter, self.month + timedelta(days=number), range(400, 400 + READINGS_A_DAY))
        make_bill(self.account, self.month + timedelta(days=27), amount="81.40")
