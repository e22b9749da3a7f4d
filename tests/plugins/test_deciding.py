"""Plugin functions while an event is decided: checked at every call, blamed by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count

import pluggy
import pytest

import loyalty_rules as lr
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.domain.vocabulary import BOOLEAN, DAY, LIST, MONEY, NUMBER, TEXT, Kind
from loyalty_rules.planner.guard import SAMPLED_EVERY, guarded_function
from loyalty_rules.sdk import FunctionType, hookimpl
from tests.plugins.samples import CALL, GIFT, function, opaque, purchase, rules, seven

ANSWERS = count()


def raising(error: BaseException) -> Callable[..., object]:
    def act(*given: object) -> object:
        raise error

    return act


def endless(*given: object) -> object:
    return endless(*given)


def changing(parameters: object, facts: object) -> int:
    facts["order.total"] = 10**9  # type: ignore[index]
    return 7


def changing_parameters(parameters: object, facts: object) -> int:
    parameters["bonus"] = 10**9  # type: ignore[index]
    return 7


class Sly(int):
    def __ge__(self, other: object) -> bool:
        return True


GIVES: dict[str, tuple[Callable[..., object], str]] = {
    "an error": (raising(ZeroDivisionError("by zero")), "it failed: ZeroDivisionError: by zero"),
    "an exit": (raising(SystemExit("bye")), "it failed: SystemExit: bye"),
    "no memory": (raising(MemoryError()), "it failed: MemoryError"),
    "a generator's end": (raising(GeneratorExit()), "it failed: GeneratorExit"),
    "a recursion": (endless, "it failed: RecursionError"),
    "a float": (lambda p, f: 7.0, "whole points, not `7.0`"),
    "not a number": (lambda p, f: float("nan"), "whole points, not `nan`"),
    "true": (lambda p, f: True, "whole points, not `True`"),
    "nothing": (lambda p, f: None, "whole points, not `None`"),
    "half a point": (lambda p, f: Fraction(1, 2), "whole points, not"),
    "a number of its own": (lambda p, f: Sly(7), "whole points, not `7`"),
    "below zero": (lambda p, f: -1, "-1 points are outside of its own bounds, 0 to 100"),
    "above its bound": (lambda p, f: 101, "101 points are outside of its own bounds, 0 to 100"),
    "far above it": (lambda p, f: 10**5000, "are outside of its own bounds"),
    "change of facts": (changing, "it failed: TypeError: .* does not support item assignment"),
    "change of parameters": (changing_parameters, "it failed: TypeError"),
    "a fact it did not ask for": (lambda p, f: f["member.age"], "it failed: KeyError"),
    "another answer each time": (lambda p, f: next(ANSWERS) % 50, "two answers to one question"),
}


@pytest.mark.parametrize("case", GIVES)
def test_an_opaque_give_s_mistake_names_plugin_type_and_rule(case: str) -> None:
    give, told = GIVES[case]
    faulty = rules(GIFT, opaque(give))
    before = lr.MemberState("m-1")
    with pytest.raises(PluginError, match=told) as caught:
        faulty.decide(purchase(), before)
    error = caught.value
    assert (error.plugin, error.hook, error.rule) == ("pebble", "give of `pebble.gift`", "gift")
    assert before == lr.MemberState("m-1")
    assert rules(GIFT, opaque(seven)).decide(purchase(), before).points["points"] == 7


CALLS: dict[str, tuple[Callable[..., object], Kind, str]] = {
    "an error": (raising(ValueError("odd")), NUMBER, "it failed: ValueError: odd"),
    "an exit": (raising(SystemExit()), NUMBER, "it failed: SystemExit"),
    "no memory": (raising(MemoryError()), NUMBER, "it failed: MemoryError"),
    "a recursion": (endless, NUMBER, "it failed: RecursionError"),
    "a float": (lambda n: 0.5, NUMBER, "of kind `number`, not `0.5`"),
    "true": (lambda n: True, NUMBER, "of kind `number`, not `True`"),
    "a text": (lambda n: "1", NUMBER, "of kind `number`, not `'1'`"),
    "beyond all bounds": (lambda n: 10**19, NUMBER, "of kind `number`"),
    "half a whole": (lambda n: Fraction(1, 2), Kind("number", whole=True), "a whole number"),
    "another answer each time": (lambda n: next(ANSWERS), NUMBER, "two answers to one question"),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_function_s_mistake_names_plugin_function_and_rule(case: str) -> None:
    call, result, told = CALLS[case]
    faulty = rules(CALL, function(call, result))
    with pytest.raises(PluginError, match=told) as caught:
        faulty.decide(purchase())
    error = caught.value
    assert (error.plugin, error.hook, error.rule) == ("pebble", "function `pebble_call`", "called")


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (NUMBER, [0, -3, Fraction(1, 3)], [True, 1.0, "1", 10**19]),
        (MONEY, [4999], [49.99, "49.99"]),
        (TEXT, ["", "a"], [b"a", 1, "x" * 1001]),
        (Kind("text", choices=("a", "b")), ["a"], ["c", "A"]),
        (BOOLEAN, [True, False], [1, "true"]),
        (DAY, [1, 738_000], [0, -1, 4_000_000, "2026-01-01", True]),
        (LIST, [(), ("a",)], [["a"], (1,), "a", (("a",),)]),
        (Kind("number", whole=True), [3], [Fraction(3, 2)]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_function_returns_a_value_of_its_kind_or_unknown(
    kind: Kind, right: list[object], wrong: list[object]
) -> None:
    def guarded(answer: object) -> object:
        offer = FunctionType("pebble_f", "f", (), kind, lambda: answer)  # type: ignore[arg-type,return-value]
        return guarded_function(offer, "pebble")()

    assert [guarded(answer) for answer in (*right, None)] == [*right, None]
    for answer in wrong:
        with pytest.raises(PluginError):
            guarded(answer)


def test_a_function_is_never_asked_about_an_unknown() -> None:
    asked: list[object] = []
    offer = FunctionType("pebble_f", "f", (NUMBER, NUMBER), NUMBER, lambda a, b: asked.append(a))
    assert guarded_function(offer, "pebble")(1, None) is None
    assert asked == []


def test_a_function_that_forgets_itself_later_is_caught_by_the_sample() -> None:
    calls = count()

    def late(number: object) -> int:
        return 0 if next(calls) < SAMPLED_EVERY // 2 else next(ANSWERS)

    faulty = rules(CALL, function(late))
    with pytest.raises(PluginError, match="two answers"):
        for _ in range(2 * SAMPLED_EVERY):
            faulty.decide(purchase())


def test_ctrl_c_is_no_mistake_of_a_plugin() -> None:
    with pytest.raises(KeyboardInterrupt):
        rules(GIFT, opaque(raising(KeyboardInterrupt()))).decide(purchase())


def test_facts_come_by_the_names_that_were_asked_for() -> None:
    seen: list[dict[str, object]] = []

    def give(parameters: object, facts: object) -> int:
        seen.append(dict(facts))  # type: ignore[call-overload]
        return 7

    reads = ("order.total", 'within(orders, "last 90 days")', "points.eligible", "member.age")
    rules(GIFT, opaque(give, reads=reads)).decide(purchase("12.34"))
    assert seen[0] == {
        "order.total": 1234,
        'within(orders, "last 90 days")': 0,
        "points.eligible": 1234,
        "member.age": None,
    }


def test_an_explanation_says_what_an_opaque_give_does() -> None:
    explained = rules(GIFT, opaque(seven)).decide(purchase()).explain()
    assert "gift: gave 7 points\n    a gift\n" in str(explained)
    assert explained.rules[0].opaque == ("a gift",)


class Counting:
    """A plugin that counts how often one of its hooks is called."""

    def __init__(self) -> None:
        self.hooks = 0

    @hookimpl
    def loyalty_reward_types(self) -> Iterator[object]:
        self.hooks += 1
        (kind,) = opaque(seven).loyalty_reward_types()  # type: ignore[attr-defined]
        yield kind


def test_no_hook_is_called_while_events_are_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    class Watched(pluggy.PluginManager):
        def __init__(self, project: str) -> None:
            super().__init__(project)
            self.add_hookcall_monitoring(
                lambda name, impls, kwargs: calls.append(name), lambda *after: None
            )

    monkeypatch.setattr(pluggy, "PluginManager", Watched)
    plugin = Counting()
    loaded = rules(GIFT, plugin)
    at_load = len(calls)
    assert at_load > 0
    assert plugin.hooks == 1
    for number in range(3):
        assert loaded.decide(purchase(id=f"p-{number}")).points["points"] == 7
    assert (len(calls), plugin.hooks) == (at_load, 1)


def test_a_failure_ends_its_own_event_and_nothing_else() -> None:
    loaded = rules(GIFT, opaque(lambda p, f: 1 // 0 if f["order.total"] > 10_000 else 7))
    results: list[object] = []
    for amount in ("50.00", "500.00", "60.00"):
        try:
            results.append(loaded.decide(purchase(amount)).points["points"])
        except PluginError as error:
            results.append(error.rule)
    assert results == [7, "gift", 7]
