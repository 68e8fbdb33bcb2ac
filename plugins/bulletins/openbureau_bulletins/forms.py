"""Forms of bulletins."""

from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from openbureau import N_, AttachmentsField, Form
from openbureau.kit import PartiesField

from .models import BODY_LENGTH, TITLE_LENGTH


class BulletinForm(Form):
    """A draft. Receivers may stay open until publishing."""

    title = StringField(N_("标题"), [DataRequired(), Length(max=TITLE_LENGTH)])
    is_urgent = BooleanField(N_("急件"))
    body = TextAreaField(N_("正文"), [DataRequired(), Length(max=BODY_LENGTH)])
    files = AttachmentsField(N_("附件"))
    receivers = PartiesField(
        N_("发送范围"), kinds=("unit", "subtree"), within="bulletins.publish_bulletin"
    )
    remove = SelectMultipleField(N_("移除附件"), validate_choice=False)


class WithdrawalForm(Form):
    """Why a bulletin is withdrawn."""

    reason = TextAreaField(N_("撤回理由"), [DataRequired(), Length(max=300)])
