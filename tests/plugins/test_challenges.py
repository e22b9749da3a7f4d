"""A program type of a plugin may lower to a challenge, like the one that ships."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

import loyalty_rules as lr
from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.sdk import (
    NUMBER,
    Award,
    Challenge,
    Counter,
    Declared,
    Form,
    Lowered,
    Opening,
    Quantity,
    Rule,
    Term,
    Window,
)
from tests.plugins.samples import HEAD, function, opaque, program, purchase, rules

STAMPS = HEAD.replace("programs:", "programs:\n  stamps: {type: pebble.club}") + "rules: []\n"


def declare(form: Form) -> Declared:
    return Declared()


def lower(form: Form) -> Lowered:
    """Four points for every second purchase."""
    times = Quantity((Term(Fraction(1), "times"),), Fraction(1))
    award = Award("bonus", "points", form.constant(Fraction(4)), times)
    challenge = Challenge(
        form.name,
        NUMBER,
        form.constant(Fraction(2)),
        counts=Counter(f"{form.name}.counts", NUMBER, events=("purchase",)),
        repeat=True,
    )
    return Lowered(challenges=(challenge,), rules=(Rule(form.name, (), (award,)),))


def test_a_plugin_s_challenge_counts_and_gives() -> None:
    loaded, state, given = rules(STAMPS, program(declare, lower)), lr.MemberState("m-1"), []
    for number in range(4):
        decision = loaded.decide(purchase(id=f"p-{number}"), state)
        state = decision.state
        given.append(decision.points["points"])
    assert given == [0, 4, 0, 4]


def changed(**parts: object) -> Callable[[Form], Lowered]:
    def act(form: Form) -> Lowered:
        right = lower(form)
        return replace(right, challenges=(replace(right.challenges[0], **parts),))  # type: ignore[arg-type]

    return act


def without_rule(form: Form) -> Lowered:
    return replace(lower(form), rules=())


def with_strange_rule(form: Form) -> Lowered:
    right = lower(form)
    return replace(right, rules=(*right.rules, replace(right.rules[0], id="stamps-more")))


LATEST = Counter("stamps.counts", NUMBER, "latest", events=("purchase",))
MISTAKES: dict[str, tuple[Callable[[Form], Lowered], str]] = {
    "another's id": (changed(id="others"), "must have the id of its program"),
    "no rule": (without_rule, "needs a rule of its id"),
    "a rule that nothing asks": (with_strange_rule, "fires on no event, and no challenge has its id"),
    "nothing to count": (changed(counts=None), "has `counts`, or a `figure`"),
    "two things to count": (changed(figure="points.earned"), "has `counts`, or a `figure`"),
    "another's figure": (changed(counts=None, figure="orders"), "has `counts`, or a `figure`"),
    "no sum": (changed(counts=LATEST), "must add up"),
    "another's event": (changed(opens=Opening("eclipse")), "`eclipse` is no event"),
    "an end that never comes": (changed(pays="at_end"), "`at_end` needs one"),
    "a window that rolls": (changed(window=Window("rolling", "days", 7)), "must be a box"),
    "a unit of nothing": (changed(unit=Fraction(0)), "must be above zero"),
    "a word of its own": (changed(overlap="twice"), "overlap` must be one of"),
    "a target that is a number": (changed(target=2), "must be of type Formula"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_a_challenge_s_mistake_names_plugin_type_and_program(case: str) -> None:
    act, told = MISTAKES[case]
    with pytest.raises(PluginError, match=told) as caught:
        rules(STAMPS, program(declare, act))
    assert (caught.value.hook, caught.value.rule) == ("lower of `pebble.club`", "stamps")


def card(counts: str, give: str) -> str:
    keys = f"counts: {counts}, target: 2, repeat: true, rest: carry, give: {give}"
    return (
        HEAD.replace("programs:", f"programs:\n  card: {{type: challenge, {keys}}}") + "rules: []\n"
    )


def test_a_function_that_fails_while_a_challenge_counts_names_the_challenge() -> None:
    def fails(number: int) -> int:
        raise ValueError(number)

    counts = "{event: purchase, when: pebble_call(quantity) >= 1}"
    loaded = rules(card(counts, "{type: bonus, program: points, points: 1}"), function(fails))
    with pytest.raises(PluginError, match="it failed: ValueError") as caught:
        loaded.decide(purchase())
    assert caught.value.rule == "card"


def test_a_give_of_a_plugin_is_given_as_often_as_the_target_is_reached() -> None:
    text = card("{event: purchase, adds: 5 * quantity}", "{type: pebble.gift, program: points}")
    loaded = rules(text, opaque(lambda parameters, facts: parameters["bonus"], reads=()))
    assert loaded.decide(purchase()).points["points"] == 14
