"""Names are sorted as people count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spanmatch.base.natural_order import order_naturally

NAMES = st.text(alphabet="ab019./²", max_size=8)


@given(st.lists(st.integers(0, 10**12)), NAMES.map(lambda text: text + "-"), NAMES)
def test_numbers_between_the_same_words_are_sorted_as_numbers(
    numbers: list[int], begin: str, end: str
) -> None:
    end = f"-{end}"
    names = [f"{begin}{number}{end}" for number in numbers]
    assert sorted(names, key=order_naturally) == [
        f"{begin}{number}{end}" for number in sorted(numbers)
    ]


@given(st.lists(NAMES, unique=True))
def test_any_names_can_be_sorted_and_the_order_is_one(names: list[str]) -> None:
    first, backwards = sorted(names, key=order_naturally), names[::-1]
    assert first == sorted(backwards, key=order_naturally)
    assert sorted(first) == sorted(names)


@given(NAMES, NAMES)
def test_names_without_numbers_keep_their_order(one: str, other: str) -> None:
    one, other = (text.translate({ord(digit): None for digit in "019"}) for text in (one, other))
    assert sorted([one, other], key=order_naturally) == sorted([one, other])


def test_leading_zeros_and_other_digits() -> None:
    assert sorted(["a10", "a2", "a02", "a²", "a"], key=order_naturally) == [
        "a", "a02", "a2", "a10", "a²"
    ]  # fmt: skip
