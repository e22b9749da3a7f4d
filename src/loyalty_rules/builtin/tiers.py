"""``type: tiers``: a level reached by figures within a window, which lasts as long as the rule set says."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.sdk import (
    DAY,
    Declared,
    Duration,
    Form,
    Keep,
    Kind,
    LevelStep,
    LevelTable,
    Lowered,
    ProgramType,
    Window,
    hookimpl,
)

TierAt = Literal["before", "after", "split"]
OnReturn = Literal["keep_until_review", "immediate"]
Then = Literal["one_down", "requalify", "bottom"]
TIER_AT: Final[tuple[TierAt, ...]] = ("before", "after", "split")
ON_RETURN: Final[tuple[OnReturn, ...]] = ("keep_until_review", "immediate")
THEN: Final[tuple[Then, ...]] = ("one_down", "requalify", "bottom")

_FIGURES: Final = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"},
}
_LEVEL: Final = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "format": "lr-id"},
        "title": {"format": "lr-text"},
        "note": {"format": "lr-text"},
        "at": {"anyOf": [_FIGURES, {"type": "array", "minItems": 1, "items": _FIGURES}]},
        "also_when": {"format": "lr-condition"},
    },
}
_KEEP: Final = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "through": {"anyOf": [{"enum": ["next_window", "window"]}, {"format": "lr-duration"}]},
        "then": {"enum": list(THEN)},
        "grace": {"anyOf": [{"const": "none"}, {"format": "lr-duration"}]},
    },
}
SCHEMA: Final = {
    "type": "object",
    "required": ["window", "levels"],
    "additionalProperties": False,
    "properties": {
        "window": {"format": "lr-window"},
        "levels": {"type": "array", "minItems": 2, "items": _LEVEL},
        "keep": _KEEP,
        "tier_at": {"enum": list(TIER_AT)},
        "on_return": {"enum": list(ON_RETURN)},
    },
}


def declare(form: Form) -> Declared:
    """``.level``, whose values are the ids of the levels, lowest first; since when and through which day it
    is held; what the next one asks for."""
    ids = tuple(level.text("id") for level in form.forms("levels"))
    asked = {
        key for level in form.forms("levels") for at in level.forms("at") for key in at.written()
    }
    return Declared(
        {"level": Kind("level", choices=ids, program=form.name), "since": DAY, "until": DAY},
        asked={"missing": tuple(sorted(asked))},
    )


def lower(form: Form) -> Lowered:
    """One level table."""
    window = form.window("window")
    levels = tuple(
        _level(level, lowest=number == 0) for number, level in enumerate(form.forms("levels"))
    )
    _check_ids(form, [level.id for level in levels])
    if window is None:  # reported by the shape check
        return Lowered()
    if window.form in ("order", "line"):
        form.problem(
            "window",
            "window_not_here",
            f"a level cannot be read within one `{window}`",
            "write `ever`, a box such as `year`, or `last 12 months`",
        )
    table = LevelTable(
        form.name,
        window,
        levels,
        form.choice("tier_at", TIER_AT),
        form.text("title"),
        form.choice("on_return", ON_RETURN),
        _keep(form.form("keep"), window),
    )
    return Lowered(level_tables=(table,))


def _level(form: Form, lowest: bool) -> LevelStep:
    choices = form.forms("at")
    name = f"`{form.text('id')}`" if form.has("id") else "this"
    if lowest and form.has("at"):
        form.problem(
            "at",
            "lowest_level_has_at",
            f"{name} is the lowest level and everybody stands on it",
            "leave `at` out, or put a level without `at` before it",
        )
    if not lowest and not form.has("at"):
        form.problem(
            "",
            "level_without_at",
            f"{name} does not say when it is reached",
            "write `at: {FIGURE: NUMBER}`, such as `at: {spend: 500}`",
        )
    if lowest and form.has("also_when"):
        form.problem(
            "also_when",
            "lowest_level_has_at",
            f"{name} is the lowest level and everybody stands on it",
            "leave `also_when` out, or put a level without `at` before it",
        )
    return LevelStep(
        form.text("id"),
        tuple(_figures(choice) for choice in choices),
        form.text("title"),
        () if lowest else form.member_conditions("also_when"),
    )


def _figures(form: Form) -> tuple[tuple[str, Fraction], ...]:
    """Counter id and threshold (money in minor units) of each figure of one ``at``."""
    found = []
    for key in form.written():
        figure = form.figure(key, key)
        if figure is None:
            continue
        counter, kind = figure
        threshold = form.money(key) if kind.name == "money" else form.number(key)
        found.append((counter, threshold or Fraction(0)))
    return tuple(sorted(found))


def _check_ids(form: Form, ids: list[str]) -> None:
    for number, name in enumerate(ids):
        if name in ids[:number]:
            form.forms("levels")[number].problem(
                "id",
                "duplicate_id",
                f"level `{name}` stands twice",
                "give each level an id of its own",
            )


def _keep(form: Form | None, window: Window) -> Keep:
    """How long a level lasts. One that is read anew for each day has nothing that could come ``then``, so
    it is meant where a level lasts for its window and nothing is said."""
    if form is None:
        return Keep()
    through: Literal["next_window", "window"] | Duration = "next_window"
    if form.text("through") == "window":
        through = "window"
    elif form.text("through") not in ("", "next_window"):
        through = _time(form, "through") or through
    read_anew = through == "window" and not form.has("then")
    then: Then = "requalify" if read_anew else form.choice("then", THEN)
    grace = None if form.text("grace") in ("", "none") else _time(form, "grace")
    if window.form == "ever" and through == "next_window" and form.has("through"):
        form.problem(
            "through",
            "window_not_here",
            "after `ever` comes no next window",
            "leave `keep` out: what was reached within `ever` is kept",
        )
    return Keep(through, then, grace)


def _time(form: Form, key: str) -> Duration | None:
    time = form.duration(key)
    if time is not None and time.unit in ("minutes", "hours"):
        form.problem(
            key,
            "level_in_hours",
            "a level lasts for whole days",
            "write days, weeks, months or years",
        )
    return time


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``tiers``."""
    return [
        ProgramType("tiers", "levels reached by figures within a window", SCHEMA, declare, lower)
    ]
