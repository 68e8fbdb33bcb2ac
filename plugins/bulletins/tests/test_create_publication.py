"""Publishing: receivers get a todo, others see nothing, a repeated form publishes once."""

import threading

import pytest

from openbureau.testing.bureau import Answer, Bureau, Client

from .conftest import TITLE, address, draft, publish, state_of, widen


def readers(bureau: Bureau) -> list[str]:
    sql = "SELECT a.login FROM todo t JOIN account a ON a.id = t.account_id ORDER BY a.login"
    return [login for (login,) in bureau.rows(sql)]


def test_receivers_find_it_unread(either_on: Bureau) -> None:
    publish(either_on.sign_in("li"))
    either_on.run_jobs()
    page = either_on.sign_in("zhang").get("/bulletins/")
    assert TITLE in page.text
    assert 'data-count="bulletins.read">1<' in page.text


def test_everybody_in_the_subtree_and_nobody_else_gets_one_todo(either_on: Bureau) -> None:
    either_on.give_post("zhang", "530103")
    publish(either_on.sign_in("li"))
    either_on.run_jobs()
    assert readers(either_on) == ["sun", "wang", "zhang", "zhou"]


def test_person_of_two_units_counts_under_the_primary_post(either_on: Bureau) -> None:
    either_on.give_post("zhang", "530103")
    publish(either_on.sign_in("li"), receivers=("unit:530102", "unit:530103"))
    either_on.run_jobs()
    sql = """SELECT u.code, count(*) FROM todo t JOIN unit u ON u.id = t.unit_id
             GROUP BY u.code ORDER BY u.code"""
    assert either_on.rows(sql) == [("530102", 2), ("530103", 1)]


def test_running_the_job_again_gives_no_second_todo(on: Bureau) -> None:
    publish(on.sign_in("li"))
    on.run_jobs()
    on.rows("SELECT 1")
    assert on.run_jobs() == 0
    assert len(readers(on)) == 4


def test_one_audit_line_and_one_event_in_the_same_transaction(on: Bureau) -> None:
    bulletin = publish(on.sign_in("li"))
    acts = "SELECT record_id FROM audit_record WHERE action = 'bulletins.publish_bulletin'"
    events = "SELECT record_id FROM event WHERE name = 'bulletins.published'"
    assert on.rows(acts) == on.rows(events) == [(bulletin,)]


def test_replayed_form_publishes_once_and_leads_to_the_same_place(either_on: Bureau) -> None:
    client = either_on.sign_in("li")
    bulletin = draft(client)
    client.get(address(bulletin, "publish"))
    hidden = dict(client.hidden)
    first = client.post(address(bulletin, "publish"))
    client.hidden = hidden
    second = client.post(address(bulletin, "publish"))
    assert (first.status, first.location) == (second.status, second.location)
    assert either_on.run_jobs() == 1


def test_double_click_publishes_once_and_both_lead_to_the_same_place(either_on: Bureau) -> None:
    client = either_on.sign_in("li")
    bulletin = draft(client)
    client.get(address(bulletin, "publish"))
    twin = Client(either_on.app)
    twin.cookies, twin.hidden = dict(client.cookies), dict(client.hidden)
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda c=c: answers.append(c.post(address(bulletin, "publish"))))
        for c in (client, twin)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a.status for a in answers] == [303, 303], [a.words for a in answers]
    assert answers[0].location == answers[1].location
    assert either_on.rows("SELECT count(*) FROM event") == [(1,)]


def test_second_publication_of_one_draft_gets_409(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = publish(client)
    client.get("/")
    page = client.post(address(bulletin, "publish"))
    assert page.status == 409
    assert "已经发布" in page.text


@pytest.mark.parametrize("receivers", [(), ("unit:530400",), ("unit:530102", "unit:nowhere")])
def test_missing_or_foreign_receivers_publish_nothing(
    on: Bureau, receivers: tuple[str, ...]
) -> None:
    client = on.sign_in("wang")
    bulletin = draft(client, receivers=())
    widen(bulletin, *receivers)
    client.get(address(bulletin, "publish"))
    page = client.follow(client.post(address(bulletin, "publish")))
    assert "请选择发送范围后再发布" in page.text
    assert state_of(on, bulletin) == "draft"


def test_colleague_gets_404_reader_403_bad_id_404(on: Bureau) -> None:
    bulletin = draft(on.sign_in("li"))
    for login, number, status in (
        ("wang", bulletin, 404),
        ("zhang", bulletin, 403),
        ("li", 99, 404),
    ):
        client = on.sign_in(login)
        client.get("/")
        assert client.post(address(number, "publish")).status == status
    assert state_of(on, bulletin) == "draft"


def test_readonly_unit_may_look_but_not_publish(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    client.get(address(bulletin, "publish"))
    on.enable("bulletins", "unit:530000", "readonly")
    page = client.post(address(bulletin, "publish"))
    assert page.status == 403
    assert "只能查阅，不能办理" in page.text
    assert client.get("/bulletins/").status == 200
    assert state_of(on, bulletin) == "draft"


def test_withdrawn_right_holds_at_once(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    client.get(address(bulletin, "publish"))
    on.enable("bulletins", "subtree:530000", "off")
    page = client.post(address(bulletin, "publish"))
    assert page.status == 404
    assert "第 1 期" in page.text
