"""Maps and lists that designers write as words: ``limit: once per day``, ``expiry: 2 years``."""

from __future__ import annotations

import re
from typing import Final

from loyalty_rules.base.period import Duration
from loyalty_rules.ruleset.forms import BOXES, WHOLE, read_duration

_LIMIT_SUCH_AS: Final = "write a map, such as `{points: 500, per: month}`, or `none`"
_TIMES: Final = {"once": 1, "twice": 2}
_TIMES_PER: Final = re.compile(
    r"(?:(once|twice)|([1-9][0-9]{0,5}) ?(?:x|times?))(?: (?:per|an?|each|every|in|within) (.+))?"
)
_COUNT_PER: Final = re.compile(
    r"([1-9][0-9]{0,8})(?: [a-z_]+)? (?:per|an?|each|every|in|within) (.+)"
)
_ADVERBS: Final = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
_EXPIRY_SUCH_AS: Final = "write `never`, or a map such as `{after: 12 months}`"
_NEVER: Final = frozenset(
    {"none", "no", "unlimited", "ever", "forever", "false", "null", "no expiry"}
)
_WORKDAYS: Final = "mon, tue, wed, thu, fri"
_DAYS: Final = {
    "weekend": "sat, sun",
    "weekends": "sat, sun",
    "weekdays": _WORKDAYS,
    "workdays": _WORKDAYS,
    "working days": _WORKDAYS,
}
_AND: Final = re.compile(r" *(?:,|/|&| and | und | et ) *")


def map_meant(key: str, text: str) -> str | None:
    """The cure of words that stand where ``key`` wants a map; None where it is nothing that words say."""
    words = " ".join(text.lower().split())
    if key in ("limit", "budget"):
        return _limit(words)
    return _expiry(words) if key == "expiry" else None


def list_meant(text: str) -> str:
    """What stands between the brackets of the list that ``sat and sun`` or ``weekend`` means."""
    if (days := _DAYS.get(text.strip().lower())) is not None:
        return days
    return ", ".join(part for part in _AND.split(text.strip()) if part)


def _limit(words: str) -> str:
    times, count = _TIMES_PER.fullmatch(words), _COUNT_PER.fullmatch(words)
    if times is not None:
        number = _TIMES[times[1]] if times[1] else int(times[2])
        window = _window(times[3] or "ever")
        return f"write `{{times: {number}, per: {window}}}`" if window else _LIMIT_SUCH_AS
    window = _window(count[2]) if count is not None else None
    if count is None or window is None:
        return _LIMIT_SUCH_AS
    return f"write `{{points: {count[1]}, per: {window}}}`"


def _window(words: str) -> str | None:
    words = _ADVERBS.get(words, words).removeprefix("calendar ")
    if words in (*BOXES, *WHOLE):
        return words
    return f"last {words}" if isinstance(read_duration(words), Duration) else None


def _expiry(words: str) -> str:
    if words in _NEVER:
        return "write `never`"
    after = words.removeprefix("after ")
    if isinstance(read_duration(after), Duration):
        return f"write `{{after: {after}}}`"
    ends = [box for box in BOXES if box in words.split()] if "end" in words.split() else []
    return f"write `{{end_of: {ends[0]}}}`" if ends else _EXPIRY_SUCH_AS
