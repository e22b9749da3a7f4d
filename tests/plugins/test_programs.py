"""A program type of a plugin: it lowers to the same parts as what ships, under its own id alone."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

import loyalty_rules as lr
from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.sdk import (
    NUMBER,
    POINTS,
    Award,
    Basis,
    Counter,
    Declared,
    Figure,
    Form,
    LevelStep,
    LevelTable,
    LotAccount,
    Lowered,
    Rule,
    Window,
)
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.loading import check_text
from tests.plugins.samples import HEAD, nothing, program, purchase, rules

CLUB = HEAD.replace(
    "programs:", "programs:\n  club: {type: pebble.club}\n  old: {type: pebble.club}"
)
WITH_RULE = (
    CLUB
    + """
rules:
  - id: more
    event: purchase
    when: club.visits >= 1 and within(club.visits, "month") >= 1
    give: {type: bonus, program: points, points: 10}
"""
)


def declare(form: Form) -> Declared:
    return Declared({"visits": NUMBER}, {"visits": NUMBER})


def lower(form: Form) -> Lowered:
    """Counts visits, and gives a point for each."""
    counter = Counter(f"{form.name}.visits", NUMBER, events=("purchase",))
    award = Award("bonus", "points", form.constant(Fraction(1)))
    return Lowered(
        counters=(counter,),
        figures=(Figure(counter.id, counter.id, Window("ever")),),
        rules=(Rule(f"{form.name}-visit", ("purchase",), (award,)),),
    )


def test_a_program_s_words_counters_and_rules_work_like_those_that_ship() -> None:
    loaded, state, given = rules(WITH_RULE, program(declare, lower)), lr.MemberState("m-1"), []
    for number in range(3):
        decision = loaded.decide(purchase(id=f"p-{number}"), state)
        state = decision.state
        given.append({trace.rule: trace.outcome for trace in decision.trace})
    assert [one["more"] for one in given] == ["not_gave", "gave", "gave"]
    assert [one["old-visit"] for one in given] == ["gave"] * 3
    explained = loaded.decide(purchase()).explain()
    lines = {report.rule: report.line for report in explained.rules}
    assert lines == {"club-visit": 7, "old-visit": 8, "more": 12}, "where their programs stand"


def test_a_program_may_be_an_account_of_its_own() -> None:
    def account(form: Form) -> Lowered:
        return Lowered(accounts=(LotAccount(form.name, Basis("included"), spendable=False),))

    def words(form: Form) -> Declared:
        return Declared({"balance": POINTS, "pending": POINTS})

    text = (
        CLUB
        + "rules:\n  - id: r\n    event: purchase\n    give: {type: bonus, program: club, points: 3}\n"
    )
    assert rules(text, program(words, account)).decide(purchase()).points["club"] == 3


def with_part(**parts: Callable[[Lowered], object]) -> Callable[[Form], object]:
    def act(form: Form) -> object:
        right = lower(form)
        return replace(right, **{name: make(right) for name, make in parts.items()})  # type: ignore[arg-type]

    return act


def exiting(form: Form) -> object:
    raise SystemExit(1)


ACCOUNT = LotAccount("points", Basis("included"))
LEVELS = LevelTable("ranks", Window("ever"), (LevelStep("low"), LevelStep("high")))
RULE = Rule("club-visit", ("purchase",), ())
MISTAKES: dict[str, tuple[Callable[[Form], object], str]] = {
    "an exit": (exiting, "it failed: SystemExit"),
    "nothing": (lambda form: None, "it must return `Lowered`"),
    "a list of counters": (with_part(counters=lambda r: list(r.counters)), "must be a tuple"),
    "rubbish": (with_part(rules=lambda r: (5,)), r"`lowered.rules\[0\]` must be of type Rule"),
    "a float": (
        with_part(accounts=lambda r: (replace(ACCOUNT, scale=0.5),)),  # type: ignore[arg-type]
        r"`lowered.accounts\[0\].scale` must be of type int, not `0.5`",
    ),
    "a window of its own": (
        with_part(level_tables=lambda r: (replace(LEVELS, window=Window("fortnight")),)),  # type: ignore[arg-type]
        "window.form` must be one of",
    ),
    "another's account": (with_part(accounts=lambda r: (ACCOUNT,)), "must have the id of its"),
    "another's levels": (with_part(level_tables=lambda r: (LEVELS,)), "must have the id of its"),
    "another's counter": (
        with_part(counters=lambda r: (Counter("orders", NUMBER),)),
        "`orders` must begin with `club.`",
    ),
    "another's rule": (with_part(rules=lambda r: (Rule("gift", (), ()),)), "begin with `club-`"),
    "one rule twice": (with_part(rules=lambda r: (RULE, RULE)), "two parts have one id"),
    "another's event": (
        with_part(rules=lambda r: (replace(RULE, events=("eclipse",)),)),
        "`eclipse`, which is no event",
    ),
    "another's points": (
        with_part(rules=lambda r: (replace(RULE, awards=(replace(r.rules[0].awards[0], program="x"),)),)),
        "`x` is not a points program",
    ),
    "a figure without counter": (with_part(counters=lambda r: ()), "needs a counter `club.visits`"),
    "a word without value": (with_part(figures=lambda r: ()), "tells the value of `visits`"),
    "a figure of nothing": (
        with_part(figures=lambda r: (replace(r.figures[0], counter="spend"),)),
        "reads a counter that the program does not make",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_a_lowering_s_mistake_names_plugin_type_and_program(case: str) -> None:
    act, told = MISTAKES[case]
    with pytest.raises(PluginError, match=told) as caught:
        rules(WITH_RULE, program(declare, act))
    error = caught.value
    assert (error.plugin, error.hook, error.rule) == ("pebble", "lower of `pebble.club`", "club")


DECLARATIONS: dict[str, tuple[Callable[[Form], object], str]] = {
    "an exit": (exiting, "it failed: SystemExit"),
    "nothing": (lambda form: None, "it must return `Declared`"),
    "a word that none can write": (lambda f: Declared({"No!": NUMBER}), "declare words with kinds"),
    "a word without kind": (lambda f: Declared({"visits": "number"}), "declare words with kinds"),  # type: ignore[dict-item]
    "a list of words": (lambda f: Declared(["visits"]), "declare words with kinds"),  # type: ignore[arg-type]
    "figures that are none": (lambda f: Declared({}, {"x": 1}), "declare words with kinds"),  # type: ignore[dict-item]
    "later words that are none": (lambda f: Declared({}, {}, later=(1,)), "tuple of words"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", DECLARATIONS)
def test_a_declaration_s_mistake_names_plugin_type_and_program(case: str) -> None:
    act, told = DECLARATIONS[case]
    with pytest.raises(PluginError, match=told) as caught:
        rules(CLUB, program(act, nothing))
    assert (caught.value.hook, caught.value.rule) == ("declare of `pebble.club`", "club")


def test_a_program_type_of_a_plugin_that_is_not_allowed_is_a_diagnostic() -> None:
    found = check_text(CLUB.encode(), "rules.yaml", Registry.builtin()).diagnostics
    assert [(one.name, one.span.line if one.span else 0) for one in found] == [
        ("plugin_not_allowed", 7),
        ("plugin_not_allowed", 8),
    ]
