"""Who will receive it, counted, before anything is sent."""

from openbureau.testing.bureau import Bureau

from .conftest import address, draft, publish, widen


def test_author_sees_units_and_people_counted(on: Bureau) -> None:
    client = on.sign_in("li")
    page = client.get(address(draft(client), "publish"))
    assert "4 个单位，4 人" in page.words
    assert "发布给 4 人" in page.words
    assert "五华区质量技术监督局" in page.text


def test_person_with_two_posts_is_counted_once(on: Bureau) -> None:
    on.give_post("zhang", "530103")
    on.give_post("zhang", "530100")
    client = on.sign_in("li")
    assert "发布给 4 人" in client.get(address(draft(client), "publish")).words


def test_unit_inside_a_chosen_subtree_counts_once(on: Bureau) -> None:
    client = on.sign_in("li")
    chosen = ("subtree:530100", "unit:530102", "subtree:530102", "unit:530100")
    assert "4 个单位，4 人" in client.get(address(draft(client, receivers=chosen), "publish")).words


def test_nothing_chosen_warns_and_offers_no_button(on: Bureau) -> None:
    client = on.sign_in("li")
    page = client.get(address(draft(client, receivers=()), "publish"))
    assert "还没有选择发送范围" in page.text
    assert "发布给" not in page.text


def test_unit_beyond_ones_reach_warns_and_offers_no_button(on: Bureau) -> None:
    client = on.sign_in("wang")
    bulletin = draft(client)
    widen(bulletin, "unit:530400", "unit:530102")
    page = client.get(address(bulletin, "publish"))
    assert "有 1 个范围不在您的发布权限内" in page.text
    assert "发布给" not in page.text


def test_unit_without_people_warns(on: Bureau) -> None:
    client = on.sign_in("li")
    page = client.get(address(draft(client, receivers=("unit:530100-K1",)), "publish"))
    assert "目前没有在用的账号" in page.text


def test_looking_publishes_nothing(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    client.get(address(bulletin, "publish"))
    assert on.run_jobs() == 0
    assert on.sign_in("zhang").get(address(bulletin)).status == 404


def test_stranger_colleague_and_reader_are_kept_out(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    assert on.sign_in("wang").get(address(bulletin, "publish")).status == 404
    assert on.sign_in("zhang").get(address(bulletin, "publish")).status == 403
    assert client.get(address(999, "publish")).status == 404
    assert client.get(address(publish(client), "publish")).status == 404
