"""The sample sign-ins of the demo, for its sign-in page and its start-up block."""

from dataclasses import dataclass

from openbureau.kernel.units.models import Unit
from openbureau.shell.demo.bureau import PASSWORD, SAMPLES


@dataclass(frozen=True, slots=True)
class SampleSignIn:
    """One invented person anybody may sign in as."""

    role: str
    account: str
    password: str
    unit: str


def demo_samples() -> list[SampleSignIn]:
    """The six samples with the names of their units."""
    names = dict(Unit.select(Unit.code, Unit.name).where(Unit.code.in_([s.unit for s in SAMPLES])).tuples())
    return [SampleSignIn(s.role, s.login, PASSWORD, names.get(s.unit, s.unit)) for s in SAMPLES]
