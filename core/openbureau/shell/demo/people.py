"""The sample sign-ins of the demo, for its sign-in page and its start-up block."""

from dataclasses import dataclass

from openbureau.shell.demo.bureau import PASSWORD, SAMPLES, unit_names


@dataclass(frozen=True, slots=True)
class SampleSignIn:
    """One invented person anybody may sign in as."""

    role: str
    account: str
    password: str
    unit: str


def demo_samples() -> list[SampleSignIn]:
    """The six samples with the names of their units."""
    names = unit_names()
    return [SampleSignIn(s.role, s.login, PASSWORD, names[s.unit]) for s in SAMPLES]
