"""Forms: WTForms with our messages, file uploads and nothing else."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData
from wtforms import Form as WTForm
from wtforms.fields import Field, SelectMultipleField
from wtforms.widgets import CheckboxInput, FileInput, ListWidget

from openbureau.base.drafts import Draft
from openbureau.base.errors import Problem
from openbureau.base.i18n import N_, Catalogue

# WTForms' own English messages, as our message ids.
_LIBRARY_MESSAGES = {
    "This field is required.": N_("这一项必须填写。"),
    "Invalid input.": N_("内容不符合要求。"),
    "Not a valid choice.": N_("请从列出的选项中选择。"),
    "Not a valid choice": N_("请从列出的选项中选择。"),
    "Not a valid integer value.": N_("请填写整数。"),
    "Not a valid decimal value.": N_("请填写数字。"),
    "Not a valid float value.": N_("请填写数字。"),
    "Not a valid time value.": N_("请填写时间，例如 09:30。"),
    "Not a valid date value.": N_("请填写日期，例如 2026-11-23。"),
    "Invalid Choice: could not coerce.": N_("请从列出的选项中选择。"),
    "Field must be at least %(min)d character long.": N_("至少填写 %(min)d 个字。"),
    "Field must be at least %(min)d characters long.": N_("至少填写 %(min)d 个字。"),
    "Field cannot be longer than %(max)d character.": N_("最多填写 %(max)d 个字。"),
    "Field cannot be longer than %(max)d characters.": N_("最多填写 %(max)d 个字。"),
    "Field must be between %(min)d and %(max)d characters long.": N_(
        "请填写 %(min)d 到 %(max)d 个字。"
    ),
    "Number must be between %(min)s and %(max)s.": N_("请填写 %(min)s 到 %(max)s 之间的数。"),
}


class _Messages:
    """WTForms' translation protocol on top of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def gettext(self, message: str) -> str:
        return self._catalogue.gettext(_LIBRARY_MESSAGES.get(message, message))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.gettext(singular if n == 1 else plural)


class Form(WTForm):
    """A form bound to one request: `Form(request)` reads what was sent, if anything.

    `draft` is what the person typed on this page before and did not send; the page opened
    by its `restore_url` has the form filled with it. Labels and messages are Chinese
    message ids, translated for the person.
    """

    class Meta:
        def get_translations(self, form: Any) -> _Messages:
            return _Messages(form.catalogue)

    def __init__(self, request: Any, record: Any = None, **values: Any) -> None:
        self.catalogue: Catalogue = request.catalogue
        self.draft: Draft | None = request.draft
        filling = self._filling(request)
        super().__init__(formdata=filling, obj=record, meta={"request": request}, **values)
        for field in self:
            field.label.text = self.catalogue.gettext(str(field.label.text))
            if field.description:
                field.description = self.catalogue.gettext(field.description)
            if isinstance(field, AttachmentsField):
                field.receive(request)

    def _filling(self, request: Any) -> "_Sent | None":
        """What was sent, or the draft asked for when it is this form's."""
        filled = request.filled
        if filled is None:
            return None
        names = {name for name, _ in self._unbound_fields}
        is_ours = request.form is not None or not names.isdisjoint(filled)
        return _Sent(filled) if is_ours else None

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used. What could not be read is said once: the
        validators of such a field looked at nothing."""
        is_valid = super().validate(extra_validators)
        for field in self:
            unread = list(field.process_errors)
            if unread and field.errors[: len(unread)] == unread:
                field.errors = unread
        return is_valid

    def add_error(self, name: str, message: str, /, **params: Any) -> None:
        """Puts an error on a field after validation."""
        field = self[name]
        field.errors = [*field.errors, self.catalogue.gettext(message, **params)]


class _Sent:
    """Starlette's form data as WTForms wants it: text values by name."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Any:
        return iter(self._data)

    def getlist(self, name: str) -> list[Any]:
        return self._data.getlist(name)


class CheckboxGroupField(SelectMultipleField):
    """Several of a few choices, each a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AttachmentsField(Field):
    """Files sent with a form. `data` is a list of stored files; `errors` name refused ones.

    Files that were accepted stay with a form that is rejected for another reason: the
    template sends each `kept` token back as `kept_<field>`.
    """

    widget = FileInput(multiple=True)

    def process(
        self,
        formdata: Any,
        data: Any = None,
        extra_filters: Sequence[Any] | None = None,
    ) -> None:
        self.object_data = data
        self.data: list[Any] = []
        self.process_errors: list[str] = []
        self.kept: list[tuple[str, int, str]] = []

    def _value(self) -> bool:
        return False

    def receive(self, request: Any) -> None:
        """Takes over what was uploaded under this field's name."""
        self.data = list(request.uploads.get(self.name, ()))
        self.kept = list(request.kept.get(self.name, ()))
        self.process_errors = [
            self.process_text(request, problem)
            for problem in request.upload_problems.get(self.name, ())
        ]

    @staticmethod
    def process_text(request: Any, problem: Problem) -> str:
        """What happened and what to do, in the person's language."""
        say = request.catalogue.gettext
        return f"{say(problem.what, **problem.params)}{say(problem.remedy, **problem.params)}"
