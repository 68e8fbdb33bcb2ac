"""People from a table: template, check, import."""

from typing import Any

from starlette.responses import Response
from wtforms.validators import InputRequired

from openbureau.base.declarations import Page
from openbureau.base.errors import Conflict, Invalid
from openbureau.base.forms import AttachmentsField, Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.oversight import PEOPLE, reach_of
from openbureau.kernel.accounts.person_import import (
    COLUMNS,
    LINES,
    Checked,
    Line,
    checked_table,
    import_people,
)
from openbureau.kernel.files.names import content_disposition
from openbureau.kernel.files.storage import content_path
from openbureau.kernel.sync.losses import LOSS_LABELS
from openbureau.kernel.units.queries import UnitTree, unit_tree
from openbureau.shell.workbooks import XLSX, Sheet, first_sheet, written

URL = "/-/console/people/import"
LINES_SHOWN = 200
WORKBOOKS = ".xlsx,.xls"
TEMPLATE = "人员导入模板.xlsx"
UNITS = "单位代码"
ORDER = {"error": 0, "change": 1, "new": 2, "same": 3}
ACTION_LABELS = {
    "new": N_("新增"),
    "change": N_("更新"),
    "same": N_("不变"),
    "error": N_("错误"),
}
LAMPS = {"new": "ok", "change": "warn", "same": "pause", "error": "late"}
NOTES = (
    ("账号", "必填。字母、数字和 . _ -，2 到 60 位。已有的账号按这一列核对并更新。"),
    ("姓名", "必填。"),
    ("单位代码", "必填。处室填处室的代码，全部代码见「单位代码」表。"),
    ("职务", "可不填。"),
    ("排名", "在本单位内的次序，1 到 9999，小的在前；不填为 100。"),
    ("手机 电话 邮箱 房间", "可不填。更新已有的人员时，空格表示不改。"),
    ("例", "zhangsan | 张三 | 530102 | 科员 | 20 | 13800000000 | 0871-1234567 | | 301"),
)


class ImportForm(Form):
    """The table."""

    table = AttachmentsField(N_("人员表"), [InputRequired()])


def new_import(request: Request) -> Any:
    """Where the template is and the table goes."""
    return _page(request, ImportForm(request))


