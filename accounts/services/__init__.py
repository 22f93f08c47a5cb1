from accounts.services.fields import clean_value, set_field
from accounts.services.openings import open_customer
from accounts.services.registration import add_member, create_account, create_customer
from accounts.services.stops import stop_recipient

__all__ = [
    "add_member",
    "clean_value",
    "create_account",
    "create_customer",
    "open_customer",
    "set_field",
    "stop_recipient",
]
