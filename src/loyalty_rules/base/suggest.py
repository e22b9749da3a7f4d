"""The nearest name for a word that is not known, and the help line made of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from difflib import SequenceMatcher

CHOICE_SHOWN_MAX = 20
"""A longer choice is cut: nobody reads it, and a file could make it as long as it likes."""

NAMES_COMPARED_MAX = 200
"""Of more names only so many are compared: a slip mostly leaves the beginning of a word as it is."""

WRITTEN_COMPARED_MAX = 80
"""Longer words are near to nothing; comparing them would only cost time."""


def nearest(written: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The name most like ``written``, or None when none is as near as ``cutoff`` (0 to 1).

    Ties go to the name that sorts first, so the answer does not depend on the order of ``names``.

    >>> nearest("purchse", ["signup", "purchase"])
    'purchase'
    >>> nearest("zebra", ["signup", "purchase"]) is None
    True
    """
    if len(written) > WRITTEN_COMPARED_MAX:
        return None
    best: tuple[float, str] | None = None
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(written.casefold())
    for name in _comparable(written, names):
        matcher.set_seq1(name.casefold())
        least = cutoff if best is None else best[0]
        if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
            continue
        ratio = matcher.ratio()
        if ratio >= cutoff and (best is None or ratio > best[0]):
            best = (ratio, name)
    return None if best is None else best[1]


def _comparable(written: str, names: Iterable[str]) -> list[str]:
    """The names to compare with, sorted; of very many those that stand around ``written`` in the alphabet."""
    listed = sorted(set(names))
    if len(listed) <= NAMES_COMPARED_MAX:
        return listed
    first = max(0, bisect_left(listed, written) - NAMES_COMPARED_MAX // 2)
    return listed[first : first + NAMES_COMPARED_MAX]


def did_you_mean(written: str, allowed: Iterable[str]) -> str:
    """The help line for an unknown name: the nearest match, or else the whole choice."""
    names = sorted(set(allowed))
    near = nearest(written, names)
    return f"did you mean `{near}`?" if near is not None else choice(names)


def choice(names: Iterable[str]) -> str:
    """The help line that lists what may stand here, in the order given; a long list is cut."""
    listed = list(names)
    if not listed:
        return "nothing may stand here"
    if len(listed) == 1:
        return f"expected `{listed[0]}`"
    shown = ", ".join(f"`{name}`" for name in listed[:CHOICE_SHOWN_MAX])
    more = len(listed) - CHOICE_SHOWN_MAX
    return f"expected one of {shown}" + (f" and {more} more" if more > 0 else "")
