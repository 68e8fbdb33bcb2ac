"""Labels (标签) of chosen records: a code to scan, the name, the key, the unit; on A4."""

from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.codes import qr_code
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.listing import total
from openbureau.kit.registers.matching import matching_ids
from openbureau.shell.registers.asking import chosen_rows, list_at, usable_query

MOST_LABELS = 300
# Labels of a sheet by layout: three by eight, two by five.
LAYOUTS = {"small": 24, "large": 10}


def show_labels(register: Register, request: Request) -> Any:
    """The labels of the chosen records, sheet by sheet."""
    ctx, say = request.person, request.catalogue.gettext
    chosen = chosen_rows(ctx, register, request)
    query = usable_query(ctx, register, chosen.address)[1]
    count = total(ctx, register, query) if chosen.is_all else len(chosen.ids)
    if not count:
        raise Invalid(
            N_("没有选中记录。"), unaffected="", remedy=N_("请回到列表勾选要打印标签的行。")
        )
    if count > MOST_LABELS:
        raise Invalid(
            N_("选中了 %(count)s 条，一次最多打印 %(total)s 张标签。"),
            unaffected="",
            remedy=N_("请加上条件，缩小范围后再选。"),
            count=f"{count:,}",
            total=MOST_LABELS,
        )
    ids = matching_ids(ctx, register, query, MOST_LABELS) if chosen.is_all else chosen.ids
    layout = request.query.get("layout", "")
    layout = layout if layout in LAYOUTS else "small"
    others = [pair for pair in request.query.multi_items() if pair[0] not in {"layout", "act"}]
    return page(
        "kit/register_labels.html",
        register=register,
        sheets=_sheets(_labels(register, request, ids), LAYOUTS[layout]),
        total=len(ids),
        layout=layout,
        layouts=[("small", say("3 × 8，每张 24 枚")), ("large", say("2 × 5，每张 10 枚"))],
        kept=others,
        back=list_at(register, chosen.address),
    )


def _labels(register: Register, request: Request, ids: Sequence[int]) -> list[dict[str, Any]]:
    tree = unit_tree(request.person.tree_version)
    scheme = "https" if request.is_secure else "http"
    site = f"{scheme}://{request.headers.get('host', '')}"
    model = register.model
    rows = model.select().where(model.id.in_(list(ids))).order_by(model.id)
    return [
        {
            "title": register.record_title(row),
            "key": " ".join(str(getattr(row, name) or "") for name in register.key),
            "unit": tree.by_id[row.unit_id].short_name,
            "code": qr_code(f"{site}{register.record_url(row.id)}"),
        }
        for row in rows
    ]


def _sheets(labels: Sequence[Any], size: int) -> list[list[Any]]:
    rest = iter(labels)
    return list(iter(lambda: list(islice(rest, size)), []))


def pages_of(register: Register) -> Sequence[Page]:
    """The page of labels of one register."""
    return (Page(f"{register.noun}/labels", partial(show_labels, register), register.read),)
