"""The tables kept by month: where their rows lie, by which day they expire, and where held rows go."""

from dataclasses import dataclass

from django.db.models import Model
from psycopg import sql

from energy.models import Bill, DayReading
from retention.models import HeldBill, HeldDayReading
from retention.schedule import BILLS, READINGS


@dataclass(frozen=True, slots=True)
class MonthStore:
    """A table in monthly partitions with its table of held rows.

    `day` is the column that expiry and partitions go by, `key` the primary key's columns, the account first;
    `reading_count` the SQL that says how many readings a row holds.
    """

    retention_class: str
    model: type[Model]
    held_model: type[Model]
    day: str
    key: tuple[str, ...]
    reading_count: str

    @property
    def table(self) -> str:
        """Return the partitioned table's name."""
        return self.model._meta.db_table

    @property
    def held_table(self) -> str:
        """Return the name of the table of held rows."""
        return self.held_model._meta.db_table

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column, in the model's order."""
        return tuple(field.column for field in self.model._meta.concrete_fields if field.column)

    def names(self) -> dict[str, sql.Composable]:
        """Return the identifiers that statements about this store are made of."""
        return {
            "table": sql.Identifier(self.table),
            "held_table": sql.Identifier(self.held_table),
            "day": sql.Identifier(self.day),
            "key": sql.SQL(", ").join(map(sql.Identifier, self.key)),
            "columns": sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            "updates": sql.SQL(", ").join(
                sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column)) for column in self.columns
            ),
            "reading_count": sql.SQL(self.reading_count),
        }


STORES: dict[str, MonthStore] = {
    store.retention_class: store
    for store in (
        MonthStore(
            READINGS,
            DayReading,
            HeldDayReading,
            day="day",
            key=("account_id", "usage_point_id", "reading_type_id", "day"),
            reading_count="reading_count",
        ),
        MonthStore(BILLS, Bill, HeldBill, day="bill_date", key=("account_id", "uuid", "bill_date"), reading_count="1"),
    )
}
