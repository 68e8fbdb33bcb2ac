"""Layer 3: what business plugins are made of, beyond the kernel. Public API."""

from openbureau.kit.charts import Chart, Series, bar_chart, line_chart
from openbureau.kit.codes import QrCode, qr_code
from openbureau.kit.conditions import Condition, Conditions, conditions
from openbureau.kit.paging import Paging, Sorting, paging, sorting
from openbureau.kit.parties import Party, PartyBook
from openbureau.kit.picker import PartiesField
from openbureau.kit.receivers import (
    Receivers,
    holder_labels,
    holder_values,
    people_of_receivers,
    receivers,
    units_of_holders,
)
from openbureau.kit.registers.asked import Asked
from openbureau.kit.registers.cells import table_columns, table_rows
from openbureau.kit.registers.declared import BulkAction, Column, Lamp, Register, Retention
from openbureau.kit.registers.listing import Listed, asked_by, listed, total
from openbureau.kit.registers.records import Step, change_record, create_record, record

__all__ = [
    "Asked",
    "BulkAction",
    "Chart",
    "Column",
    "Condition",
    "Conditions",
    "Lamp",
    "Listed",
    "Paging",
    "PartiesField",
    "Party",
    "PartyBook",
    "QrCode",
    "Receivers",
    "Register",
    "Retention",
    "Series",
    "Sorting",
    "Step",
    "asked_by",
    "bar_chart",
    "change_record",
    "conditions",
    "create_record",
    "holder_labels",
    "holder_values",
    "line_chart",
    "listed",
    "paging",
    "people_of_receivers",
    "qr_code",
    "receivers",
    "record",
    "sorting",
    "table_columns",
    "table_rows",
    "total",
    "units_of_holders",
]
