"""Whatever a text holds, it is answered: in bounded time and memory, without an exception or a warning."""

from __future__ import annotations

import time
import tracemalloc
import warnings
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.expr import Checked, Scope, check, to_python
from tests.expr.setting import BASE, FUNCTION_CALLS, TABLE_CALLS, WHEN, Facts, good

HOSTILE = {
    "brackets": "(" * 2_000 + "1" + ")" * 1_999,
    "brackets beyond the length": "(" * 100_000,
    "lists": "[" * 1_900,
    "calls": "abs(" * 900 + "1" + ")" * 900,
    "calls within the limit": "abs(" * 49 + "order.total" + ")" * 49,
    "signs": "-" * 3_999 + "1",
    "negations": "not " * 999 + "true",
    "sum": "1+" * 1_999 + "1",
    "sum of names": "quantity+" * 440 + "quantity",
    "product of long numbers": "*".join(["9" * 30] * 100),
    "quotient of long numbers": "/".join(["7" * 30] * 100),
    "chain": "1" + "<1" * 1_999,
    "and": "true and " * 440 + "true",
    "list of texts": 'event.store in ["' + '", "'.join("ab" * 400) + '"]',
    "any_item often": " or ".join(["any_item(item.quantity > 1)"] * 120),
    "quotes": '"' * 3_999,
    "backslashes": '"' + "\\" * 3_000,
    "digits": "9" * 3_999,
    "exponent": "1e999999999",
    "power": "9**9**9**9**9",
    "shift": "1 << 999999999",
    "names": "a." * 1_999 + "a",
    "unknown names": " or ".join(f"nme{number} == 1" for number in range(280)),
    "look-alikes": "о" * 3_999,
    "invisible": "\u200b" * 3_999,
    "spaces": " " * 3_999 + "x",
    "line breaks": "\n" * 3_999,
    "commas": "," * 3_999,
    "dots": "." * 3_999,
    "comparison of everything": "==" * 1_999,
    "bytes": b"\x00\xff\xfe".decode("latin-1") * 1_000,
    "surrogates": "\ud800" * 2_000,
    "very long": "order.total > 1 and " * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_answered_within_bounds(text: str) -> None:
    check("1", WHEN, "value")
    took = min(_seconds(text) for _ in range(3))  # the others may have waited for a busy machine
    tracemalloc.start()
    checked = check(text, WHEN, "condition")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 0.1
    assert peak < 50_000_000
    assert isinstance(checked, Checked) or checked


def _seconds(text: str) -> float:
    started = time.process_time()
    check(text, WHEN, "condition")
    return time.process_time() - started


def _cpu_seconds(text: str) -> float:
    started = time.process_time()
    check(text, WHEN, "condition")
    return time.process_time() - started


def test_the_deepest_expression_that_passes_also_runs() -> None:
    deep = "abs(" * 49 + "order.total" + ")" * 49
    checked = good(deep)
    (code,) = to_python([checked.tree], TABLE_CALLS, FUNCTION_CALLS)
    assert code(Facts({"order.total": -7}), {}) == 7
    logic = "event.gift"
    for level in range(48):
        logic = f"({logic} {'and' if level % 2 else 'or'} event.gift)"
    (code,) = to_python([good(logic).tree], {}, {})
    assert code(Facts({"event.gift": True}), {}) is True


def test_defines_that_double_are_refused_before_they_explode() -> None:
    """Each define is named twice by the next: forty of them would be a million million parts."""
    defines: dict[str, object] = {}
    refused = None
    for number in range(40):
        text = "event.gift or event.gift" if not number else f"d{number - 1} and d{number - 1}"
        checked = check(text, _with(defines), "condition")
        if not isinstance(checked, Checked):
            refused = checked
            break
        defines[f"d{number}"] = checked
    assert refused is not None
    assert [problem.name for problem in refused] == ["expression_too_costly"]


def test_defines_that_nest_are_refused_before_they_are_too_deep_to_run() -> None:
    defines: dict[str, object] = {"d0": good("event.gift")}
    problems: tuple[str, ...] = ()
    for number in range(1, 100):
        checked = check(f"not d{number - 1}", _with(defines), "condition")
        if not isinstance(checked, Checked):
            problems = tuple(problem.name for problem in checked)
            break
        defines[f"d{number}"] = checked
        assert to_python([checked.tree], {}, {})
    assert problems == ("expression_too_deep",)


def _with(defines: Mapping[str, object]) -> Scope:
    return Scope(
        names=BASE.names,
        money_scale=2,
        parse_window=BASE.parse_window,
        parse_day=BASE.parse_day,
        defines=defines,
    )


PIECES = (
    "order.total order.number event.store event.gift item.sku amount quantity big coffee and or not in is "
    "if lambda == != < <= > >= = + - * / // % ** ( ) [ ] , : ; . ' \" \\ # 1 0 0.5 1_000 01 1e3 .5  50 % "
    'any_item( has( within( spend "month" "gold" status.level known( default( round( "floor" None True AND '
    "&& || ! <> \u00a0 \u200b ۵ о “ ” € x ∧ \x00 \ud800 \n fee( sum_of( min( date"
)
WORDS = st.sampled_from(PIECES.split(" "))


@pytest.mark.property
@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=25), st.sampled_from(["", " "]))
def test_no_text_raises_or_warns(words: list[str], joint: str) -> None:
    text = joint.join(words)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked = check(text, WHEN, "condition")
    if isinstance(checked, Checked):
        to_python([checked.tree], TABLE_CALLS, FUNCTION_CALLS)
        return
    assert checked
    assert list(checked) == sorted(checked, key=lambda problem: (problem.start, problem.end))
    for problem in checked:
        assert 0 <= problem.start <= problem.end <= max(len(text), 1)
        assert "\n" not in problem.message and not problem.message.endswith(".")


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_no_random_characters_raise(text: str) -> None:
    checked = check(text, WHEN, "condition")
    assert isinstance(checked, Checked) or checked
