"""The form field for choosing people, units, posts and whole subtrees."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from wtforms.fields import Field
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from openbureau.base.i18n import N_
from openbureau.kernel.preferences.contacts import remember_choices
from openbureau.kit.parties import KINDS, Party, PartyBook

NAMES = 200
DROPPED = "-"
_BETWEEN = re.compile(r"[\n\r\t、，,；;]+")


@dataclass(frozen=True, slots=True)
class Question:
    """A typed name that means nobody for certain, with those it could mean."""

    words: str
    candidates: Sequence[Party]


class PartiesField(Field):
    """Choices of people, units, posts or subtrees. `data` is an ordered list of choices such
    as `person:<uid>`; `resolved` names and counts them.

    `within` is a permission: only units where the person holds it can be chosen from. Typed
    names come as `<name>-names`; those that are not certain come back as `questions`.
    """

    def __init__(self, label: str = "", validators: Any = None, **options: Any) -> None:
        self.kinds: Sequence[str] = tuple(options.pop("kinds", KINDS))
        self.is_multiple: bool = options.pop("multiple", True)
        self.within: str = options.pop("within", "")
        super().__init__(label, validators, **options)

    @cached_property
    def book(self) -> PartyBook:
        """Where choices are looked up."""
        return PartyBook(self.meta.request.person, self.kinds, self.within)

    @property
    def resolved(self) -> Sequence[Party]:
        """The parties chosen, in order; choices that lapsed are left out."""
        return self._resolved

    @property
    def lapsed_total(self) -> int:
        """Choices kept from earlier that no longer exist or may not be chosen any more."""
        return len(self.data) - len(self._resolved)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        given = self.default if data is unset_value else data
        self.object_data = given() if callable(given) else given
        self.names = ""
        self.questions: list[Question] = []
        self.data: list[str] = list(self.object_data or ())
        self._resolved: Sequence[Party] = ()
        if formdata is not None:
            self._take(formdata)
        elif self.data:
            self._resolved = self.book.parties(self.data)
        self.raw_data = self.data  # what InputRequired looks at

    def _take(self, formdata: Any) -> None:
        values = list(formdata.getlist(self.name))
        words = list(_names(formdata.getlist(f"{self.name}-names")))
        for number, asked in enumerate(formdata.getlist(f"{self.name}-asked")[:NAMES]):
            picked = formdata.getlist(f"{self.name}-pick-{number}")
            values += [value for value in picked if value != DROPPED]
            if not picked:
                words.append(asked)
        self._understand(values, list(dict.fromkeys(words))[:NAMES])

    def _understand(self, values: list[str], words: Sequence[str]) -> None:
        say = self.meta.request.catalogue.gettext
        unknown = []
        for name in words:
            party, candidates = self.book.meaning(name)
            if party is not None:
                values.append(party.value)
            elif candidates:
                self.questions.append(Question(name, candidates))
            else:
                unknown.append(name)
        self.names = say("、").join(unknown)
        sent = list(dict.fromkeys(values))
        self._resolved = self.book.parties(sent)
        self.data = [party.value for party in self._resolved]
        if unknown:
            self._refuse(N_("没有找到「%(names)s」，请改正或删去。"), names=self.names)
        if self.questions:
            self._refuse(N_("有 %(total)s 个名称需要核对，请选定。"), total=len(self.questions))
        if lost := len(sent) - len(self.data):
            self._refuse(
                N_("有 %(total)s 项不存在或不在您的可选范围内，已经去掉，请检查。"), total=lost
            )
        if not self.is_multiple and len(self.data) > 1:
            self._refuse(N_("只能选择一个。"))

    def _refuse(self, message: str, **params: Any) -> None:
        self.process_errors.append(self.meta.request.catalogue.gettext(message, **params))

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            raise StopValidation

    def post_validate(self, form: Any, validation_stopped: bool) -> None:  # noqa: FBT001
        request = self.meta.request
        if self.data and not self.errors and request.form is not None:
            request.afterwards.append(partial(self._remember, form, request.person.account.id))

    def _remember(self, form: Any, account_id: int) -> None:
        if not form.errors:
            remember_choices(account_id, self.data)

    def _value(self) -> str:
        return ""


def _names(texts: Sequence[Any]) -> Sequence[str]:
    return [name for text in texts for part in _BETWEEN.split(text) if (name := part.strip())]
