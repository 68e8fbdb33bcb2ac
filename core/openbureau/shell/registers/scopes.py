"""What tokens can be given: the permissions that registers ask for."""

from collections.abc import Sequence

from openbureau.base.plugins import Plugins

Labelled = tuple[str, str]


def permissions_of_registers(plugins: Plugins) -> list[tuple[str, Sequence[Labelled]]]:
    """For every register its label, and (code, label) of its permissions; one that several
    registers ask for stands with the first."""
    labels = plugins.permission_labels
    taken: set[str] = set()
    found: list[tuple[str, Sequence[Labelled]]] = []
    for record in plugins.loaded:
        for register in record.declared.registers:
            asked = dict.fromkeys((register.read, register.write, register.personal))
            codes = [code for code in asked if code and code not in taken]
            taken.update(codes)
            if codes:
                found.append((register.label, [(code, labels.get(code, code)) for code in codes]))
    return found
