"""``expiry`` and ``pending`` of a points program: when points end, and from when they may be spent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from loyalty_rules.sdk import After, ByLevel, Duration, EndOf, Expiry, Form, Waiting, With

Start = Literal["earned", "usable", "activity"]
Downgrade = Literal["restart", "keep"]
Turn = Literal["month", "quarter", "year"]

STARTS: Final[tuple[Start, ...]] = ("earned", "usable", "activity")
DOWNGRADES: Final[tuple[Downgrade, ...]] = ("restart", "keep")
TURNS: Final[tuple[Turn, ...]] = ("month", "quarter", "year")

_WAYS: Final = ("after", "end_of", "with", "by")
_BESIDE: Final = {
    "after": ("to_end_of", "from", "activity"),
    "by": ("is", "on_downgrade"),
}
_CURE: Final = (
    "write `never`, or one of `after`, `end_of`, `with` and `by`, such as `{after: 12 months}`"
)

_AFTER_KEYS: Final = {
    "after": {"type": "string", "format": "lr-duration"},
    "to_end_of": {"type": "string", "minLength": 1},
    "from": {"enum": list(STARTS)},
    "activity": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    "end_of": {"type": "string"},
}
_NEVER: Final = {
    "const": "never",
    "description": "write `never`, or a map such as `{after: 12 months}`",
}
_SIMPLE: Final = {
    "anyOf": [
        _NEVER,
        {"type": "object", "additionalProperties": False, "properties": _AFTER_KEYS},
    ]
}
_ONE: Final = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **_AFTER_KEYS,
        "with": {"type": "string"},
        "by": {"type": "string"},
        "is": {"type": "object", "minProperties": 1, "additionalProperties": _SIMPLE},
        "on_downgrade": {"enum": list(DOWNGRADES)},
    },
}
_NEVER_OR_ONE: Final = {"anyOf": [_NEVER, _ONE]}
EXPIRY: Final = {
    "anyOf": [
        _NEVER,
        _ONE,
        {"type": "array", "items": _NEVER_OR_ONE, "minItems": 1},
    ],
    "examples": [{"after": "12 months"}],
}
PENDING: Final = {
    "anyOf": [
        {"const": "none"},
        {"type": "string", "format": "lr-duration"},
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["until"],
            "properties": {
                "until": {"type": "string"},
                "at_most": {"type": "string", "format": "lr-duration"},
            },
        },
    ]
}


def read_expiry(form: Form) -> tuple[Expiry, ...]:
    """Everything that ends points of a program; what is wrong is reported and left out."""
    return tuple(found for one in form.forms("expiry") for found in _read(one))


def check_dates(form: Form, expiry: tuple[Expiry, ...], waiting: Waiting | None) -> None:
    """Points that have always ended when they would become free are a mistake; so are two ends of which one
    may come at any time by something else that the member does."""
    if len([one for one in expiry if isinstance(one, With)]) > 1 or (
        any(isinstance(one, With) for one in expiry) and _hangs_on_activity(expiry)
    ):
        form.problem(
            "expiry",
            "unclear_expiry",
            f"points of `{form.name}` hang on two things at once that move their end",
            "keep one of `with` and `from: activity`; days of their own may stand beside it",
        )
    if waiting is None or waiting.lasts is None or waiting.until:
        return
    for one in expiry:
        if not isinstance(one, After) or one.start != "earned" or one.to_end_of:
            continue
        if _days_at_most(one.lasts) < _days_at_least(waiting.lasts):
            form.problem(
                "pending",
                "ends_while_waiting",
                f"points of `{form.name}` end before they become free",
                "let them wait for less, or write `from: usable` beside `after`",
            )
            return


def _hangs_on_activity(expiry: tuple[Expiry, ...]) -> bool:
    simple = [one for one in expiry if isinstance(one, After)]
    for one in expiry:
        if isinstance(one, ByLevel):
            simple += [form for _, forms in one.levels for form in forms if isinstance(form, After)]
    return any(one.start == "activity" for one in simple)


def _days_at_most(duration: Duration) -> int:
    return duration.count * _DAYS[duration.unit][1]


def _days_at_least(duration: Duration) -> int:
    return duration.count * _DAYS[duration.unit][0]


_DAYS: Final = {
    "minutes": (0, 0),
    "hours": (0, 1),
    "days": (1, 1),
    "weeks": (7, 7),
    "months": (28, 32),
    "years": (353, 366),
}
"""Whole days that one of a unit lasts at least and at most, in any calendar."""


def read_pending(form: Form) -> Waiting | None:
    """How long points wait."""
    inner = form.form("pending")
    if inner is not None:
        return Waiting(inner.duration("at_most"), inner.event_kind("until"))
    lasts = form.duration("pending")
    return None if lasts is None else Waiting(lasts)


def _read(form: Form) -> Iterator[Expiry]:
    """One way in which points end."""
    way = _way(form)
    if way == "with":
        if membership := form.membership("with"):
            yield With(membership)
    elif way == "by":
        yield from _by_level(form)
    elif way:
        yield from _simple(form, way)


def _way(form: Form) -> str:
    """The one word that says how points end; empty where there is none, or a word too many."""
    ways = [key for key in form.written() if key in _WAYS]
    if len(ways) != 1:
        what = "says nothing" if not ways else "says several things"
        form.problem(ways[1] if ways else "", "unclear_expiry", f"this expiry {what}", _CURE)
        return ""
    for owner, keys in _BESIDE.items():
        for key in keys:
            if owner != ways[0] and form.has(key):
                message = f"`{key}` has no part in an expiry with `{ways[0]}`"
                form.problem(key, "unclear_expiry", message, f"it belongs to `{owner}`")
                return ""
    return ways[0]


def _simple(form: Form, way: str) -> Iterator[After | EndOf]:
    if way == "end_of":
        window = form.window("end_of")
        if window is not None and window.form == "box":
            yield EndOf(window)
        elif window is not None:
            message = f"`{window}` has no end at which points could be gone"
            form.problem("end_of", "window_not_here", message, "write `month` or `year`, say")
        return
    start: Start = form.choice("from", STARTS)
    lasts = form.duration("after")
    if form.has("activity") and start != "activity":
        message = "`activity` says what counts as activity, and points do not end by it here"
        form.problem("activity", "unclear_expiry", message, "write `from: activity` beside it")
    kinds = form.event_kinds("activity") if form.has("activity") else form.earning_kinds()
    if lasts is not None:
        yield After(lasts, start, _turn(form), kinds if start == "activity" else ())


def _turn(form: Form) -> Literal["", "month", "quarter", "year"] | tuple[int, int]:
    if not form.has("to_end_of"):
        return ""
    for turn in TURNS:
        if form.text("to_end_of") == turn:
            return turn
    return form.month_day("to_end_of") or ""


def _by_level(form: Form) -> Iterator[ByLevel]:
    levels, inner = form.levels("by"), form.form("is")
    if inner is None:
        form.problem("", "unclear_expiry", "`is` is missing: what each level means", _EXAMPLE)
        return
    if not levels:
        return
    unknown = [level for level in inner.written() if level not in levels]
    for level in unknown:
        names = ", ".join(f"`{name}`" for name in levels)
        message = f"`{form.text('by')}` has no level `{level}`"
        inner.problem(level, "unknown_name", message, f"its levels are {names}")
    for level in levels:
        if not inner.has(level) and not unknown:
            message = f"`is` does not say when points of the level `{level}` end"
            form.problem("is", "unclear_expiry", message, f"write `{level}: never`, say")
    found = tuple((level, tuple(_of_level(inner, level))) for level in levels)
    yield ByLevel(form.text("by"), found, form.choice("on_downgrade", DOWNGRADES))


_EXAMPLE: Final = "write `is: {green: {after: 6 months}, gold: never}`, say"


def _of_level(form: Form, level: str) -> Iterator[After | EndOf]:
    own = form.form(level)
    if own is not None and (way := _way(own)):
        yield from _simple(own, way)
