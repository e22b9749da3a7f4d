"""The catalogue of diagnostics: every name, its number, its severity and one line for its docs page.

LR0xx file and shape, LR1xx names, LR2xx expressions, LR3xx meaning, LR4xx plugins, LR5xx events.
A number is never used for anything else again, not even when its code is gone.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple


class Code(NamedTuple):
    """One entry of the catalogue."""

    number: str
    severity: Literal["error", "warning"]
    title: str


def _error(number: str, title: str) -> Code:
    return Code(number, "error", title)


def _warning(number: str, title: str) -> Code:
    return Code(number, "warning", title)


CODES: Final[dict[str, Code]] = {
    # LR0xx: the file and its shape
    # LR1xx: names
    "unknown_name": _error("LR101", "a name that nothing in the rule set or the language has"),
    # LR2xx: expressions
    # LR3xx: meaning
    "not_built_yet": _error("LR301", "a word of the language that this version does not decide yet"),
    # LR4xx: plugins
    # LR5xx: events
}
