"""The form of a directory source: where it is, who reads it, what means what."""

from wtforms import (
    BooleanField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from openbureau.base.forms import Form
from openbureau.base.i18n import N_

PROFILE_LABELS = {"openldap": N_("OpenLDAP 及同类目录"), "ad": N_("Active Directory")}
MAPPED = {
    "login": N_("登录名"),
    "person_name": N_("姓名"),
    "title": N_("职务"),
    "phone": N_("电话"),
    "mobile": N_("手机"),
    "mail": N_("邮箱"),
    "room": N_("房间"),
    "rank": N_("排名"),
    "posts": N_("兼职单位"),
    "disabled": N_("停用标志"),
    "photo": N_("照片"),
    "unit_name": N_("单位名称"),
    "unit_code": N_("单位代码"),
    "containers": N_("不作为单位的容器"),
}
FIELD_LABELS = {name: MAPPED[name] for name in ("title", "phone", "mobile", "mail", "room")}


class SourceForm(Form):
    """A directory: where it is, who reads it, what means what."""

    code = StringField(
        N_("代号"),
        [InputRequired(), Length(max=30)],
        description=N_("小写字母、数字和连字符；用于命令行，建立后不改。"),
    )
    name = StringField(N_("名称"), [InputRequired(), Length(max=100)])
    profile = SelectField(N_("目录类型"), [InputRequired()])
    url = StringField(
        N_("服务器地址"),
        [InputRequired(), Length(max=300)],
        description=N_("ldaps://主机，或 ldap://主机（自动转为加密）。"),
    )
    base = StringField(N_("目录的根（Base DN）"), [InputRequired(), Length(max=500)])
    bind_dn = StringField(N_("查询账号（DN）"), [InputRequired(), Length(max=500)])
    password = PasswordField(N_("查询账号的密码"), [Length(max=500)])
    ca_certificate = TextAreaField(
        N_("签发机构证书（PEM）"),
        [Length(max=20_000)],
        description=N_("不填则用本机信任的机构。证书、主机名和有效期总是核对。"),
    )
    is_insecure = BooleanField(N_("允许不加密连接（只用于试验）"))
    top_unit = SelectField(
        N_("挂在哪个单位之下"), description=N_("目录最上层的单位和不在任何单位之下的人员放在这里。")
    )
    person_filter = StringField(N_("人员条件"), [Length(max=500)])
    unit_filter = StringField(N_("单位条件"), [Length(max=500)])
    group_filter = StringField(N_("组条件"), [Length(max=500)])
    group_base = StringField(N_("组的根"), [Length(max=500)])
    reads_photos = BooleanField(N_("同步照片"))
    may_change_password = BooleanField(N_("允许本人在平台上修改目录密码"))
    lock_after = IntegerField(
        N_("输错几次后目录锁定账号"),
        [Optional(), NumberRange(0, 999)],
        description=N_("3 到 999，0 为从不锁定。本系统送去的错误密码总比它少一次。"),
    )
    lock_window_min = IntegerField(
        N_("目录保留失败计数的分钟数"),
        [Optional(), NumberRange(0, 99_999)],
        description=N_("0 为一直保留，直到密码输对。"),
    )
    delta_every_min = IntegerField(
        N_("增量间隔（分钟）"), [Optional(), NumberRange(0, 1440)], description=N_("0 为不做增量。")
    )
    full_at = StringField(
        N_("每天全量时间"),
        [
            Optional(),
            Regexp(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z", message=N_("写成 02:30 的样子。")),
        ],
        description=N_("例如 02:30；不填则不定时。"),
    )
    applies_itself = BooleanField(N_("没有触发确认条件的计划自动应用"))


for _name, _label in MAPPED.items():
    setattr(SourceForm, f"map_{_name}", StringField(_label, [Length(max=300)]))
