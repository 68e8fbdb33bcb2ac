"""Invented forms for the examples of `/-/patterns`: every kind of field in every state."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData
from wtforms import (
    BooleanField,
    DecimalField,
    EmailField,
    IntegerField,
    PasswordField,
    RadioField,
    SearchField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # stubs of 3.2
from wtforms.validators import InputRequired, Length, NumberRange

from openbureau.base.forms import AttachmentsField, CheckboxGroupField, Form
from openbureau.base.request import Request
from openbureau.kernel.calendar.fields import DateField, DateRangeField
from openbureau.kit.parties import Meaning, Party
from openbureau.kit.picker import PartiesField
from openbureau.shell.calendars import month_of
from openbureau.shell.pickers import Branch

KINDS = [
    SelectChoice(*pair) for pair in (("lift", "电梯"), ("boiler", "锅炉"), ("crane", "起重机械"))
]
STATES = [SelectChoice("on", "在用"), SelectChoice("off", "停用")]
CITY = Party("unit:1", "unit", "示例市局", "示例市质量技术监督局", 1)
ALL = Party("subtree:1", "subtree", "示例市局及全部下属", "15 个单位", 15)
FIRST = Party("person:1", "person", "王敏", "示例市局 办公室 科员")
SECOND = Party("person:2", "person", "王敏", "东区局 副局长")
POST = Party("post:1:局长", "post", "示例市局 局长", "1 人")


class SampleBook:
    """A handful of invented parties, found by their labels."""

    def parties(self, values: Sequence[str]) -> list[Party]:
        """Those of these values, in their order."""
        known = {party.value: party for party in (CITY, ALL, FIRST, SECOND, POST)}
        return [known[value] for value in values if value in known]

    def meaning(self, words: str) -> Meaning:
        """Two people share the one name that is found."""
        return Meaning(None, (FIRST, SECOND) if words == FIRST.label else ())


class SamplePartiesField(PartiesField):
    """The picker on invented parties: the page needs no account."""

    book = SampleBook()  # type: ignore[assignment]


class SampleForm(Form):
    """One field of every kind."""

    name = StringField("设备名称", [InputRequired(), Length(max=60)])
    code = StringField("设备代码")
    phone = TelField("联系电话")
    mail = EmailField("电子邮件")
    words = SearchField("查找")
    secret = PasswordField("口令")
    floors = IntegerField("层站数", [NumberRange(1, 200)])
    load = DecimalField("额定载重量", places=1)
    kind = SelectField("设备种类", choices=KINDS)
    kinds = SelectMultipleField("适用种类", choices=KINDS)
    state = RadioField("使用状态", choices=STATES)
    parts = CheckboxGroupField("检查项目", choices=KINDS)
    is_urgent = BooleanField("急件")
    opinion = TextAreaField("检查意见", [Length(max=300)])
    meets_at = TimeField("开始时间")
    due_on = DateField("下次检验日期", nearest="future")
    span = DateRangeField("登记日期")
    files = AttachmentsField("附件")
    to = SamplePartiesField("主送")
    reason = StringField("理由", [InputRequired()])
    one = SamplePartiesField("承办人", kinds=("person",), multiple=False)


def sample_forms(request: Request) -> dict[str, Any]:
    """The values `form`, `refused`, `month`, `branches` and `groups` of the examples."""
    form = SampleForm(
        request,
        name="示例大厦 2 号曳引驱动乘客电梯",
        code="311053010000202000",
        floors=18,
        load=1050,
        state="on",
        parts=["lift"],
        opinion="限速器校验标记过期，请于十日内整改。",
        due_on=dt.date(2026, 11, 25),
        span=(dt.date(2026, 11, 1), dt.date(2026, 11, 30)),
        to=[CITY.value, ALL.value, FIRST.value],
        one=[SECOND.value],
    )
    form.files.kept = [("检验报告（示例）.pdf", 482_113, "sample")]
    day = dt.date(2026, 10, 9)
    return {
        "form": form,
        "refused": _refused(request),
        "month": month_of(request.catalogue, day.replace(day=1), day, "2026-10-15"),
        "branches": _branches(),
        "groups": [{"id": 1, "name": "班子成员", "parties": [FIRST, SECOND]}],
    }


def _refused(request: Request) -> SampleForm:
    """The form as it comes back with mistakes."""
    form = SampleForm(request)
    sent = FormData(
        [("floors", "十八"), ("due_on", "2026-13-45"), ("to-names", "王敏、没有这个人"),
         ("span-first", "2026-11-30"), ("span-last", "2026-11-01"), ("opinion", "整" * 290)]
    )  # fmt: skip
    form.process(sent)
    form.validate()
    for field in form:  # both forms stand on one page
        field.id = f"refused-{field.id}"
    return form


def _branches() -> list[Branch]:
    """A unit opened to all below it, a post, a person and a closed unit."""
    east = Party("unit:2", "unit", "东区局", "", 1)
    below = [
        *(Branch(party.label, party.detail, party, level=2) for party in (ALL, POST, FIRST)),
        Branch(east.label, party=east, code="2", level=2),
    ]
    return [Branch(CITY.label, party=CITY, code="1", is_open=True, below=below)]
