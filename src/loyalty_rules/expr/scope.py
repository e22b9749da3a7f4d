"""What an expression may name, and what is said of one that is wrong. The caller (the rule set's checker)
builds a scope for each place where an expression may stand; the language itself knows no rule set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from loyalty_rules.base.period import Window
from loyalty_rules.domain.vocabulary import Kind

LineSource = Literal["", "amount", "quantity", "eligible", "order_total"]


@dataclass(frozen=True, slots=True)
class Name:
    """One name of the scope, such as ``order.total`` or ``item.sku``.

    ``key`` is where its value stands at run time: ``facts[key]``, or ``row[key]`` when ``row`` is
    ``item`` or ``tender``. ``source`` marks the names that a LINEAR may be made of (``fact`` names are
    those with ``linear`` true: event numbers, ``previous``); ``program`` belongs to ``eligible``.
    ``event_only_argument``: may stand only as an argument of a table (``event.day``).
    """

    key: str
    kind: Kind
    row: Literal["", "item", "tender"] = ""
    source: LineSource = ""
    program: str = ""
    linear: bool = False
    only_in_tables: bool = False


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table as expressions see it: argument kinds in order and the kind of a leaf."""

    id: str
    keys: tuple[tuple[str, Literal["exact", "at_least"], Kind], ...]
    leaf: Kind


@dataclass(frozen=True, slots=True)
class FunctionShape:
    """A plugin's pure function: argument kinds and result kind."""

    name: str
    arguments: tuple[Kind, ...]
    result: Kind


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in an expression. Offsets count characters of the text, ``end`` excluded."""

    name: str
    message: str
    start: int
    end: int
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that one expression may use.

    names: by their spelling in the text. figures: what ``within(x, WINDOW)`` may read, by spelling, with
    the kind of the figure; a checked ``within`` reads the fact ``within(<spelling>, <window>)``.
    defines: checked trees by name (a ``define`` of the file). ``rows``: whether ``item.`` / ``tender.`` names
    are legal here at the top (a filter) or only inside any_item, amount_of, count_of, sum_of (item only).
    ``elsewhere``: names that exist but not here, with the reason as help (``item.sku`` in a ``when``).
    ``later``: names of the language that this version does not decide; naming one is ``not_built_yet`` with
    that text as message.
    ``money_scale``: minor units of the currency. ``parse_window``: text to window, or the cure as text.
    ``parse_day``: text in the rule set's calendar to an ordinal, or the cure as text.
    """

    names: Mapping[str, Name]
    money_scale: int
    parse_window: Callable[[str], Window | str]
    parse_day: Callable[[str], int | str]
    figures: Mapping[str, Kind] = field(default_factory=dict)
    tables: Mapping[str, TableShape] = field(default_factory=dict)
    functions: Mapping[str, FunctionShape] = field(default_factory=dict)
    defines: Mapping[str, object] = field(default_factory=dict)
    row: Literal["", "item", "tender"] = ""
    item_names: Mapping[str, Name] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, str] = field(default_factory=dict)


Expect = Literal["condition", "filter", "finite", "linear", "value"]
"""What the place wants: a three-valued truth; a truth over one row; FINITE; LINEAR; any value."""


@dataclass(frozen=True, slots=True)
class LinearTerm:
    """One summand of a checked LINEAR; see ``engine.model.Term``. ``tree`` belongs to sum_of and fact: for
    sum_of the item's field, for fact what is evaluated once (the constant 1 for a written number).
    ``text`` is its canonical text."""

    factor: Fraction
    source: Literal["amount", "quantity", "eligible", "order_total", "sum_of", "fact"]
    program: str = ""
    tree: object = None
    text: str = ""
