"""The same list in Django: its ORM on the same tables, its templates, its best server."""

import datetime as dt
import hashlib
import os
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.urls import re_path

from openbureau.shell.bench import items
from openbureau.shell.bench.contenders.serving import FOLDER, KINDS, STATES, lamp_of, menu
from openbureau.shell.bench.subject import DATABASE_VARIABLE

CHINA = dt.timezone(dt.timedelta(hours=8))
settings.configure(
    DEBUG=False,
    SECRET_KEY="a key of this contender",  # noqa: S106 - it guards nothing
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ[DATABASE_VARIABLE],
            "CONN_MAX_AGE": None,
        }
    },
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [str(FOLDER)]}
    ],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    USE_TZ=True,
    USE_I18N=False,
)
django.setup()


class Unit(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    short_name = models.CharField(max_length=100)
    access_unit_id = models.IntegerField()

    class Meta:
        app_label, db_table, managed = "bench", "unit", False


class Account(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    name = models.CharField(max_length=100)

    class Meta:
        app_label, db_table, managed = "bench", "account", False


class Post(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    title = models.CharField(max_length=100)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)

    class Meta:
        app_label, db_table, managed = "bench", "post", False


class Session(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    token_hash = models.CharField(max_length=64)
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    post = models.ForeignKey(Post, on_delete=models.PROTECT)
    ended_at = models.BigIntegerField(null=True)

    class Meta:
        app_label, db_table, managed = "bench", "session", False


class Role(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    is_default = models.BooleanField()

    class Meta:
        app_label, db_table, managed = "bench", "role", False


class RolePermission(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    permission = models.CharField(max_length=100)

    class Meta:
        app_label, db_table, managed = "bench", "role_permission", False


class Todo(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    record_id = models.IntegerField()

    class Meta:
        app_label, db_table, managed = "bench", "todo", False


class Item(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=items.KINDS)
    user = models.CharField(max_length=100)
    due_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=items.STATES)
    voided_at = models.BigIntegerField(null=True)

    class Meta:
        app_label, db_table, managed = "bench", items.TABLE, False

    @property
    def unit_name(self) -> str:
        """Who supervises it."""
        return str(self.unit.short_name)

    @property
    def kind_name(self) -> str:
        """Its kind in words."""
        return KINDS[self.kind]

    @property
    def state_name(self) -> str:
        """Its state in words."""
        return STATES[self.state]


def page(request: HttpRequest) -> HttpResponse:
    """The list for the holder of a session."""
    digest = hashlib.sha256(request.COOKIES.get("session", "").encode()).hexdigest()
    found = (
        Session.objects.select_related("account", "post__unit")
        .filter(token_hash=digest, ended_at=None)
        .first()
    )
    allowed = RolePermission.objects.filter(role__is_default=True)
    codes = set(allowed.values_list("permission", flat=True))
    if found is None or items.SEE not in codes:
        return HttpResponseForbidden()
    todos = Todo.objects.filter(account=found.account, state="open", kind="read")
    unread = set(todos.values_list("record_id", flat=True))
    own = Item.objects.filter(unit_id=found.post.unit.access_unit_id, voided_at=None)
    after = int(request.GET.get("after", 2**62))
    rows: list[Any] = list(
        own.select_related("unit")
        .only("code", "name", "kind", "user", "due_on", "state", "unit__short_name")
        .filter(id__lt=after)
        .order_by("-id")[:51]
    )
    today = dt.datetime.now(CHINA).date()
    for row in rows:
        row.lamp = lamp_of(row.state, row.due_on, today)
    context = {
        "person": {
            "name": found.account.name,
            "title": found.post.title,
            "unit": found.post.unit.short_name,
        },
        "unread": len(unread),
        "menu": menu(),
        "rows": rows[:50],
        "total": own.count(),
        "next_url": f"/stock/item?after={rows[49].id}" if len(rows) > 50 else "",
    }
    return render(request, "list.html", context)


urlpatterns = [re_path("", page)]
application = WSGIHandler()
