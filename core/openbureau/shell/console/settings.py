"""系统设置 and 安全策略: values chosen while the system runs, and where each comes from.

The system administrator and the security administrator see the settings they may change.
"""

from collections.abc import Mapping
from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import Length

from openbureau.base.declarations import MenuEntry, Page, Setting
from openbureau.base.errors import Invalid, NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.settings.actions import choose_setting, converted
from openbureau.kernel.settings.queries import Chosen, chosen_values, settings_of
from openbureau.kernel.units.queries import UnitTree, unit_tree

BASES = {
    "core.manage_settings": "/-/console/settings",
    "core.manage_policies": "/-/console/policies",
}
TITLES = {"core.manage_settings": N_("系统设置"), "core.manage_policies": N_("安全策略")}
INDENT = "\N{EM SPACE}"


class _SettingForm(Form):
    unit = SelectField(
        N_("用于"), description=N_("所选的值也用于该单位的全部下属，下属可另选。"), default=""
    )


class TextSettingForm(_SettingForm):
    """A number or a text, and where it holds."""

    value = StringField(N_("新的值"), [Length(max=500)])


class ChoiceSettingForm(_SettingForm):
    """One of a few values, and where it holds."""

    value = SelectField(N_("新的值"))


def list_settings(request: Request) -> Any:
    """Every setting this administrator may change, with its value and its source."""
    permission = _permission(request)
    values = _values(request)
    groups: dict[str, list[dict[str, Any]]] = {}
    for setting in settings_of(request.app.plugins).values():
        if setting.permission == permission:
            groups.setdefault(_owner(request, setting), []).append(_row(request, setting, values))
    return page(
        "core/console_settings.html",
        heading=request.catalogue.gettext(TITLES[permission]),
        groups=list(groups.items()),
    )


def _permission(request: Request) -> str:
    is_policy = request.path.startswith(BASES["core.manage_policies"])
    return "core.manage_policies" if is_policy else "core.manage_settings"


def _values(request: Request) -> Mapping[tuple[str, int | None], Chosen]:
    return chosen_values(request.session.access_epoch)


def _owner(request: Request, setting: Setting) -> str:
    slug = setting.key.partition(".")[0]
    record = request.app.plugins.records.get(slug)
    if record is None:
        return request.catalogue.gettext(N_("平台"))
    return record.label(request.catalogue.language)


def _row(
    request: Request, setting: Setting, values: Mapping[tuple[str, int | None], Chosen]
) -> dict[str, Any]:
    say = request.catalogue.gettext
    found = values.get((setting.key, None))
    apart = sum(key == setting.key and unit_id is not None for key, unit_id in values)
    return {
        "key": setting.key,
        "label": say(setting.label),
        "value": _shown(request, setting, setting.default if found is None else found.value),
        "source": say(N_("默认")) if found is None else say(N_("全系统")),
        "apart": apart,
        "chosen_by": _name(found.account_id) if found else "",
        "chosen_at": found.chosen_at if found else None,
        "url": f"{BASES[setting.permission]}/{setting.key}",
    }


def _shown(request: Request, setting: Setting, value: Any) -> str:
    say = request.catalogue.gettext
    if isinstance(setting.default, bool):
        return say(N_("是")) if value else say(N_("否"))
    labels = dict(setting.choices)
    return say(labels[value]) if value in labels else str(value)


def _name(account_id: int | None) -> str:
    return Account.select(Account.name).where(Account.id == account_id).scalar() or ""


def show_setting(request: Request) -> Any:
    """One setting: its value everywhere, and the form that chooses another."""
    setting = _setting(request)
    form = _form(request, setting)
    found = _values(request).get((setting.key, None))
    form.value.data = _written(setting, setting.default if found is None else found.value)
    return _setting_page(request, setting, form)


def _setting(request: Request) -> Setting:
    setting = settings_of(request.app.plugins).get(request.params["name"])
    if setting is None or setting.permission != _permission(request):
        raise NotFound
    return setting


def _written(setting: Setting, value: Any) -> str:
    return ("yes" if value else "no") if isinstance(setting.default, bool) else str(value)


