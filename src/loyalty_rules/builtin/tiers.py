"""``type: tiers``: a level read from figures within a window."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.sdk import (
    Declared,
    Form,
    Kind,
    LevelStep,
    LevelTable,
    Lowered,
    ProgramType,
    hookimpl,
)

TierAt = Literal["before", "after", "split"]
OnReturn = Literal["keep_until_review", "immediate"]
TIER_AT: Final[tuple[TierAt, ...]] = ("before", "after", "split")
ON_RETURN: Final[tuple[OnReturn, ...]] = ("keep_until_review", "immediate")

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
SCHEMA: Final = {
    "type": "object",
    "required": ["window", "levels", "keep"],
    "additionalProperties": False,
    "properties": {
        "window": {"format": "lr-window"},
        "levels": {"type": "array", "minItems": 2, "items": _LEVEL},
        "keep": {
            "type": "object",
            "required": ["through"],
            "additionalProperties": False,
            "properties": {
                "through": {"type": "string"},
                "then": {"enum": ["one_down", "requalify", "bottom"]},
                "grace": {"type": "string"},
            },
        },
        "tier_at": {"enum": list(TIER_AT)},
        "on_return": {"enum": list(ON_RETURN)},
    },
}


def declare(form: Form) -> Declared:
    """``.level``, whose values are the ids of the levels, lowest first."""
    ids = tuple(level.text("id") for level in form.forms("levels"))
    return Declared(
        {"level": Kind("level", choices=ids, program=form.name)},
        later=("since", "until", "missing"),
    )


def lower(form: Form) -> Lowered:
    """One level table."""
    _refuse_later_words(form)
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
    if form.has("also_when"):
        form.not_built("also_when", "leave `also_when` out for now")
    return LevelStep(
        form.text("id"), tuple(_figures(choice) for choice in choices), form.text("title")
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


def _refuse_later_words(form: Form) -> None:
    keep = form.form("keep")
    if keep is None:
        return
    if keep.has("through") and keep.text("through") != "window":
        keep.not_built(
            "through", "write `keep: {through: window}`, the one form that is decided so far"
        )
    for key in ("then", "grace"):
        if keep.has(key):
            keep.not_built(key, f"leave `{key}` out for now")


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``tiers``."""
    return [
        ProgramType("tiers", "levels reached by figures within a window", SCHEMA, declare, lower)
    ]
