"""Audit records in words: who, for whom, did what to which record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from openbureau.base.context import CHINA
from openbureau.base.database import to_instant
from openbureau.base.i18n import N_
from openbureau.kernel.access.administration import POWERS
from openbureau.kernel.audit.origin import COMMAND_LINE, TOKEN
from openbureau.kernel.audit.queries import former_unit_names
from openbureau.shell.audit_labels import ACTIONS, REALMS
from openbureau.shell.audit_subjects import Reader, Subject, Subjects

VERBS = {
    "bulk": N_("批量办理"),
    "cancelled": N_("取消办理"),
    "changed": N_("更改"),
    "attached": N_("添加附件"),
    "commented": N_("备注"),
    "corrected": N_("更正"),
    "created": N_("登记"),
    "detached": N_("移除附件"),
    "exported": N_("导出"),
    "imported": N_("导入"),
    "restored": N_("恢复"),
    "uncommented": N_("撤回备注"),
    "undone": N_("撤销导入"),
    "voided": N_("作废"),
    "add": N_("添加"),
    "apply": N_("执行"),
    "change": N_("修改"),
    "close": N_("撤销"),
    "confirm": N_("确认"),
    "create": N_("新建"),
    "delete": N_("删除"),
    "disable": N_("停用"),
    "edit": N_("修改"),
    "enable": N_("启用"),
    "end": N_("结束"),
    "export": N_("导出"),
    "grant": N_("授予"),
    "hand_over": N_("移交"),
    "import": N_("导入"),
    "merge": N_("合并"),
    "move": N_("调整"),
    "publish": N_("发布"),
    "remove": N_("移除"),
    "rename": N_("改名"),
    "view": N_("查看"),
    "reset": N_("重置"),
    "revoke": N_("收回"),
    "share": N_("共享"),
    "undo": N_("撤回"),
    "unshare": N_("取消共享"),
    "update": N_("修改"),
    "withdraw": N_("撤回"),
}
# Where a record's detail names what it was about, and the lists of people in it.
TOLD = ("title", "name", "login", "key", "role", "plugin", "code", "file")
COUNTED = ("accounts", "new", "changed")
HEADS = (
    N_("编号"), N_("时间"), N_("人员"), N_("账号"), N_("单位"), N_("操作"), N_("对象"),
    N_("结果"), N_("地址"), N_("详情"),
)  # fmt: skip
OUTCOMES = {"done": N_("成功"), "denied": N_("被拒绝"), "failed": N_("失败")}


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One record as pages, workbooks and paper show it."""

    id: int
    at: Any
    who: str
    login: str
    unit: str
    action: str
    subject: str
    subject_url: str
    outcome: str
    is_done: bool
    address: str
    url: str


