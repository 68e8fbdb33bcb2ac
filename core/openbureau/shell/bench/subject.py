"""What is measured: the list of received bulletins, and publishing one.

The only place in the core that knows the names of a plugin; without it the works that
need them are skipped by name.
"""

DATABASE_VARIABLE = "OPENBUREAU_BENCH_DATABASE"
SLUG = "bulletins"
TABLE = "bulletins_bulletin"
REALM = "bulletins/bulletin"
KIND = "reader"
LIST_URL = "/bulletins/"
PUBLISH_URL = "/bulletins/bulletin/{id}/publish"
PERMISSION = "bulletins.list_bulletin"
PUBLISHER_ROLE = "bulletins.publisher"
COLUMNS = (
    "id",
    "uid",
    "title",
    "body",
    "is_urgent",
    "receivers",
    "state",
    "unit_id",
    "account_id",
    "created_at",
    "updated_at",
    "published_at",
    "withdrawn_reason",
)
