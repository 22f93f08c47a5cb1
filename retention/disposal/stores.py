"""The tables kept by month: where their rows lie, by which day they expire, and where held rows go."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import models
from django.db.models import Model
from psycopg import sql

from energy.models import Bill, DayReading
from retention.models import HeldBill, HeldDayReading
from retention.schedule import BILLS, READINGS

_FIXED: dict[str, str] = {
    "BigIntegerField": "int8send",
    "IntegerField": "int4send",
    "DateField": "date_send",
    "DateTimeField": "timestamptz_send",
    "UUIDField": "uuid_send",
}
"""PostgreSQL's functions that give the binary form of the types that always have the same width."""
_OPTIONAL = sql.SQL(
    r"CASE WHEN num_nonnulls({0}) = 0 THEN '\x00'::bytea ELSE '\x01'::bytea || record_send(ROW({0})) END"
)

Column: TypeAlias = "models.Field[Any, Any]"


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

    def row_bytes(self) -> sql.Composable:
        """Return the SQL of the bytes that stand for a row in a digest; different rows never have the same.

        First the columns of fixed width, in PostgreSQL's binary form; then each other one, as it is or, unless it is
        bytes, as its text in UTF-8, after its length in four bytes; last those that may be NULL: one zero byte when
        all are, else a one and PostgreSQL's binary form of their record.
        """
        fields = [field for field in self.model._meta.concrete_fields if field.column]
        told = [field for field in fields if not field.null]
        return sql.SQL(" || ").join(
            [
                *(_binary(field) for field in told if _type_of(field) in _FIXED),
                *(_with_length(field) for field in told if _type_of(field) not in _FIXED),
                _OPTIONAL.format(sql.SQL(", ").join(_column(field) for field in fields if field.null)),
            ]
        )

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
            "row_bytes": self.row_bytes(),
        }


def _type_of(field: Column) -> str:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return "BigIntegerField" if isinstance(target, models.BigAutoField) else target.get_internal_type()


def _column(field: Column) -> sql.Composable:
    return sql.Identifier(str(field.column))


def _binary(field: Column) -> sql.Composable:
    return sql.SQL("{}({})").format(sql.SQL(_FIXED[_type_of(field)]), _column(field))


def _with_length(field: Column) -> sql.Composable:
    is_bytes = isinstance(field, models.BinaryField)
    value = _column(field) if is_bytes else sql.SQL("convert_to({}::text, 'UTF8')").format(_column(field))
    return sql.SQL("int4send(octet_length({0})) || {0}").format(value)


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