class AuditWords:
    """The words for the records of one page; looks names up once for all of them."""

    def __init__(self, reader: Reader, rows: Sequence[Any]) -> None:
        self._plugins = reader.plugins
        self._say = reader.catalogue.gettext
        self._language = reader.catalogue.language
        self._tree = reader.tree
        self._subjects = Subjects(reader, rows)
        units = {row.unit_id for row in rows if row.unit_id}
        self._former = former_unit_names(units) if units else {}
        self._labels = self._action_labels()

    def _action_labels(self) -> dict[str, str]:
        labels = {power.code: power.label for power in POWERS} | ACTIONS
        for record in self._plugins.loaded:
            for permission in record.declared.permissions.permissions:
                labels[permission.code] = permission.label
        return labels

    def action(self, code: str) -> str:
        """What an action is called: as declared; a plugin's else by its verb and the kind of
        record, else its code."""
        if code in self._labels:
            return self._say(self._labels[code])
        slug, _, rest = code.partition(".")
        verb = next((verb for verb in VERBS if rest.startswith(f"{verb}_")), "")
        thing = self._kind_label(f"{slug}/{rest.removeprefix(f'{verb}_')}")
        if not verb or not thing:
            return code
        between = "" if self._language == "zh" else " "
        return f"{self._say(VERBS[verb])}{between}{self._say(thing)}"

    def _kind_label(self, realm: str) -> str:
        record = self._plugins.records.get(realm.partition("/")[0])
        kinds = record.declared.records if record else ()
        return next((kind.label for kind in kinds if kind.realm == realm), "")

    def line(self, row: Any) -> AuditLine:
        """One record in words."""
        subject = self._subject(row)
        return AuditLine(
            id=row.id,
            at=row.at,
            who=self._by(row),
            login=row.login or "",
            unit=self._unit(row),
            action=self.action(row.action),
            subject=subject.text,
            subject_url=subject.url,
            outcome=self._say(OUTCOMES.get(row.outcome, row.outcome)),
            is_done=row.outcome == "done",
            address=row.address,
            url=f"/-/console/audit/{row.id}",
        )

    def _by(self, row: Any) -> str:
        """Who did it, and that it was done on the command line or with a token."""
        said = msgspec.json.decode(row.detail)
        if not isinstance(said, dict) or said.get("origin") not in {COMMAND_LINE, TOKEN}:
            return self._who(row)
        if said["origin"] == TOKEN:
            token = str(said.get("via_token", ""))
            return self._say(
                N_("%(name)s（通过令牌「%(token)s」）"), name=self._who(row), token=token
            )
        user = str(said.get("os_user", ""))
        if row.account_id is None:
            return self._say(N_("命令行（系统用户 %(user)s）"), user=user)
        return self._say(
            N_("%(name)s（通过命令行，系统用户 %(user)s）"), name=self._who(row), user=user
        )

    def _who(self, row: Any) -> str:
        if row.account_id is None:
            return self._say(N_("系统"))
        name = row.account_name or self._say(N_("未知账号 %(id)s"), id=row.account_id)
        if row.holder_id is not None and row.holder_id != row.account_id:
            return self._say(
                N_("%(delegate)s 代 %(holder)s"), delegate=name, holder=row.holder_name
            )
        return str(name)

    def _unit(self, row: Any) -> str:
        """The unit's name on that day."""
        if row.unit_id is None or row.unit_id not in self._tree.by_id:
            return ""
        at = to_instant(row.at)
        former = self._former.get(row.unit_id, ())
        return next(
            (name for until, name in former if at < until),
            self._tree.by_id[row.unit_id].short_name,
        )

    def _subject(self, row: Any) -> Subject:
        detail = msgspec.json.decode(row.detail)
        known = self._subjects.of(row.realm, row.record_id) or self._declared(row.realm, detail)
        if known is not None:
            return known
        told = self._told(detail) or self._counted(row.realm, detail)
        label = self.realm(row.realm) if row.realm else ""
        number = f" {row.record_id}" if row.record_id is not None and not told else ""
        return Subject(f"{label}{number} {told}".strip())

    def _declared(self, realm: str, detail: Any) -> Subject | None:
        """What is known by a key instead of a number."""
        if realm == "core/setting":
            return self._subjects.setting(str(detail.get("key")))
        if realm == "core/plugin_rule":
            return self._subjects.plugin(str(detail.get("plugin")))
        return None

    def realm(self, realm: str) -> str:
        """What a kind of record is called; its code where nobody declares it any more."""
        if realm in REALMS:
            return self._say(REALMS[realm])
        label = self._kind_label(realm)
        return self._say(label) if label else realm

    @staticmethod
    def _told(detail: Any) -> str:
        """What the record itself calls its subject."""
        named = (detail[name] for name in TOLD if isinstance(detail.get(name), str))
        return next(named, "")

    def _counted(self, realm: str, detail: Any) -> str:
        """How many accounts one record was about."""
        lists = [detail[name] for name in COUNTED if isinstance(detail.get(name), list)]
        if realm != "core/account" or not lists:
            return ""
        return self._say(N_("%(total)s 个"), total=sum(map(len, lists)))

    def table(self, rows: Sequence[Any]) -> tuple[list[str], list[Sequence[str]]]:
        """Headings, and the records as workbooks hold them."""
        lines: list[Sequence[str]] = []
        for row in rows:
            line = self.line(row)
            at = row.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
            lines.append(
                (str(row.id), at, line.who, line.login, line.unit, line.action, line.subject,
                 line.outcome, line.address, row.detail)
            )  # fmt: skip
        return [self._say(head) for head in HEADS], lines

    def realms(self) -> dict[str, str]:
        """Every kind of record that is declared, and what it is called."""
        found = {realm: self._say(label) for realm, label in REALMS.items()}
        for record in self._plugins.loaded:
            found |= {kind.realm: self._say(kind.label) for kind in record.declared.records}
        return found
