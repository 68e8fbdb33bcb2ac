"""OpenBureau: a plugin-based intranet framework. This module is the public API.

A plugin imports `openbureau`, `openbureau.kit` and `openbureau.testing` and nothing else
of the core. The names here are pinned by a test and follow the API version.
"""

from openbureau.base.context import CHINA, Context, Reach
from openbureau.base.database import (
    InstantField,
    Table,
    UidField,
    param,
    reading,
    statement,
    writing,
)
from openbureau.base.declarations import (
    Check,
    DeskTile,
    Job,
    MenuEntry,
    Page,
    Permission,
    Permissions,
    RecordKind,
    RoleTemplate,
    Separation,
    Service,
    Setting,
    Slot,
    SlotFill,
)
from openbureau.base.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
)
from openbureau.base.forms import AttachmentsField, CheckboxGroupField, Form
from openbureau.base.hookspecs import hookimpl
from openbureau.base.i18n import N_
from openbureau.base.json_bodies import JsonResult, document_of
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.actions import set_participants
from openbureau.kernel.access.queries import (
    participant_page,
    participants_of,
    participation_total,
    takes_part,
    visible,
)
from openbureau.kernel.access.separation import exercise
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.calendar.days import day_kind
from openbureau.kernel.calendar.fields import DateField, DateRange, DateRangeField
from openbureau.kernel.enablement.actions import bump_stamp
from openbureau.kernel.events.actions import emit
from openbureau.kernel.files.actions import attach, remove_attachment
from openbureau.kernel.files.queries import attachments_of
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.search.actions import Findable, index_record, unindex_record
from openbureau.kernel.search.queries import Narrowing, search
from openbureau.kernel.todos.actions import (
    cancel_todos,
    close_todo,
    give_todos,
    mark_started,
    notify,
)
from openbureau.kernel.todos.queries import (
    is_followed,
    is_unread,
    reading_by_person,
    reading_by_unit,
    reading_totals,
)
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import current_tree, unit_tree

__all__ = [
    "CHINA",
    "N_",
    "Account",
    "AttachmentsField",
    "BadRequest",
    "Check",
    "CheckboxGroupField",
    "Conflict",
    "Context",
    "DateField",
    "DateRange",
    "DateRangeField",
    "DeskTile",
    "Findable",
    "Forbidden",
    "Form",
    "InstantField",
    "Invalid",
    "Job",
    "JsonResult",
    "MenuEntry",
    "Narrowing",
    "NotFound",
    "Page",
    "Permission",
    "Permissions",
    "Post",
    "Problem",
    "Reach",
    "RecordKind",
    "Request",
    "RoleTemplate",
    "Separation",
    "Service",
    "Setting",
    "Slot",
    "SlotFill",
    "Table",
    "TooLarge",
    "UidField",
    "Unavailable",
    "Unit",
    "attach",
    "attachments_of",
    "bump_stamp",
    "cancel_todos",
    "close_todo",
    "current_tree",
    "day_kind",
    "document_of",
    "emit",
    "enqueue",
    "exercise",
    "give_todos",
    "hookimpl",
    "index_record",
    "is_followed",
    "is_unread",
    "mark_started",
    "notify",
    "page",
    "param",
    "participant_page",
    "participants_of",
    "participation_total",
    "reading",
    "reading_by_person",
    "reading_by_unit",
    "reading_totals",
    "record_audit",
    "redirect",
    "remove_attachment",
    "search",
    "set_participants",
    "statement",
    "takes_part",
    "unindex_record",
    "unit_tree",
    "visible",
    "writing",
]
