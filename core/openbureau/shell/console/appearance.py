"""How units' pages look: theme, name and logo, chosen without code (系统管理员)."""

from typing import Any

from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.assets import IMMUTABLE
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound
from openbureau.base.forms import AttachmentsField, Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.base.themes import default_theme
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.appearance.actions import LOGO_MAX_BYTES, LOGO_TYPES, choose_appearance
from openbureau.kernel.appearance.models import ZONES, Appearance
from openbureau.kernel.appearance.queries import looks
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.files.storage import content_path
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.pictures import picture_answer

INDENT = "\N{EM SPACE}"
ZONE_LABELS = {"staff": N_("内网"), "public": N_("公众网站")}


class AppearanceForm(Form):
    """Which unit, on which site, looks how."""

    unit = SelectField(
        N_("单位"), [InputRequired()], description=N_("所选外观也用于其全部下属，下属可另选。")
    )
    zone = SelectField(N_("用于"), [InputRequired()])
    theme = SelectField(N_("主题"))
    name = StringField(
        N_("平台名称"),
        [Length(max=30)],
        description=N_("显示在页面左上角；不填则沿用上级的名称。"),
    )
    logo = AttachmentsField(
        N_("标识图片"), description=N_("PNG、JPEG 或 WebP，不超过 200 KB，显示高度 26 像素。")
    )
    drops_logo = BooleanField(N_("不再使用原有标识"))


def list_appearances(request: Request) -> Any:
    """Every unit that chose something, and the form."""
    return _page(request, _form(request))


def create_appearance(request: Request) -> Any:
    """Sets a unit's appearance; live in every process at the next request."""
    ctx = request.person
    form = _form(request)
    logo = form.logo.data[0] if form.logo.data else None
    is_valid = form.validate()
    if logo and (logo.media_type not in LOGO_TYPES or logo.size_bytes > LOGO_MAX_BYTES):
        form.add_error("logo", N_("标识须是 200 KB 以内的 PNG、JPEG 或 WebP 图片。"))
        is_valid = False
    if form.logo.process_errors:
        form.add_error("logo", form.logo.process_errors[0])
        is_valid = False
    if not is_valid:
        return _page(request, form, status=422)
    choose_appearance(
        Unit.get(Unit.code == form.unit.data),
        form.zone.data,
        theme=form.theme.data or "",
        name=(form.name.data or "").strip(),
        logo=logo,
        keeps_logo=not form.drops_logo.data,
        account_id=ctx.account.id,
        now=ctx.now,
    )
    return redirect("/-/console/appearance", "外观已更新。")


def _form(request: Request) -> AppearanceForm:
    form = AppearanceForm(request)
    say = request.catalogue.gettext
    tree = unit_tree(request.session.units_epoch)
    form.unit.choices = [(u.code, INDENT * u.depth + u.name) for u in tree.access_units()]
    form.zone.choices = [(zone, say(ZONE_LABELS[zone])) for zone in ZONES]
    form.theme.choices = [("", say(N_("沿用上级")))] + [
        (slug, theme.label(request.catalogue.language))
        for slug, theme in request.app.themes.items()
    ]
    return form


def _page(request: Request, form: AppearanceForm, status: int = 200) -> Any:
    say = request.catalogue.gettext
    rows = (
        Appearance.select(Appearance, Unit, Account.name.alias("chosen_by"))
        .join(Unit)
        .switch(Appearance)
        .left_outer_join(Account)
        .order_by(Unit.path, Appearance.zone)
    )
    themes = request.app.themes
    chosen = [
        {
            "unit_name": row.unit.name,
            "zone": say(ZONE_LABELS[row.zone]),
            "theme": _theme_label(request, row.theme),
            "is_missing": bool(row.theme) and row.theme not in themes,
            "name": row.name,
            "has_logo": row.logo_id is not None,
            "chosen_at": row.chosen_at,
        }
        for row in rows
    ]
    defaults = [
        (say(ZONE_LABELS[zone]), _theme_label(request, default_theme(zone, themes)))
        for zone in ZONES
    ]
    return page(
        "core/console_appearance.html", status=status, form=form, rows=chosen, defaults=defaults
    )


def _theme_label(request: Request, slug: str) -> str:
    theme = request.app.themes.get(slug)
    return theme.label(request.catalogue.language) if theme else slug


def show_logo(request: Request) -> Any:
    """A logo in use; anybody may fetch it, so it also shows before signing in."""
    digest = request.params["digest"]
    epoch = request.session.units_epoch if request.session else Epoch.select(Epoch.units).scalar()
    path = content_path(digest) if digest in looks(epoch).logos() else None
    if path is None or not path.exists():
        raise NotFound
    return picture_answer(path, IMMUTABLE.decode())


PAGES = (
    Page("console/appearance", list_appearances, "core.manage_settings"),
    Page(
        "console/appearance",
        create_appearance,
        "core.manage_settings",
        methods=("POST",),
        uploads=True,
    ),
    Page("logo/{digest}", show_logo, "public"),
)
MENU = (
    MenuEntry(
        N_("外观"), "/-/console/appearance", "core.manage_settings", N_("系统管理"), "palette", 941
    ),
)
