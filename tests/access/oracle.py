"""The rules of access once more, as loops over raw rows. Shares no code with the product."""

import json
from typing import Any

from openbureau.base.context import CHINA
from openbureau.testing.bureau import Bureau


class Oracle:
    """The rules again, as loops over raw rows; shares no code with the product."""

    def __init__(self, bureau: Bureau) -> None:
        self.day = bureau.now.astimezone(CHINA).date().isoformat()
        self.units = self.table(bureau, "unit")
        self.accounts = {row["login"]: row for row in self.table(bureau, "account").values()}
        self.posts = self.table(bureau, "post")
        self.roles = self.table(bureau, "role")
        self.held = [(r["role_id"], r["permission"])
                     for r in self.table(bureau, "role_permission").values()]  # fmt: skip
        self.grants = self.table(bureau, "role_grant")
        self.rules = self.table(bureau, "plugin_rule")
        self.bulletins = self.table(bureau, "bulletins_bulletin")
        self.participants = self.table(bureau, "participant")

    @staticmethod
    def table(bureau: Bureau, name: str) -> dict[int, dict[str, Any]]:
        columns = [row[1] for row in bureau.rows(f"PRAGMA table_info({name})")]
        rows = [
            dict(zip(columns, row, strict=True)) for row in bureau.rows(f"SELECT * FROM {name}")
        ]
        return {row["id"]: row for row in rows}

    def lasts(self, row: dict[str, Any]) -> bool:
        begun = row["starts_on"] is None or str(row["starts_on"]) <= self.day
        return begun and (row["ends_on"] is None or str(row["ends_on"]) >= self.day)

    def above(self, unit_id: int) -> list[int]:
        """The unit and everything above it, nearest first."""
        chain: list[int] = []
        place: int | None = unit_id
        while place is not None:
            chain.append(place)
            place = self.units[place]["parent_id"]
        return chain

    def access(self, unit_id: int) -> int:
        return next(u for u in self.above(unit_id) if self.units[u]["is_access_unit"])

    def own_posts(self, account_id: int) -> list[dict[str, Any]]:
        return [p for p in self.posts.values()
                if p["account_id"] == account_id and p["is_active"] and self.lasts(p)]  # fmt: skip

    def own_units(self, account_id: int) -> list[int]:
        return [self.access(post["unit_id"]) for post in self.own_posts(account_id)]

    def state(self, unit_id: int, account_id: int) -> str:
        rules = [r for r in self.rules.values() if r["plugin"] == "bulletins"]
        deciding = None
        for scope, place in [("unit", unit_id), *(("subtree", u) for u in self.above(unit_id))]:
            deciding = next((r for r in rules if not r["is_cap"] and r["scope"] == scope
                             and r["unit_id"] == place), None)  # fmt: skip
            if deciding is not None:
                break
        if deciding is None:
            return "off"
        order = ["off", "readonly", "pilot", "on"]
        state = deciding["state"]
        for rule in rules:
            if rule["is_cap"] and rule["unit_id"] in self.above(unit_id):
                state = min(state, rule["state"], key=order.index)
        if deciding["state"] == "pilot" and account_id not in json.loads(deciding["people"]):
            return "off"
        return str(state)

    def reaches(self, account_id: int, permission: str, unit_id: int | None) -> bool:
        """Whether the permission is held in a unit; with None, anywhere."""
        own = self.own_units(account_id)
        posts = {post["id"] for post in self.own_posts(account_id)}
        for role_id, code in self.held:
            role = self.roles[role_id]
            if code != permission or not role["is_active"]:
                continue
            if role["is_default"] and (unit_id in own or (unit_id is None and own)):
                return True
            for grant in self.grants.values():
                is_theirs = grant["account_id"] == account_id or grant["post_id"] in posts
                if grant["role_id"] != role_id or not is_theirs or not self.lasts(grant):
                    continue
                if grant["ended_at"] is not None:
                    continue
                if unit_id is None or grant["reach"] == "province" or grant["unit_id"] == unit_id:
                    return True
                if grant["reach"] == "subtree" and grant["unit_id"] in self.above(unit_id):
                    return True
        return False

    def sees(self, account_id: int, record_id: int) -> bool:
        row = self.bulletins.get(record_id)
        if row is None:
            return False
        is_public = row["state"] != "draft"
        if not is_public:
            return bool(row["account_id"] == account_id)
        names = {f"account:{account_id}"}
        for post in self.own_posts(account_id):
            access = self.access(post["unit_id"])
            names |= {f"post:{post['id']}", f"unit:{access}"}
            names |= {f"subtree:{unit}" for unit in self.above(access)}
        takes_part = any(p["record_id"] == record_id and p["holder"] in names
                         for p in self.participants.values())  # fmt: skip
        reached = self.reaches(account_id, "bulletins.list_bulletin", row["unit_id"])
        if row["state"] == "withdrawn":
            is_publisher = self.reaches(account_id, "bulletins.publish_bulletin", row["unit_id"])
            return (takes_part or reached) and is_publisher
        return takes_part or reached

    def may(self, login: str, permission: str, unit_id: int | None, record_id: int | None) -> bool:
        account = self.accounts[login]
        if account["state"] != "active" or account["administrator"]:
            return False
        own = self.own_units(account["id"])
        if all(self.state(unit, account["id"]) == "off" for unit in own):
            return False
        if not self.reaches(account["id"], permission, None):
            return False
        if record_id is None:
            place = None if unit_id is None else self.access(unit_id)
            return place is None or self.reaches(account["id"], permission, place)
        if not self.sees(account["id"], record_id):
            return False
        if permission == "bulletins.list_bulletin":
            return True
        acting = self.acting(account["id"])
        if self.state(acting, account["id"]) in {"off", "readonly"}:
            return False
        return self.reaches(account["id"], permission, self.bulletins[record_id]["unit_id"])

    def acting(self, account_id: int) -> int:
        posts = sorted(self.own_posts(account_id),
                       key=lambda p: (not p["is_primary"], p["rank"], p["id"]))  # fmt: skip
        return self.access(posts[0]["unit_id"])
