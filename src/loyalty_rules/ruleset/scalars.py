"""What a plain scalar means: NUMBER, true or false, else text. No other reading exists, so ``NO``, ``on``,
``0123``, ``12:30`` and dates stay what the designer wrote."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

from loyalty_rules.base.elsewhere import number_elsewhere

DIGITS_MAX = 30
"""Digits of one number; the same bound holds in expressions."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,2}(?:_[0-9]{3})+|[1-9][0-9]*)(?:\.[0-9]+)?")
_LOOSE_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
_BOOLS = {"true": True, "false": False}
_BOOL_CURES = {
    "yes": "true", "y": "true", "on": "true", "1": "true",
    "no": "false", "n": "false", "off": "false", "0": "false",
}  # fmt: skip


def value_of(text: str) -> int | Decimal | bool | str:
    """The value of a plain scalar. Exact: a number never passes through a float.

    >>> value_of("1_000"), value_of("0123"), value_of("true"), value_of("NO")
    (1000, '0123', True, 'NO')
    """
    first = text[:1]
    if first.isdigit() or first == "-":
        number = read_number(text)
        return text if number is None else number
    return _BOOLS.get(text, text)


def read_number(text: str) -> int | Decimal | None:
    """``text`` by the NUMBER grammar, or None."""
    if len(text) > 2 * DIGITS_MAX or _NUMBER.fullmatch(text) is None:
        return None
    digits = text.replace("_", "")
    if sum(char.isdigit() for char in digits) > DIGITS_MAX:
        return None
    return Decimal(digits) if "." in digits else int(digits)


def loose_number(text: str) -> Decimal | None:
    """The number that a reader may see in ``text``, leading zeros and a plus sign allowed, or None.

    Only for telling equal keys: ``30``, ``30.0`` and ``030`` look different and mean one number.
    """
    text = text.replace("_", "")
    if len(text) > 2 * DIGITS_MAX or _LOOSE_NUMBER.fullmatch(text) is None:
        return None
    return Decimal(text)


def number_cure(text: str) -> str:
    """What to write instead of ``text`` where a NUMBER must stand."""
    ascii_form = ascii_digits(text)
    if ascii_form != text:
        return f"write it with the digits 0 to 9: `{ascii_form}`"
    for form, written, cure in _NUMBER_CURES:
        match = form.fullmatch(text)
        if match:
            number = written(match)
            return cure.format(number) if number is not None else f"at most {DIGITS_MAX} digits"
    meant = number_elsewhere(text)
    if meant is not None and read_number(meant) is not None:
        return f"write `{meant}`"
    return "write a number such as `12`, `-3`, `0.25` or `1_000_000`"


def bool_cure(text: str) -> str:
    """What to write instead of ``text`` where a BOOL must stand."""
    meant = _BOOL_CURES.get(text.strip().lower()) or _true_or_false(text)
    return f"write `{meant}`" if meant else "write `true` or `false`"


def ascii_digits(text: str) -> str:
    """``text`` with the digits of every script written 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        char if char.isascii() or unicodedata.decimal(char, None) is None
        else str(unicodedata.decimal(char))
        for char in text
    )  # fmt: skip


def plain_decimal(number: Fraction | Decimal) -> str:
    """A fraction of a power of ten written in full, without exponent: 25/2 is ``12.5``."""
    numerator, denominator = number.as_integer_ratio()
    shown = f"{Decimal(numerator) / Decimal(denominator):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _true_or_false(text: str) -> str | None:
    lower = text.strip().lower()
    return lower if lower in _BOOLS else None


def _plain(number: Decimal) -> str | None:
    """Decimal in full, without exponent; None when that would be longer than a NUMBER may be."""
    if not -DIGITS_MAX <= number.adjusted() <= DIGITS_MAX:
        return None
    shown = f"{number:f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown if read_number(shown) is not None else None


def _from_hex(match: re.Match[str]) -> str | None:
    return str(int(match[0].replace("_", ""), 0)) if len(match[0]) <= DIGITS_MAX // 2 else None


def _exact(match: re.Match[str]) -> str | None:
    text = match[0].replace(",", "").replace("_", "").replace(" ", "")
    return _plain(Decimal(text)) if len(text) <= 2 * DIGITS_MAX else None


def _whole(match: re.Match[str]) -> str | None:
    text = match[0].replace(".", "")
    return _plain(Decimal(text)) if len(text) <= 2 * DIGITS_MAX else None


def _share(match: re.Match[str]) -> str | None:
    return _plain(Decimal(match[1]) / 100) if len(match[1]) <= DIGITS_MAX else None


_HEX = re.compile(r"0[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|0[oO]_*[0-7][0-7_]*|0[bB]_*[01][01_]*")
_NUMBER_CURES = (
    (re.compile(r"[-+]?0[0-9_]+(?:\.[0-9]+)?"), _exact, "no leading zero: write `{}`"),
    (
        re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]{1,4}"),
        _exact,
        "write it in full: `{}`",
    ),
    (re.compile(r"[-+]?[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]+)?"), _exact, "write `{}`"),
    (re.compile(r"[-+]?[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}"), _whole, "write `{}`"),
    (_HEX, _from_hex, "write `{}`"),
    (re.compile(r"[-+]?\.[0-9]+"), _exact, "write `{}`"),
    (re.compile(r"[-+]?[0-9]+\."), _exact, "write `{}`"),
    (re.compile(r"\+[0-9]+(?:\.[0-9]+)?"), _exact, "write `{}`"),
    (re.compile(r"[-+]?[0-9][0-9_]*(?:\.[0-9_]+)?"), _exact, "write `{}`"),
    (re.compile(r"([0-9]+(?:\.[0-9]+)?) ?%"), _share, "write `{}`"),
)
