"""Brute force, spraying and guessing who exists."""

import statistics
import time

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import SignInFailure
from openbureau.testing.bureau import PASSWORD, Bureau, Client

URL = "/-/sign-in"
MOST_DIFFERENT = 0.10


def attempt(client: Client, login: str, password: str) -> int:
    client.get(URL)
    return client.post(URL, {"login": login, "password": password}).status


def failures(bucket: str, total: int, bureau: Bureau) -> None:
    with writing():
        rows = [{"bucket": bucket, "at": bureau.now} for _ in range(total)]
        for start in range(0, total, 200):
            SignInFailure.insert_many(rows[start : start + 200]).execute()


def test_spraying_is_stopped_for_strangers_and_not_for_known_browsers(
    either_bureau: Bureau,
) -> None:
    known = either_bureau.sign_in("li")
    known.post("/-/sign-out")
    failures("all", 1000, either_bureau)
    stranger = Client(either_bureau.app, address="198.51.100.7")
    assert attempt(stranger, "zhang", PASSWORD) == 422
    assert attempt(known, "li", PASSWORD) == 303


def test_one_below_the_limit_lets_everybody_in(bureau: Bureau) -> None:
    failures("all", 999, bureau)
    assert attempt(bureau.client(), "zhang", PASSWORD) == 303


def test_known_browser_is_not_kept_out_by_its_neighbours(bureau: Bureau) -> None:
    known = bureau.sign_in("li")
    known.post("/-/sign-out")
    failures("address:127.0.0.1", 120, bureau)
    assert attempt(bureau.client(), "zhang", PASSWORD) == 422
    assert attempt(known, "li", PASSWORD) == 303


def test_right_password_gives_its_place_back(bureau: Bureau) -> None:
    for _ in range(6):
        assert attempt(bureau.client(), "li", PASSWORD) == 303
    assert bureau.rows("SELECT count(*) FROM sign_in_failure") == [(0,)]


def guessed(bureau: Bureau, total: int) -> None:
    statuses = {attempt(bureau.client(), "li", f"guess-{n}") for n in range(total)}
    assert statuses == {422}
    counted = bureau.rows("SELECT count(*) FROM sign_in_failure WHERE bucket LIKE 'unknown:%'")
    assert counted == [(4,)]
    assert attempt(bureau.client(), "li", PASSWORD) == 422
    assert attempt(bureau.client(), "zhang", PASSWORD) == 303


def test_forty_guesses_are_four(bureau: Bureau) -> None:
    guessed(bureau, 40)


@pytest.mark.deep
def test_thousand_guesses_are_four(bureau: Bureau) -> None:
    guessed(bureau, 1000)


def measured(bureau: Bureau, trials: int) -> tuple[float, float]:
    """Median seconds of a refusal for a known and an unknown account, taken alternately."""
    times: dict[str, list[float]] = {"li": [], "nobody": []}
    client = bureau.client()
    client.get(URL)
    for _ in range(trials):
        for login, taken in times.items():
            with writing():
                SignInFailure.delete().execute()
            began = time.perf_counter()
            client.post(URL, {"login": login, "password": "wrong"})
            taken.append(time.perf_counter() - began)
    return statistics.median(times["li"]), statistics.median(times["nobody"])


def alike(bureau: Bureau, trials: int) -> bool:
    known, unknown = measured(bureau, trials)
    return abs(known - unknown) <= MOST_DIFFERENT * max(known, unknown)


def test_refusal_takes_as_long_for_an_unknown_account(bureau: Bureau) -> None:
    # A machine shared with other tests may disturb one round, not three.
    assert any(alike(bureau, 25) for _ in range(3))


@pytest.mark.deep
def test_refusal_takes_as_long_in_two_hundred_trials(bureau: Bureau) -> None:
    assert any(alike(bureau, 200) for _ in range(3))