def _form(request: Request, setting: Setting) -> Any:
    say = request.catalogue.gettext
    form: Any
    if isinstance(setting.default, bool):
        form = ChoiceSettingForm(request)
        form.value.choices = [("yes", say(N_("是"))), ("no", say(N_("否")))]
    elif setting.choices:
        form = ChoiceSettingForm(request)
        form.value.choices = [(value, say(label)) for value, label in setting.choices]
    else:
        form = TextSettingForm(request)
    units = _tree(request).access_units() if setting.is_local else ()
    form.unit.choices = [("", say(N_("全系统")))] + [
        (unit.code, INDENT * unit.depth + unit.name) for unit in units
    ]
    return form


def _tree(request: Request) -> UnitTree:
    return unit_tree(request.session.units_epoch)


def update_setting(request: Request) -> Any:
    """Chooses a value; live everywhere at the next request."""
    setting = _setting(request)
    form = _form(request, setting)
    if not form.validate():
        return _setting_page(request, setting, form, status=422)
    try:
        value = converted(setting, form.value.data or "")
    except Invalid as refused:
        form.add_error("value", refused.what, **_translated(request, refused.params))
        return _setting_page(request, setting, form, status=422)
    _choose(request, setting, value, form.unit.data)
    return redirect(f"{BASES[setting.permission]}/{setting.key}", "已生效。")


def _translated(request: Request, params: Mapping[str, Any]) -> dict[str, Any]:
    say = request.catalogue.gettext
    return {name: say(v) if isinstance(v, str) and v else v for name, v in params.items()}


def _choose(request: Request, setting: Setting, value: Any, code: str) -> None:
    ctx = request.person
    unit = _tree(request).by_code.get(code) if code else None
    if code and unit is None:
        raise NotFound
    choose_setting(
        setting,
        value,
        now=ctx.now,
        unit_id=unit.id if unit else None,
        account_id=ctx.account.id,
        address=ctx.address,
    )


def take_back_setting(request: Request) -> Any:
    """Takes a choice back: what is above it, or the default, holds again."""
    setting = _setting(request)
    code = str(request.form.get("place") or "") if request.form is not None else ""
    _choose(request, setting, None, code)
    return redirect(f"{BASES[setting.permission]}/{setting.key}", "已恢复。")


def _setting_page(request: Request, setting: Setting, form: Any, status: int = 200) -> Any:
    say = request.catalogue.gettext
    tree, values = _tree(request), _values(request)
    places = [
        {
            "code": "" if unit_id is None else tree.by_id[unit_id].code,
            "name": say(N_("全系统")) if unit_id is None else tree.by_id[unit_id].name,
            "value": _shown(request, setting, found.value),
            "chosen_by": _name(found.account_id) or say(N_("命令行")),
            "chosen_at": found.chosen_at,
        }
        for (key, unit_id), found in values.items()
        if key == setting.key and (unit_id is None or unit_id in tree.by_id)
    ]
    low, high = setting.minimum, setting.maximum
    return page(
        "core/console_setting.html",
        status=status,
        setting={
            "key": setting.key,
            "label": say(setting.label),
            "description": say(setting.description) if setting.description else "",
            "default": _shown(request, setting, setting.default),
            "limits": "" if low is None and high is None else f"{low or ''}–{high or ''}",
            "is_local": setting.is_local,
            "url": f"{BASES[setting.permission]}/{setting.key}",
        },
        heading=say(TITLES[setting.permission]),
        list_url=BASES[setting.permission],
        places=places,
        form=form,
    )


def _pages(permission: str) -> tuple[Page, ...]:
    path = BASES[permission].removeprefix("/-/")
    one = f"{path}/{{name}}"
    return (
        Page(path, list_settings, permission),
        Page(one, show_setting, permission),
        Page(one, update_setting, permission, methods=("POST",)),
        Page(f"{one}/take-back", take_back_setting, permission, methods=("POST",)),
    )


PAGES = tuple(page for permission in BASES for page in _pages(permission))
MENU = (
    MenuEntry(
        TITLES["core.manage_settings"],
        BASES["core.manage_settings"],
        "core.manage_settings",
        N_("系统管理"),
        "settings",
        940,
    ),
    MenuEntry(
        TITLES["core.manage_policies"],
        BASES["core.manage_policies"],
        "core.manage_policies",
        N_("权限与安全"),
        "shield-lock",
        956,
    ),
)
