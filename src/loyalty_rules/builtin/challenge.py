"""``type: challenge``: something is counted until a target is reached: punch cards, streaks, offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.sdk import (
    DURATION,
    MONEY,
    NUMBER,
    Award,
    Benefit,
    Challenge,
    Counter,
    Declared,
    Duration,
    Form,
    Formula,
    Kind,
    Lowered,
    Opening,
    ProgramType,
    Quantity,
    RewardType,
    Rule,
    Term,
    Window,
    hookimpl,
)

Overlap = Literal["separate", "restart", "ignore"]
OVERLAPS: Final[tuple[Overlap, ...]] = ("separate", "restart", "ignore")
Rest = Literal["carry", "drop"]
RESTS: Final[tuple[Rest, ...]] = ("carry", "drop")
OnReturn = Literal["recount", "frozen"]
ON_RETURN: Final[tuple[OnReturn, ...]] = ("recount", "frozen")
Streak = Literal["", "day", "week", "month"]
STREAKS: Final[tuple[Streak, ...]] = ("", "day", "week", "month")

SCHEMA: Final = {
    "type": "object",
    "required": ["counts", "target", "give"],
    "additionalProperties": False,
    "properties": {
        "opens": {
            "type": "object",
            "required": ["event"],
            "additionalProperties": False,
            "properties": {
                "event": {"type": "string", "format": "lr-word"},
                "when": {"format": "lr-condition"},
            },
        },
        "lasts": {"format": "lr-duration_or_finite"},
        "window": {"format": "lr-window"},
        "overlap": {"enum": list(OVERLAPS)},
        "counts": {"format": "lr-count"},
        "target": {"format": "lr-finite"},
        "streak": {"enum": list(STREAKS[1:])},
        "repeat": {"type": "boolean"},
        "rest": {"enum": list(RESTS)},
        "on_return": {"enum": list(ON_RETURN)},
        "give": {"format": "lr-give"},
        "limit": {"format": "lr-limit"},
        "budget": {"format": "lr-limit"},
    },
}


def declare(form: Form) -> Declared:
    """A challenge adds no words of its own."""
    return Declared()


def lower(form: Form) -> Lowered:
    """What is counted, when it begins and ends, and the rule that gives when the target is reached."""
    _check_words(form)
    opens = _opening(form)
    own = form.about((), opens.event if opens else "")
    counts, figure, kind = _counts(form, opens.event if opens else "")
    streak: Streak = form.choice("streak", STREAKS)
    challenge = Challenge(
        form.name,
        kind,
        own.finite("target"),
        Fraction(form.minor_units() if kind == MONEY and not streak else 1),
        counts,
        figure,
        opens=opens,
        lasts=_lasts(own),
        window=_window(form),
        overlap=form.choice("overlap", OVERLAPS),
        streak=streak,
        repeat=form.flag("repeat", False),
        rest=form.choice("rest", RESTS),
        on_return=form.choice("on_return", ON_RETURN),
        title=form.text("title"),
    )
    rule = Rule(
        form.name,
        (),
        tuple(_each_time(award) for award in _awards(own)),
        limits=own.limits("limit", form.name),
        title=form.text("title"),
        budgets=own.budgets("budget", form.name),
    )
    return Lowered(challenges=(challenge,), rules=(rule,))


def _check_words(form: Form) -> None:
    """Words that contradict each other, or that say nothing without another."""
    if form.has("opens") and form.has("window"):
        form.problem(
            "window",
            "two_openings",
            "`opens` and `window` both say when an instance begins",
            "keep `opens` for an event that opens one, `window` for one in each box",
        )
    for key in ("lasts", "overlap"):
        if form.has(key) and not form.has("opens"):
            form.problem(
                key,
                "without_opens",
                f"`{key}` is about instances that an event opens, and no event opens one",
                f"write `opens: {{event: ..}}`, or leave `{key}` out",
            )
    if form.flag("repeat", False) and not form.has("rest") and not form.has("streak"):
        form.problem(
            "repeat",
            "missing_key",
            "a challenge that repeats does not say what becomes of what exceeds its target",
            "write `rest: carry` (it counts for the next one) or `rest: drop`",
        )


def _opening(form: Form) -> Opening | None:
    opens = form.form("opens")
    if opens is None:
        return None
    [event, *_] = opens.events()
    return Opening(event, opens.about((event,)).conditions("when"))


def _lasts(form: Form) -> Duration | Formula | None:
    if not form.has("lasts") or not form.has("opens"):
        return None
    return form.duration("lasts") or form.value("lasts", DURATION)


def _window(form: Form) -> Window | None:
    window = form.window("window")
    if window is None or window.form == "ever":
        return None
    if window.form != "box":
        form.problem(
            "window",
            "window_not_here",
            f"a challenge has one instance in each box, and `{window}` is none",
            "write a box such as `month`, or `ever`",
        )
    return window


def _counts(form: Form, opened: str) -> tuple[Counter | None, str, Kind]:
    """What an event counts, or the counter whose additions count, and the kind of that."""
    inner = form.form("counts")
    if inner is None:
        found = form.figure(form.text("counts"), "counts") if form.text("counts") else None
        return (None, "", NUMBER) if found is None else (None, *found)
    events = inner.events()
    own = inner.about(events, opened)
    adds = own.linear("adds", default="1") if own.has("adds") else None
    kind = NUMBER if adds is None else _kind(adds)
    return (
        Counter(
            f"{form.name}.counts",
            kind,
            events=events,
            when=own.conditions("when"),
            items=own.items(),
            tenders=own.tenders(),
            adds=adds,
        ),
        "",
        kind,
    )


def _kind(adds: tuple[Term, ...]) -> Kind:
    for term in adds:
        if term.source == "quantity" or (term.formula and term.formula.kind != MONEY):
            return NUMBER
    return MONEY


def _awards(form: Form) -> tuple[Award, ...]:
    awards = form.awards("give", {})
    for award in awards:
        if award.role == "multiplier":
            form.problem(
                "give",
                "multiplier_per_step",
                "a challenge gives once when it is reached, and a multiplier acts on what an order gives",
                "give `points` or `bonus`; write a rule of its own for the multiplier",
            )
        elif award.quantity is not None:
            form.problem(
                "give",
                "mixed_spent",
                "the give of a challenge is for reaching its target, and counts something else",
                "leave `per`, `per_full` and `of` out",
            )
    return awards


def _each_time(award: Award) -> Award:
    """An award that is given as often as the target is reached; what is given beside points is handed over
    so many times by itself."""
    if award.benefit is not None or award.quantity is not None:
        return award
    return replace(award, quantity=Quantity((Term(Fraction(1), "times"),), Fraction(1)))


OFFER: Final = {
    "type": "object",
    "required": ["challenge"],
    "additionalProperties": False,
    "properties": {
        "challenge": {"type": "string", "minLength": 1},
        "offer": {"type": "string", "minLength": 1},
    },
}


def _offer(form: Form) -> tuple[Award, ...]:
    """An instance of a challenge that a ``grant`` opens, handed to the member."""
    challenge, offer = form.challenge("challenge"), form.text("offer")
    benefit = Benefit("offer", "pieces", name=offer or challenge, to=challenge)
    return (Award("benefit", "", form.constant(Fraction(1)), benefit=benefit, type="grant"),)


@hookimpl
def loyalty_reward_types() -> Iterable[RewardType]:
    """The give ``grant``."""
    return [RewardType("grant", "an offer: it opens a challenge", OFFER, _offer)]


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``challenge``."""
    return [ProgramType("challenge", "a give when a target is reached", SCHEMA, declare, lower)]
