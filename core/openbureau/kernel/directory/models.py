"""Table of directory sources."""

from peewee import BooleanField, CharField, IntegerField, TextField

from openbureau.base.database import InstantField, Table


class DirectorySource(Table):
    """A directory people and units come from, as an administrator described it.

    `password` is sealed with the installation's key. `attributes` maps our fields to the
    directory's attributes where they differ from the profile's (JSON, field: names).
    `top_unit_id` is the unit under which entries without a unit above are placed, None for
    the root. The server locks an account after `lock_after` wrong passwords (0: never), which
    it forgets after `lock_window_min` minutes (0: not before a right one). `high_water` keeps,
    per server, how far the last reading got (JSON).
    """

    code = CharField(max_length=30, unique=True)
    name = CharField(max_length=100)
    url = CharField(max_length=300)
    bind_dn = CharField(max_length=500, default="")
    password = TextField(default="")
    base = CharField(max_length=500)
    profile = CharField(max_length=20, default="openldap")
    ca_certificate = TextField(default="")
    is_insecure = BooleanField(default=False)
    person_filter = CharField(max_length=500, default="")
    unit_filter = CharField(max_length=500, default="")
    group_filter = CharField(max_length=500, default="")
    group_base = CharField(max_length=500, default="")
    attributes = TextField(default="{}")
    top_unit_id = IntegerField(null=True)
    may_change_password = BooleanField(default=False)
    reads_photos = BooleanField(default=False)
    lock_after = IntegerField(default=5)
    lock_window_min = IntegerField(default=30)
    is_active = BooleanField(default=True)
    delta_every_min = IntegerField(default=0)
    full_at = CharField(max_length=5, default="")
    applies_itself = BooleanField(default=False)
    high_water = TextField(default="{}")
    position = IntegerField(default=0)
    changed_at = InstantField()

    class Meta:
        table_name = "directory_source"
