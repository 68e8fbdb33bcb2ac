"""What a directory says about a password, from its bytes and from a real server."""

import pytest

from openbureau.kernel.directory.binding import bind, change_password
from openbureau.kernel.directory.password_policy import (
    NOTHING_SAID,
    PolicyAnswer,
    active_directory_state,
    policy_answer,
)
from openbureau.testing.directory import PASSWORD, config_for
from openbureau.testing.slapd import Slapd

NEW = "Neues-Wort-2026"


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("3000", NOTHING_SAID),
        ("3005a003810101", PolicyAnswer(grace_left=1)),
        ("3005a003810100", PolicyAnswer(grace_left=0)),
        ("3003810100", PolicyAnswer("expired")),
        ("3003810101", PolicyAnswer("locked")),
        ("3003810102", PolicyAnswer("must-change")),
        ("3003810103", PolicyAnswer(refusal="not-allowed")),
        ("3003810106", PolicyAnswer(refusal="too-short")),
        ("3003810108", PolicyAnswer(refusal="used-before")),
        ("300381017f", NOTHING_SAID),
        ("3007a00580030697ab", PolicyAnswer(expires_in_s=432043)),
        ("30818aa08187808184" + "00" * 131 + "07", PolicyAnswer(expires_in_s=7)),
        ("3008a003810102810102", PolicyAnswer("must-change", grace_left=2)),
    ],
)
def test_answer_is_read_from_its_bytes(value: str, answer: PolicyAnswer) -> None:
    assert policy_answer(bytes.fromhex(value)) == answer


@pytest.mark.parametrize("value", ["", "30", "3005", "3005a0", "0400", "300381010000", "3084"])
def test_broken_bytes_are_no_answer(value: str) -> None:
    with pytest.raises(ValueError, match=r"cut short|one sequence"):
        policy_answer(bytes.fromhex(value))


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("52e", ""),
        ("525", ""),
        ("530", "not-now"),
        ("531", "not-now"),
        ("532", "expired"),
        ("533", "disabled"),
        ("701", "account-expired"),
        ("773", "must-change"),
        ("775", "locked"),
    ],
)
def test_active_directory_hides_the_state_in_a_message(code: str, state: str) -> None:
    message = f"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {code}"
    assert active_directory_state(f"{message}, v1db1") == state
    assert active_directory_state("data center unreachable") == ""


@pytest.mark.slapd
class TestServer:
    @pytest.mark.parametrize(
        ("login", "reason"),
        [
            ("fine", "ok"),
            ("expiring", "ok"),
            ("grace", "ok"),
            ("mustchange", "ok"),
            ("expired", "expired"),
            ("locked", "locked"),
            ("gone", "disabled"),
        ],
    )
    def test_right_password(self, policy_slapd: Slapd, login: str, reason: str) -> None:
        result = bind(config_for(policy_slapd), login, PASSWORD)
        assert result.reason == reason
        assert len(result.external_id) == 36

    @pytest.mark.parametrize(
        "login", ["fine", "expiring", "grace", "mustchange", "expired", "gone"]
    )
    def test_wrong_password_tells_nothing(self, policy_slapd: Slapd, login: str) -> None:
        result = bind(config_for(policy_slapd), login, "wrong")
        assert (result.reason, result.external_id, result.must_change) == ("wrong", "", False)

    def test_warnings_come_with_the_right_password(self, policy_slapd: Slapd) -> None:
        config = config_for(policy_slapd)
        assert bind(config, "mustchange", PASSWORD).must_change
        assert [bind(config, "grace", PASSWORD).grace_left for _ in "12"] == [1, 0]
        assert bind(config, "grace", PASSWORD).reason == "expired"
        expires_in_s = bind(config, "expiring", PASSWORD).expires_in_s
        assert expires_in_s is not None
        assert 4 * 86400 < expires_in_s <= 5 * 86400

    @pytest.mark.parametrize("login", ["fine", "mustchange", "grace"])
    def test_password_is_changed_by_its_owner(self, policy_slapd: Slapd, login: str) -> None:
        config = config_for(policy_slapd)
        assert change_password(config, login, PASSWORD, NEW).reason == "ok"
        assert bind(config, login, PASSWORD).reason == "wrong"
        after = bind(config, login, NEW)
        assert (after.reason, after.must_change, after.grace_left) == ("ok", False, None)

    @pytest.mark.parametrize(
        ("former", "wanted", "reason"),
        [
            ("wrong", NEW, "wrong"),
            (PASSWORD, "kurz", "too-short"),
            (PASSWORD, PASSWORD, "used-before"),
            (PASSWORD, "", "refused-input"),
            (PASSWORD, "\0" * 12, "refused-input"),
            ("", NEW, "refused-input"),
        ],
    )
    def test_change_that_the_server_refuses_is_explained(
        self, policy_slapd: Slapd, former: str, wanted: str, reason: str
    ) -> None:
        config = config_for(policy_slapd)
        assert change_password(config, "fine", former, wanted).reason == reason
        assert bind(config, "fine", PASSWORD).is_accepted
