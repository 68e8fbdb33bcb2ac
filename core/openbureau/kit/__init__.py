"""Layer 3: what business plugins are made of, beyond the kernel. Public API."""

from openbureau.kit.receivers import (
    ReceiverPicker,
    Receivers,
    holder_labels,
    holder_values,
    people_of_receivers,
    receiver_picker,
    receivers,
    units_of_holders,
)

__all__ = [
    "ReceiverPicker",
    "Receivers",
    "holder_labels",
    "holder_values",
    "people_of_receivers",
    "receiver_picker",
    "receivers",
    "units_of_holders",
]
