"""A mistake as a value: what is wrong, where it stands, what to do about it.

Codes are for ever: a number and a name. The catalogue is ``base/codes.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from loyalty_rules.base.codes import CODES


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text. Lines and columns count from 1, columns in characters; the end is excluded."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake (or warning) of a designer. ``name`` is a key of ``CODES``."""

    name: str
    message: str
    file: str = ""
    span: Span | None = None
    help: str | None = None
    related: tuple[tuple[Span, str], ...] = field(default=())

    def __post_init__(self) -> None:
        if self.name not in CODES:
            raise AssertionError(f"`{self.name}` is not in the catalogue of codes")

    @property
    def code(self) -> str:
        """The stable number, such as ``LR102``."""
        return CODES[self.name].number

    @property
    def is_error(self) -> bool:
        return CODES[self.name].severity == "error"
