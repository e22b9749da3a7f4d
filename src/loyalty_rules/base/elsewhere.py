"""Numbers, days, hours and durations as people write them elsewhere, in the form of the language.

For cures alone: what is found here is told to the designer, and never read as if it had been written so.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = {
    "ä": "ae",
    "ö": "oe",
    "ü": "ue",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "oe",
    "ł": "l",
}
_UNITS: Final = {
    "minute": "minutes", "minuten": "minutes", "heure": "hours", "stunde": "hours", "stunden": "hours",
    "heures": "hours", "jour": "days", "jours": "days", "tag": "days", "tage": "days", "tagen": "days",
    "woche": "weeks", "wochen": "weeks", "semaine": "weeks", "semaines": "weeks", "mois": "months",
    "monat": "months", "monate": "months", "monaten": "months", "an": "years", "ans": "years",
    "annee": "years", "annees": "years", "jahr": "years", "jahre": "years", "jahren": "years",
}  # fmt: skip
_COUNTS: Final = {"a": "1", "an": "1", "one": "1", "ein": "1", "eine": "1", "un": "1", "une": "1"}

_CURRENCY: Final = r"(?:[A-Z]{3}|[€$£¥]|[Ee]uros?|[Ff]rancs?|[Pp]oints?)"
_WITH_UNIT: Final = re.compile(rf"(?:{_CURRENCY} ?)?([-+]?[0-9][0-9.,'’ ]*?)(?: ?{_CURRENCY})?")
_DECIMAL_COMMA: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:,[0-9]{1,2}|,[0-9]{4,})")
_GROUPED: Final = re.compile(r"([-+]?[1-9][0-9]{0,2}(?:[.'’ ][0-9]{3})+),([0-9]+)")
_APOSTROPHES: Final = re.compile(r"[-+]?[1-9][0-9]{0,2}(?:['’][0-9]{3})+(?:\.[0-9]+)?")
_PLAIN: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")

_SHARE: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?) ?(?:%|[Pp]er ?cent|[Pp]rozent|pct)\.?")

_YEAR_FIRST: Final = re.compile(r"([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-./])([0-9]{1,2})[-./]([0-9]{4})")
_DAY_AND_TIME: Final = re.compile(r"([^ ]+) +([0-9]{1,2}):([0-9]{2})(?::00)?")

_HOUR: Final = r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?h? ?([AaPp]\.?[Mm]\.?|[Uu]hr)?"
_HOURS: Final = re.compile(rf"{_HOUR} ?(?:-|–|—|to|bis) ?{_HOUR}")


def plain_letters(text: str) -> str:
    """Small letters without marks: ``Begrüßung`` is ``begruessung``, ``été`` is ``ete``."""
    spelt = "".join(_LETTERS.get(char, char) for char in text.lower())
    return "".join(c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c))


def number_elsewhere(text: str) -> str | None:
    """``0,01``, ``1'500``, ``1.234,50`` or ``5 EUR`` as a number of the language; None if it is none."""
    bare = _WITH_UNIT.fullmatch(text.strip())
    if bare is None:
        return None
    written = bare[1].strip()
    if grouped := _GROUPED.fullmatch(written):
        return f"{re.sub(r'[^0-9+-]', '', grouped[1])}.{grouped[2]}".lstrip("+")
    if _DECIMAL_COMMA.fullmatch(written):
        return written.replace(",", ".").lstrip("+")
    if _APOSTROPHES.fullmatch(written):
        return re.sub(r"['’]", "", written).lstrip("+")
    return written.lstrip("+") if _PLAIN.fullmatch(written) and written != text else None


def share_elsewhere(text: str) -> str | None:
    """``12,5 %`` or ``50 percent`` as a share of the language; None if it is none."""
    match = _SHARE.fullmatch(text.strip())
    return None if match is None else f"{match[1].replace(',', '.')} %"


def day_elsewhere(text: str) -> tuple[str, ...]:
    """The days that ``31.12.2026``, ``1/2/2026`` or ``2026-1-1`` may be: none, one, or two."""
    if match := _YEAR_FIRST.fullmatch(text.strip()):
        days = _days(match[1], (match[2], match[3]))
        return days if days != (text.strip(),) else ()
    match = _YEAR_LAST.fullmatch(text.strip())
    if match is None:
        return ()
    if match[2] == ".":
        return _days(match[4], (match[3], match[1]))
    return _days(match[4], (match[3], match[1]), (match[1], match[3]))


def instant_elsewhere(text: str) -> str | None:
    """``2026-01-01 18:00`` or ``1.1.2026 9:30`` as an instant of the language; None if it is none."""
    match = _DAY_AND_TIME.fullmatch(text.strip())
    days = () if match is None else day_elsewhere(match[1]) or _canonical(match[1])
    if match is None or len(days) != 1 or int(match[2]) > 23:
        return None
    return f"{days[0]}T{match[2]:0>2}:{match[3]}"


def hours_elsewhere(text: str) -> str | None:
    """``9:00-11:00``, ``17.00-19.00``, ``5pm-7pm`` or ``17-19 Uhr`` as hours of the language."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        return None
    begin, end = _hour(match[1], match[2], match[3] or match[6]), _hour(*match.group(4, 5, 6))
    if begin is None or end is None or begin == end:
        return None
    is_of_24_hours = begin >= "13:00" or bool(match[3] or match[6])
    if end < begin and end <= "12:00" and not is_of_24_hours:  # 9-5 may end at 17:00
        return None
    return f"{begin}-{end}"


def duration_elsewhere(text: str) -> str | None:
    """``one year`` or ``12 Monate`` with the words of the language; None if it is none."""
    words = plain_letters(text.strip()).split()
    if len(words) != 2:
        return None
    count = _COUNTS.get(words[0], words[0])
    unit = _UNITS.get(words[1], words[1])
    if not count.isdecimal() or (count, unit) == tuple(words) or unit.rstrip("s") not in _KNOWN:
        return None
    return f"{int(count)} {unit.rstrip('s') if int(count) == 1 else unit}"


_KNOWN: Final = frozenset(unit.rstrip("s") for unit in _UNITS.values())


def _canonical(text: str) -> tuple[str, ...]:
    return (text,) if _YEAR_FIRST.fullmatch(text) else ()


def _days(year: str, *month_days: tuple[str, str]) -> tuple[str, ...]:
    fitting = [(m, d) for m, d in month_days if 1 <= int(m) <= 12 and 1 <= int(d) <= 31]
    return tuple(dict.fromkeys(f"{year}-{int(m):02}-{int(d):02}" for m, d in fitting))


def _hour(hours: str, minutes: str | None, half: str | None) -> str | None:
    hour, kind = int(hours), (half or "").lower().replace(".", "")
    if kind in ("am", "pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if kind == "pm" else 0)
    written = f"{hour:02}:{minutes or '00'}"
    return written if (hour < 24 and int(minutes or 0) < 60) or written == "24:00" else None
