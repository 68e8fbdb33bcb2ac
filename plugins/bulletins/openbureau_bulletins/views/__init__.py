"""Pages of bulletins; the route table is at the bottom."""

from openbureau import Page

from .drafts import (
    PUBLISH,
    confirm_deletion,
    create_bulletin,
    delete_bulletin,
    edit_bulletin,
    new_bulletin,
    show_bulletin,
    update_bulletin,
)
from .lists import WRITE, list_bulletins
from .publications import (
    confirm_publication,
    confirm_withdrawal,
    create_publication,
    create_withdrawal,
    show_progress,
)

LIST = "bulletins.list_bulletin"
PAGES = (
    Page("", list_bulletins, LIST, stamps=("bulletins",)),
    Page("bulletin/new", new_bulletin, WRITE, is_writing=True),
    Page("bulletin/new", create_bulletin, WRITE, methods=("POST",), uploads=True),
    Page("bulletin/{id:int}", show_bulletin, LIST),
    Page("bulletin/{id:int}/edit", edit_bulletin, WRITE, is_writing=True),
    Page("bulletin/{id:int}/edit", update_bulletin, WRITE, methods=("POST",), uploads=True),
    Page("bulletin/{id:int}/publish", confirm_publication, PUBLISH, is_writing=True),
    Page("bulletin/{id:int}/publish", create_publication, PUBLISH, methods=("POST",)),
    Page("bulletin/{id:int}/withdraw", confirm_withdrawal, PUBLISH, is_writing=True),
    Page("bulletin/{id:int}/withdraw", create_withdrawal, PUBLISH, methods=("POST",)),
    Page("bulletin/{id:int}/delete", confirm_deletion, WRITE, is_writing=True),
    Page("bulletin/{id:int}/delete", delete_bulletin, WRITE, methods=("POST",)),
    Page("bulletin/{id:int}/progress", show_progress, LIST),
)
