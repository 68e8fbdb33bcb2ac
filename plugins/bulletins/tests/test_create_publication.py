"""Publishing: receivers get a todo, others see nothing, a repeated form publishes once."""

from openbureau.testing.bureau import Bureau

from .conftest import publish


def test_receivers_find_it_unread(on: Bureau) -> None:
    publish(on.sign_in("li"))
    on.run_jobs()
    page = on.sign_in("zhang").get("/bulletins/")
    assert "关于开展电梯安全检查的通知" in page.text
    assert 'data-count="bulletins.read">1<' in page.text
