"""What `openbureau bench` measures of this plugin: the received list, and publishing one."""

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
