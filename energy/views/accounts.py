from typing import Any

from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from django.views.generic.base import ContextMixin

from accounts.models import Account
from accounts.permissions import CustomerRequired, OpenedCustomerMixin
from accounts.selectors import reach_of


class AccountPage(ContextMixin):
    """A page about one of several accounts, which the address chooses: `?account=<uuid>`."""

    request: HttpRequest

    def get_accounts(self) -> list[Account]:
        """Return the accounts to choose from, the newest first."""
        raise NotImplementedError

    @cached_property
    def accounts(self) -> list[Account]:
        """Return the accounts to choose from."""
        return self.get_accounts()

    @cached_property
    def account(self) -> Account | None:
        """Return the chosen account, the newest without a choice; one that is not among them is a 404."""
        asked = self.request.GET.get("account")
        if not asked:
            return self.accounts[0] if self.accounts else None
        found = next((account for account in self.accounts if str(account.uuid) == asked), None)
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(accounts=self.accounts, account=self.account, **kwargs)


class OwnAccounts(CustomerRequired):
    """For a customer's pages: the accounts that the user is a member of today."""

    def get_accounts(self) -> list[Account]:
        return list(Account.objects.filter(pk__in=reach_of(self.user).accounts).order_by("-opened_on"))


class OpenedAccounts(OpenedCustomerMixin, ContextMixin):
    """For staff pages: the accounts of the customer that was opened."""

    def get_accounts(self) -> list[Account]:
        return list(self.customer.accounts.order_by("-opened_on"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **kwargs)
