"""When a person comes of age: on the eighteenth birthday, by the provider's calendar.

Who was born on 29 February comes of age on 1 March, since the years that are no leap years have no earlier day that
does not take away a day of protection. `accounts_of_age_on` (migration 0018) says the same in SQL.
"""

from datetime import date

MAJORITY = 18
"""The age in years from which a person agrees for themselves (California Family Code 6500)."""


def of_age_on(birth_date: date) -> date:
    """Return the first day on which somebody born on `birth_date` is of age."""
    try:
        return birth_date.replace(year=birth_date.year + MAJORITY)
    except ValueError:
        return date(birth_date.year + MAJORITY, 3, 1)


def latest_birth_of_age(day: date) -> date:
    """Return the latest date of birth of somebody who is of age on `day`."""
    try:
        return day.replace(year=day.year - MAJORITY)
    except ValueError:
        return date(day.year - MAJORITY, 2, 28)


def is_minor(birth_date: date | None, day: date) -> bool:
    """Say whether somebody is a minor on `day`; of whom no date of birth is known counts as of age."""
    return birth_date is not None and of_age_on(birth_date) > day
