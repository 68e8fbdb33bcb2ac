"""What tokens can be given: the permissions that registers and pages of the API ask for."""

from collections.abc import Sequence

from openbureau.base.plugins import PluginRecord, Plugins

Labelled = tuple[str, str]


def offered_scopes(plugins: Plugins, language: str = "zh") -> list[tuple[str, Sequence[Labelled]]]:
    """For every register its label, and (code, label) of its permissions; then for every plugin
    those that only its own pages of the API ask for. A permission stands once."""
    labels = plugins.permission_labels
    taken: set[str] = set()
    found: list[tuple[str, Sequence[Labelled]]] = []
    for record in plugins.loaded:
        for label, asked in _asked(record, language):
            codes = [code for code in dict.fromkeys(asked) if code in labels and code not in taken]
            taken.update(codes)
            if codes:
                found.append((label, [(code, labels[code]) for code in codes]))
    return found


def _asked(record: PluginRecord, language: str) -> list[tuple[str, Sequence[str]]]:
    found: list[tuple[str, Sequence[str]]] = [
        (register.label, (register.read, register.write, register.personal))
        for register in record.declared.registers
    ]
    own = [page.permission for page in record.declared.pages if page.zone == "api"]
    return [*found, (record.label(language), own)]
