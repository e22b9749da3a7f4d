"""How a number is written, and what to say of one that is written otherwise."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final, NamedTuple

from loyalty_rules.expr.tree import exact

DIGITS_MAX: Final = 30

_PLAIN = re.compile(r"(?:0|[1-9][0-9]*(?:_[0-9]+)*)(?:\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![0-9])")
_RUN = re.compile(r"(?:[0-9]|\.[0-9])(?:[eE][+-](?=[0-9])|[0-9A-Za-z_.])*")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9_])(?:\.[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[0-9]+(?:\.[0-9]{3})*,[0-9]{1,2}(?![0-9,])")
_POINTED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(?![0-9])")


class Misspelled(NamedTuple):
    """A number that cannot be read as written: what is wrong, and the cure."""

    message: str
    help: str


def number_run(text: str, at: int, *, in_list: bool) -> str:
    """The characters from ``at`` that were meant as one number (or day, or time).

    ``in_list``: within a call or a list, where ``100,200`` are two numbers.
    """
    run = _RUN.match(text, at)
    if run and text[run.end() : run.end() + 1] not in ("-", ":", ","):
        return run.group()  # nothing follows that a day, a time or a comma of another language has
    for pattern in (_DAY, _TIME):
        if found := pattern.match(text, at):
            return found.group()
    thousands = _THOUSANDS.match(text, at)
    if thousands and (not in_list or ",0" in thousands.group()):
        return thousands.group()
    if not in_list and (decimal := _DECIMAL_COMMA.match(text, at)):
        return decimal.group()
    return run.group() if run else text[at]


def read_number(written: str) -> int | Fraction | Misspelled:
    """The exact value of a number as the language writes it: ``12``, ``0.25``, ``1_000_000``."""
    if len(written) > DIGITS_MAX and sum(char.isdigit() for char in written) > DIGITS_MAX:
        shown = written[:12] + "..."
        return Misspelled(
            f"the number `{shown}` has more than {DIGITS_MAX} digits", "write a shorter number"
        )
    if _PLAIN.fullmatch(written):
        before, _, behind = written.replace("_", "").partition(".")
        return exact(Fraction(int(before + behind), 10 ** len(behind))) if behind else int(before)
    return Misspelled(f"`{written}` is not a number", _cure(written))


def _cure(written: str) -> str:
    if _DAY.fullmatch(written) or _TIME.fullmatch(written):
        return f'a day or time is a text: write "{written}" in quotes'
    if _DECIMAL_COMMA.fullmatch(written):
        return f"write {written.replace('.', '').replace(',', '.')}"
    if _POINTED.fullmatch(written):
        return f"write {written.replace('.', '')} or {written.replace('.', '_')}"
    if "," in written:
        plain = written.replace(",", "")
        return f"write {plain} or {written.replace(',', '_')}"
    if written.startswith("."):
        return f"write 0{written}" if _PLAIN.fullmatch("0" + written) else _PLAINLY
    if written.endswith(".") and _PLAIN.fullmatch(written[:-1]):
        return f"write {written[:-1]}"
    if re.fullmatch(r"0[xXoObB][0-9A-Fa-f_]+", written):
        return _based(written)
    if found := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)[eE]([+-]?[0-9]{1,2})", written):
        return _powered(found.group(1), int(found.group(2)))
    if re.fullmatch(r"0[0-9_]+(?:\.[0-9]+)?", written):
        value = written.replace("_", "").lstrip("0")
        value = value if value and value[0] != "." else "0" + value
        return f'write {value}, or "{written}" in quotes if it is a text'
    if found := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z_]+)", written):
        return f"write {found.group(1)}; a number has no unit, and a name cannot start with a digit"
    return _PLAINLY


_PLAINLY = "a number is written as 12, 0.25 or 1_000"


def _based(written: str) -> str:
    try:
        return f"write {int(written, 0)}"
    except ValueError:
        return _PLAINLY


def _powered(digits: str, exponent: int) -> str:
    value = exact(Fraction(digits) * Fraction(10) ** exponent)
    if abs(exponent) > DIGITS_MAX - 10:
        return "write the number in full"
    return f"write {decimal_text(value)}"


def decimal_text(value: int | Fraction) -> str:
    """The shortest exact text: a decimal, or ``(1 / 3)`` where no decimal of 30 digits is exact.

    >>> decimal_text(Fraction(-1, 8)), decimal_text(Fraction(1, 3))
    ('-0.125', '(1 / 3)')
    """
    if value.denominator == 1:
        return str(value.numerator)
    places = _decimal_places(value.denominator)
    if places is not None:
        digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
        if len(digits) <= DIGITS_MAX:
            sign = "-" if value < 0 else ""
            return f"{sign}{digits[:-places]}.{digits[-places:]}"
    return f"({value.numerator} / {value.denominator})"


def _decimal_places(denominator: int) -> int | None:
    """How many decimal places an exact decimal needs; None when there is none of 30 digits."""
    return next((n for n in range(1, DIGITS_MAX) if 10**n % denominator == 0), None)
