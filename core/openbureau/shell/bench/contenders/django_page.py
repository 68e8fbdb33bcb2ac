"""The same list in Django: its ORM on the same tables, its templates, its best server."""

import datetime as dt
import hashlib
import os
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import models
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.urls import re_path

from openbureau.shell.bench import subject
from openbureau.shell.bench.contenders.serving import FOLDER, menu

CHINA = dt.timezone(dt.timedelta(hours=8))
settings.configure(
    DEBUG=False,
    SECRET_KEY="a key of this contender",  # noqa: S106 - it guards nothing
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ[subject.DATABASE_VARIABLE],
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
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT)

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


class Total(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    realm = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    total = models.IntegerField()

    class Meta:
        app_label, db_table, managed = "bench", "participant_total", False


class Todo(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    record_id = models.IntegerField()

    class Meta:
        app_label, db_table, managed = "bench", "todo", False


class Bulletin(models.Model):  # type: ignore[misc]
    """Only what the page needs."""

    title = models.CharField(max_length=200)
    is_urgent = models.BooleanField()
    state = models.CharField(max_length=10)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    published_at = models.BigIntegerField()

    class Meta:
        app_label, db_table, managed = "bench", subject.TABLE, False

    @property
    def moment(self) -> str:
        """When it was published, in China's time."""
        return dt.datetime.fromtimestamp(self.published_at / 1000, CHINA).strftime("%m-%d %H:%M")

    @property
    def unit_name(self) -> str:
        """Who published it."""
        return str(self.unit.short_name)


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
    if found is None or subject.PERMISSION not in codes:
        return HttpResponseForbidden()
    todos = Todo.objects.filter(account=found.account, state="open", kind="read")
    unread = set(todos.values_list("record_id", flat=True))
    before = int(request.GET.get("before", f"{2**62}").partition("-")[0])
    rows: list[Any] = list(
        Bulletin.objects.select_related("unit")
        .only("title", "is_urgent", "published_at", "unit__short_name")
        .filter(unit=Unit.objects.get(parent=None), state="published", published_at__lt=before)
        .order_by("-published_at", "-id")[:51]
    )
    for row in rows:
        row.is_unread = row.id in unread
    totals = Total.objects.filter(realm=subject.REALM, kind=subject.KIND)
    context = {
        "person": {
            "name": found.account.name,
            "title": found.post.title,
            "unit": found.post.unit.short_name,
        },
        "unread": len(unread),
        "menu": menu(),
        "rows": rows[:50],
        "total": totals.aggregate(total=Sum("total"))["total"],
        "next_url": f"/bulletins/?before={rows[49].published_at}-{rows[49].id}"
        if len(rows) > 50
        else "",
    }
    return render(request, "list.html", context)


urlpatterns = [re_path("", page)]
application = WSGIHandler()
