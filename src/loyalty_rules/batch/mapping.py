"""The mapping of a shop's CSV export to events: what it says, checked, with places for later mistakes."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal
from zoneinfo import ZoneInfo

from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.batch.sections import Section
from loyalty_rules.batch.time_format import TOKENS, TimeFormat, compile_time_format
from loyalty_rules.domain.codec import KNOWN_KEYS
from loyalty_rules.domain.orders import ITEM_KINDS, KNOWN_LINE_KEYS
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.tree import Mapping, Scalar, read_tree
from loyalty_rules.ruleset.zone_data import load_zone, zone_names

ENCODINGS: Final = (
    "utf-8",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1254",
    "windows-1256",
    "iso-8859-1",
    "iso-8859-15",
)
DELIMITERS: Final = MappingProxyType({",": ",", ";": ";", "|": "|", "tab": "\t"})
ORDER_COLUMNS: Final = ("order", "member", "occurred_at", "currency", "channel", "store", "partner")
LINE_COLUMNS: Final = (
    *("sku", "quantity", "unit_price", "amount", "discount", "tax", "category", "kind"),
)
CONSTANTS: Final = ("currency", "channel", "store", "partner")

_MUST: Final = ("order", "member", "occurred_at", "quantity")
_TESTS: Final = ("is", "starts_with", "one_of", "at_most", "below")
_FIELD: Final = re.compile("[a-z][a-z0-9_]{0,39}")
_REASON: Final = re.compile("[a-z][a-z0-9_]{0,39}")
_CURRENCY: Final = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file by the name in its first row, and where the mapping names it."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of one cell. ``texts`` belongs to starts_with and one_of, ``number`` to at_most and below."""

    column: Column
    test: Literal["is", "starts_with", "one_of", "at_most", "below"]
    texts: tuple[str, ...] = ()
    number: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Rows that are not wanted, and why. The first one that fits a row gives its reason."""

    reason: str
    when: Condition
    only: str = "both"


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """A checked mapping. ``columns`` maps what a row says (``member``, ``sku``) to the file's column;
    ``kinds`` maps cells of ``kind_column`` to kinds of items."""

    name: str
    file: str
    encoding: str
    delimiter: str
    time: TimeFormat
    zone: ZoneInfo
    columns: MappingOf[str, Column]
    constants: MappingOf[str, str]
    prefixes: MappingOf[str, str]
    returns: Condition | None
    leave_out: tuple[LeaveOut, ...] = ()
    kind_column: Column | None = None
    kinds: MappingOf[str, str] = field(default_factory=dict)
    fields: MappingOf[str, Column] = field(default_factory=dict)
    item_fields: MappingOf[str, Column] = field(default_factory=dict)


def read_mapping(data: bytes, file: str) -> tuple[ImportMapping | None, tuple[Diagnostic, ...]]:
    """The mapping in the bytes of a YAML file, and every mistake in it; None if it may not be used."""
    root, found = read_tree(data, file, "`import: NAME`")
    findings = Findings(file, found)
    if isinstance(root, Mapping):
        mapping = _mapping(Section(root, findings), file)
        return (None if findings.has_errors else mapping), findings.all()
    if root is not None:
        findings.add("wrong_type", root, "a mapping must be a map", "begin with `import: NAME`")
    return None, findings.all()


def _mapping(root: Section, file: str) -> ImportMapping:
    root.only(
        *("import", "csv", "time", "columns", "constants", "prefixes", "returns", "leave_out"),
        *("kinds", "fields", "item_fields"),
    )
    if not root.has("import"):
        root.missing("import", "name the mapping: import: my-shop")
    encoding, delimiter = _csv(root)
    time, zone = _time(root)
    columns = _columns(root)
    returns = _returns(root, columns)
    kind_column, kinds = _kinds(root, columns)
    return ImportMapping(
        name=root.text("import"),
        file=file,
        encoding=encoding,
        delimiter=delimiter,
        time=time,
        zone=zone,
        columns=columns,
        constants=_constants(root, columns),
        prefixes=_prefixes(root, returns is not None),
        returns=returns,
        leave_out=_leave_out(root),
        kind_column=kind_column,
        kinds=kinds,
        fields=_fields(root, "fields", KNOWN_KEYS),
        item_fields=_fields(root, "item_fields", KNOWN_LINE_KEYS),
    )


def _csv(root: Section) -> tuple[str, str]:
    csv = root.section("csv")
    if csv is None:
        return "utf-8", ","
    csv.only("encoding", "delimiter")
    delimiter = csv.one_of("delimiter", tuple(DELIMITERS), ",")
    return csv.one_of("encoding", ENCODINGS, "utf-8"), DELIMITERS[delimiter]


_NO_TIME: Final = TimeFormat("", re.compile(""))


def _time(root: Section) -> tuple[TimeFormat, ZoneInfo]:
    section, format, zone = root.section("time"), _NO_TIME, None
    if section is None:
        if not root.has("time"):
            root.missing("time", 'write time: {format: "YYYY-MM-DD hh:mm:ss", zone: Europe/Berlin}')
        return format, ZoneInfo("UTC")
    section.only("format", "zone")
    for key in ("format", "zone"):
        if not section.has(key):
            section.missing(key, "a time needs its format and its zone")
    if (written := section.text("format")) != "":
        compiled = compile_time_format(written)
        if isinstance(compiled, str):
            tokens = " ".join(TOKENS)
            section.problem("wrong_form", "format", compiled, f"its parts are {tokens}")
        else:
            format = compiled
    if (name := section.text("zone")) != "" and (zone := load_zone(name)) is None:
        help = did_you_mean(name, zone_names())
        section.problem("unknown_zone", "zone", f"unknown time zone `{name}`", help)
    return format, zone or ZoneInfo("UTC")


def _columns(root: Section) -> dict[str, Column]:
    section = root.section("columns")
    if section is None:
        if not root.has("columns"):
            root.missing("columns", "say which column is what: columns: {order: InvoiceNo, ...}")
        return {}
    section.only(*ORDER_COLUMNS, *LINE_COLUMNS)
    for key in _MUST:
        if not section.has(key):
            section.missing(key, "name the column that holds it")
    if not section.has("unit_price") and not section.has("amount"):
        section.missing("unit_price", "name the column of the `unit_price` or of the `amount`")
    return {key.text: Column(node.text, node.span) for key, node in root.pairs("columns")}


def _constants(root: Section, columns: MappingOf[str, Column]) -> dict[str, str]:
    section = root.section("constants")
    if section is not None:
        section.only(*CONSTANTS)
        for key in CONSTANTS:
            if key in columns and section.has(key):
                message = f"`{key}` is a constant and a column as well"
                section.problem("given_twice", key, message, "keep one of them")
        currency = section.scalar("currency")
        if currency is not None and _CURRENCY.fullmatch(currency.text) is None:
            message = f"`{currency.text}` is not a currency"
            section.problem("wrong_form", "currency", message, "write its three letters, as in EUR")
    if "currency" not in columns and (section is None or not section.has("currency")):
        root.missing("currency", "write constants: {currency: EUR}, or name its column")
    return {key.text: node.text for key, node in root.pairs("constants")}


def _prefixes(root: Section, with_returns: bool) -> dict[str, str]:
    prefixes = {"purchase": "", "return": "return-", "member": ""}
    section = root.section("prefixes")
    if section is None:
        return prefixes
    section.only(*prefixes)
    for key in prefixes:
        prefixes[key] = section.text(key, prefixes[key])
        if prefixes[key].startswith("~"):
            section.problem("wrong_form", key, "an id must not begin with `~`", "leave it out")
    if with_returns and prefixes["purchase"] == prefixes["return"]:
        message = "an order and its return would have one id"
        root.problem("same_prefix", "prefixes", message, "give `return` a prefix of its own")
    return prefixes


def _returns(root: Section, columns: MappingOf[str, Column]) -> Condition | None:
    section = root.section("returns")
    if section is None:
        return None
    section.only("column", *_TESTS)
    if columns and "sku" not in columns:
        root.problem("missing_key", "columns", "`sku` is missing", "a return names what came back")
    return _condition(section)


def _leave_out(root: Section) -> tuple[LeaveOut, ...]:
    rules: list[LeaveOut] = []
    for section in root.sections("leave_out"):
        section.only("reason", "column", "only", *_TESTS)
        if not section.has("reason"):
            section.missing("reason", "say why such rows are left out, in one word")
        reason = section.text("reason")
        if reason and _REASON.fullmatch(reason) is None:
            message = f"`{reason}` is not a reason"
            section.problem("wrong_form", "reason", message, "use small letters, digits and `_`")
        condition = _condition(section)
        only = section.one_of("only", ("orders", "returns", "both"), "both")
        if condition is not None:
            rules.append(LeaveOut(reason, condition, only))
    return tuple(rules)


def _condition(section: Section) -> Condition | None:
    column = section.scalar("column")
    if column is None and not section.has("column"):
        section.missing("column", "name the column that is looked at")
    tests = [test for test in _TESTS if section.has(test)]
    if len(tests) != 1:
        names = ", ".join(f"`{test}`" for test in _TESTS)
        message = "a condition has exactly one test"
        section.findings.add("wrong_count", section.node, message, f"write one of {names}")
        return None
    place = Column("", section.node.span) if column is None else Column(column.text, column.span)
    match tests[0]:
        case "is":
            section.one_of("is", ("empty",), "empty")
            return Condition(place, "is")
        case "starts_with":
            return Condition(place, "starts_with", (section.text("starts_with"),))
        case "one_of":
            return Condition(place, "one_of", section.texts("one_of"))
        case "at_most":
            return Condition(place, "at_most", number=section.number("at_most"))
        case _:
            return Condition(place, "below", number=section.number("below"))


def _kinds(
    root: Section, columns: MappingOf[str, Column]
) -> tuple[Column | None, MappingOf[str, str]]:
    section = root.section("kinds")
    if section is None:
        return None, {}
    section.only("column", "values")
    if "kind" in columns:
        message = "the kind of an item is a column and looked up as well"
        root.problem("given_twice", "kinds", message, "keep one of them")
    for key in ("column", "values"):
        if not section.has(key):
            section.missing(key, "write kinds: {column: StockCode, values: {POST: shipping}}")
    kinds: dict[str, str] = {}
    for code, kind in section.pairs("values"):
        if kind.text not in ITEM_KINDS:
            help = did_you_mean(kind.text, ITEM_KINDS)
            section.findings.add("wrong_choice", kind, f"`{kind.text}` is no kind of item", help)
        kinds[code.text] = kind.text
    column = section.scalar("column")
    return (None if column is None else Column(column.text, column.span)), kinds


def _fields(root: Section, key: str, taken: frozenset[str]) -> dict[str, Column]:
    fields: dict[str, Column] = {}
    for name, column in root.pairs(key):
        if _FIELD.fullmatch(name.text) is None:
            message = f"`{name.text}` is not the name of a field"
            root.findings.add("bad_id", name, message, "use small letters, digits and `_`")
        elif name.text in taken:
            message = f"`{name.text}` has a meaning of its own"
            root.findings.add("bad_id", name, message, "name it under `columns`, or otherwise")
        fields[name.text] = _column(column)
    return fields


def _column(scalar: Scalar) -> Column:
    return Column(scalar.text, scalar.span)
