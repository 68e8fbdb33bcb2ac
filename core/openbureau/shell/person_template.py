"""The workbook people are imported from, to be filled in."""

from openbureau.base.context import Reach
from openbureau.kernel.accounts.person_import import COLUMNS, LINES
from openbureau.kernel.units.queries import UnitTree
from openbureau.shell.workbooks import Sheet, written

UNITS = "单位代码"
NOTES = (
    ("账号", "必填。字母、数字和 . _ -，2 到 60 位。已有的账号按这一列核对并更新。"),
    ("姓名", "必填。"),
    ("单位代码", "必填。处室填处室的代码，全部代码见「单位代码」表。"),
    ("职务", "可不填。"),
    ("排名", "在本单位内的次序，1 到 9999，小的在前；不填为 100。"),
    ("手机 电话 邮箱 房间", "可不填。更新已有的人员时，空格表示不改。"),
    ("例", "zhangsan | 张三 | 530102 | 科员 | 20 | 13800000000 | 0871-1234567 | | 301"),
)


def person_template(tree: UnitTree, reach: Reach) -> bytes:
    """The table to fill in (.xlsx), with the codes of the units in reach."""
    units = [(n.code, n.name) for n in tree.nodes if n.is_active and reach.covers(n.id)]
    return written(
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