def show_template(request: Request) -> Any:
    """The table to fill in, with the unit codes of the person's reach."""
    tree = unit_tree(request.session.units_epoch)
    covered = reach_of(request.person).covers
    units = [(n.code, n.name) for n in tree.nodes if n.is_active and covered(n.id)]
    content = written(
        [
            Sheet(
                "人员",
                list(COLUMNS.values()),
                choices={2: f"'{UNITS}'!$A$2:$A${len(units) + 1}"} if units else None,
                empty_rows=LINES,
            ),
            Sheet("说明", ["列", "怎样填"], NOTES, width=48),
            Sheet(UNITS, ["代码", "名称"], units, width=36),
        ]
    )
    headers = {"content-disposition": content_disposition(TEMPLATE), "cache-control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


def create_import(request: Request) -> Any:
    """Checks a table and shows what it would do; writes it when the same check is confirmed."""
    request.app.gate.store_uploads(request)
    form = ImportForm(request)
    if form.table.process_errors or len(form.table.data) != 1:
        problems = form.table.process_errors or [
            request.catalogue.gettext(N_("请选择一个 .xlsx 或 .xls 文件。"))
        ]
        form.table.errors = problems
        return _page(request, form, status=422)
    try:
        rows = first_sheet(content_path(form.table.data[0].digest), LINES + 1)
    except Invalid as refused:
        form.add_error("table", refused.what, **refused.params)
        return _page(request, form, status=422)
    checked = checked_table(rows, reach_of(request.person), unit_tree(request.session.units_epoch))
    if checked.fault is not None:
        form.add_error("table", checked.fault[0], **checked.fault[1])
        return _page(request, form, status=422)
    if _is_confirmed(request, checked):
        return _imported(request, checked)
    return _page(request, form, checked)


def _is_confirmed(request: Request, checked: Checked) -> bool:
    """Whether this very result was looked at before, and its faulty lines are to be left out
    where there are any."""
    sent = request.form
    if sent is None or sent.get("digest") != checked.digest:
        return False
    return checked.total("error") == 0 or sent.get("leave_out") == "1"


def _imported(request: Request, checked: Checked) -> Any:
    reach = reach_of(request.person)
    with request.writing():
        if reach_of(request.person) != reach:
            raise Conflict(
                N_("您的管理范围刚刚变动，没有导入任何人。"), remedy=N_("请重新提交表格核对。")
            )
        import_people(checked, by(request.person))
    notice = request.catalogue.gettext(
        "已导入：新增 %(new)s 人，更新 %(changed)s 人。请为新人员打印初始密码条。",
        new=checked.total("new"),
        changed=checked.total("change"),
    )
    only = "?only=new" if checked.total("new") else ""
    return redirect(f"/-/console/people{only}", notice)


def _page(
    request: Request, form: ImportForm, checked: Checked | None = None, status: int = 200
) -> Any:
    tree = unit_tree(request.session.units_epoch)
    lines = sorted(checked.lines, key=lambda line: ORDER[line.action]) if checked else []
    say = request.catalogue.gettext
    return page(
        "core/console_people_import.html",
        status=status,
        form=form,
        heads=[say(label) for label in COLUMNS.values()],
        accept=WORKBOOKS,
        checked=checked,
        counts=[
            (say(label), checked.total(action) if checked else 0)
            for action, label in ACTION_LABELS.items()
        ],
        lines=[_line(request, tree, line) for line in lines[:LINES_SHOWN]],
        shown=min(len(lines), LINES_SHOWN),
        total=len(lines),
        error_total=checked.total("error") if checked else 0,
        good_total=checked.total("new") + checked.total("change") if checked else 0,
    )


def _line(request: Request, tree: UnitTree, line: Line) -> dict[str, Any]:
    say = request.catalogue.gettext
    unit = tree.by_code.get(line.values.get("unit", ""))
    return {
        "number": line.number,
        "lamp": LAMPS[line.action],
        "action": say(ACTION_LABELS[line.action]),
        "login": line.values.get("login", "")[:60],
        "name": line.values.get("name", "")[:60],
        "unit": unit.short_name if unit else line.values.get("unit", "")[:40],
        "why": say("；").join(
            [
                *(_why(request, problem) for problem in line.problems),
                *(_changed(request, tree, change) for change in line.changes),
                *_consequences(request, line),
            ]
        ),
    }


def _changed(request: Request, tree: UnitTree, change: tuple[str, str, str]) -> str:
    name, before, after = change
    if name == "unit":
        places = (tree.by_code.get(before), tree.by_code.get(after))
        before, after = (place.name if place else "" for place in places)
    say = request.catalogue.gettext
    return say(
        "%(column)s：%(before)s → %(after)s",
        column=say(COLUMNS[name]),
        before=before or say("（空）"),
        after=after,
    )


def _consequences(request: Request, line: Line) -> list[str]:
    """What a move ends and what it leaves, in words."""
    if not line.is_move:
        return []
    say = request.catalogue.gettext
    told = [say(N_("原任职终止，开始新任职"))]
    for kind, count in line.losses.items():
        told.append(
            say(N_("随原任职失去：%(what)s %(total)s 项"), what=say(LOSS_LABELS[kind]), total=count)
        )
    if line.kept_grants:
        told.append(say(N_("保留在原单位的角色 %(total)s 项"), total=line.kept_grants))
    return told


def _why(request: Request, problem: Any) -> str:
    say = request.catalogue.gettext
    message, params = problem
    return say(message, **{k: say(v) if isinstance(v, str) else v for k, v in params.items()})


PAGES = (
    Page("console/people/import", new_import, PEOPLE),
    Page(
        "console/people/import",
        create_import,
        PEOPLE,
        methods=("POST",),
        uploads=True,
        is_self_managed=True,
    ),
    Page("console/people/import/template", show_template, PEOPLE),
)
