"""What is said of a value that does not have the shape of its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as Mapped
from decimal import Decimal
from typing import Final

from loyalty_rules.base.suggest import choice, nearest
from loyalty_rules.ruleset.decode import Found
from loyalty_rules.ruleset.forms import FORMS, ID, RULE_ID, id_cure
from loyalty_rules.ruleset.meant_maps import list_meant, map_meant
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar
from loyalty_rules.ruleset.scalars import bool_cure, number_cure, read_number

SHOWN_MAX: Final = 60

_GAP = re.compile(r"\s*:?(?:\s+|#[^\r\n]*)*")
"""What stands between a key and its value."""

_WORDS: Final = {
    "object": "a map",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_JSON_TYPES: Final[dict[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    Decimal: "number",
}
_MEANT: Final = {
    "points": "times", "factor": "times", "to": "through", "until": "through", "each": "per",
}  # fmt: skip
"""Keys that look like no other and are mostly meant for one: a factor, the last day."""

_IDS: Final = {"lr-id": ID, "lr-rule-id": RULE_ID}


def json_type(node: Node) -> str:
    """What a node is in the words of JSON Schema; a whole number is an ``integer``."""
    if isinstance(node, Scalar):
        return _JSON_TYPES[type(node.value)]
    return "object" if isinstance(node, Mapping) else "array"


def shown(node: Node) -> str:
    """A node as a message names it: the written text of a scalar, cut if long."""
    if not isinstance(node, Scalar):
        return _WORDS[json_type(node)]
    text = node.text.strip()
    return f"`{text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + '…'}`"


def wrong_type(
    node: Node, wanted: Collection[str], form: str, key: Scalar | None, found: Found
) -> None:
    """``node`` is not of any of the ``wanted`` JSON types; ``form`` is the format of its place."""
    message = f"{_named(node, key)} must be {_wanted(wanted)}, not {_WORDS[json_type(node)]}"
    if not isinstance(node, Scalar):
        _at_node("wrong_type", message, node, key, found, _cure(node, wanted))
    elif "string" in wanted:
        _not_a_text(node, form, key, found)
    elif "number" in wanted or "integer" in wanted:
        _not_a_number(node, "number" not in wanted, found)
    elif "boolean" in wanted:
        found.add(
            "not_a_bool", f"{shown(node)} is neither true nor false", node.start, node.end,
            bool_cure(node.text),
        )  # fmt: skip
    else:
        help = None
        if wanted == {"array"} and key is not None and not _is_item(node, key):
            help = _list_for(node, key.text)
        elif "object" in wanted and key is not None:
            help = (_entry_for if _is_item(node, key) else _map_for)(node, key.text)
        found.add("wrong_type", message, node.start, node.end, help)


_NUMBER_OF: Final = {
    "at": "spend: {}",
    "expiry": "after: {} days",
    "limit": "points: {}, per: month",
    "budget": "points: {}",
}
"""Where a number alone is written by mistake: the map that says what it is a number of."""

_WORD_OF: Final = {
    "basis": "tax: {}", "rounding": "mode: {}", "multipliers": "mode: {}", "returns": "claw_back: {}",
    "restore": "expiry: {}", "keep": "through: {}", "late": "replay: {}", "effective": "from: {}",
}  # fmt: skip
"""Where a word or a duration alone is written by mistake: the map in which it mostly stands."""

_SUCH_AS: Final = {
    "give": "type: bonus, program: beans, points: 5",
    "cost": "program: beans, points: 100",
    "during": "weekdays: [sat, sun]",
    "transfers": "limit: none",
}
"""What the maps under some keys look like."""


def _map_for(node: Scalar, key: str) -> str | None:
    """The map to write in place of a scalar."""
    text = node.text.strip()
    inside = _NUMBER_OF if isinstance(node.number, int | Decimal) else _WORD_OF
    if key in inside and _PLAIN.fullmatch(text):
        return f"write `{key}: {{{inside[key].format(text)}}}`"
    return f"write a map, such as `{key}: {{{_SUCH_AS[key]}}}`" if key in _SUCH_AS else None


_MAY_BE_EMPTY: Final = frozenset({"rules", "exclude", "net_of"})
"""Lists that may have no entry, for which ``none`` is written by mistake."""

_ENTRIES: Final = {
    "rules": "id: base, event: purchase, give: ...",
    "levels": "id: gold, at: {spend: 500}",
}
"""What the entries of some lists look like, of which no word can be one."""


def _list_for(node: Scalar, key: str) -> str:
    """The list to write in place of a scalar."""
    if node.text.strip() == "none" and key in _MAY_BE_EMPTY:
        return f"write `{key}: []` for none"
    if key in _ENTRIES:
        return f"write a list of maps, such as `- {{{_ENTRIES[key]}}}`"
    return f"write `{key}: [{list_meant(shown(node).strip('`'))}]`"


def _entry_for(node: Scalar, key: str) -> str | None:
    """The map to write in place of a scalar that stands in a list."""
    if key not in _ENTRIES:
        return None
    example, id = _ENTRIES[key], node.text.strip()
    if key == "levels" and ID.fullmatch(id):
        higher = f"id: {id},{example.partition(',')[2]}"
        return f"write `{{id: {id}}}` for the lowest level, and `{{{higher}}}` for a higher one"
    return f"write a map, such as `{{{example}}}`"


_PLAIN: Final = re.compile(r"[\w.:-]+(?: [\w]+)?", re.ASCII)
"""What may stand in braces as it is."""


def _cure(node: Node, wanted: Collection[str]) -> str | None:
    """What to write instead of a map or a list."""
    if {"string", "number", "boolean"} <= set(wanted):
        return "write one expression, as in `order.total >= 50`"
    if isinstance(node, Mapping) and "array" in wanted:
        return "begin each entry of the list with `- `"
    if not isinstance(node, Mapping) and set(wanted) == {"object"}:
        return "write a map, `key: value` for each, without dashes and square brackets"
    return None


def _not_a_text(node: Scalar, form: str, key: Scalar | None, found: Found) -> None:
    if form in _IDS and id_cure(node.text, _IDS[form]) is not None:
        wrong_form(node, form, found)
        return
    if form in FORMS and isinstance(FORMS[form][1](node.text), str):
        wrong_form(node, form, found)
        return
    what = "true or false" if isinstance(node.value, bool) else "a number"
    lead = f"{key.text}: " if key is not None and not _is_item(node, key) else ""
    found.add(
        "unquoted_text", f"{shown(node)} is read as {what}, but a text must stand here",
        node.start, node.end, f'quote it: `{lead}"{node.text}"`',
    )  # fmt: skip


_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
"""A whole number as half of the world writes it."""


def _not_a_number(node: Scalar, is_whole: bool, found: Found) -> None:
    written = read_number(node.text)
    if is_whole and isinstance(node.number, Decimal):
        whole = node.text.replace(".", "") if _THOUSANDS.fullmatch(node.text) else ""
        message = f"{shown(node)} is not a whole number"
        help = f"write `{whole}`" if whole else "write a number without a point"
    elif written is not None and node.is_quoted:
        message = f"{shown(node)} in quotes is a text, but a number must stand here"
        help = f"write it without quotes: `{node.text}`"
    else:
        message, help = f"{shown(node)} is not a number", number_cure(node.text)
    found.add("not_a_number", message, node.start, node.end, help)


def _wanted(wanted: Collection[str]) -> str:
    left = list(wanted)
    words = list[str]()
    if {"string", "number", "boolean"} <= set(left):
        words.append("an expression")
        left = [name for name in left if name in ("array", "object")]
    elif "number" in left:
        left = [name for name in left if name != "integer"]
    words += [_WORDS[name] for name in _WORDS if name in left]
    return " or ".join(words)


def wrong_form(node: Scalar, form: str, found: Found) -> None:
    """``node`` is not written as ``form`` wants it, or it is (then nothing is said)."""
    if form in _IDS:
        cure = id_cure(node.text, _IDS[form])
        if cure is not None:
            found.add("bad_id", f"{shown(node)} is not an id", node.start, node.end, cure)
        return
    name, reader = FORMS[form]
    read = reader(node.text)
    if isinstance(read, str):
        found.add("wrong_form", f"{shown(node)} is not {name}", node.start, node.end, read)


def unknown_key(
    key: Scalar, node: Mapping, parent: Scalar | None, known: Iterable[str], found: Found
) -> str | None:
    """A key that the map under ``parent`` does not have; the known one that was meant, if one is near."""
    if found.is_full:
        return None  # nothing more is shown, and near names take long to find
    where = f" in {_named(node, parent)}" if parent is not None else ""
    message = f"unknown key {shown(key)}{where}"
    near = nearest(key.text, known)
    if near is None and _MEANT.get(key.text) in set(known):
        near = _MEANT[key.text]
    help = f"did you mean `{near}`?" if near is not None else choice(known)
    found.add("unknown_key", message, key.start, key.end, help)
    return near


def missing_key(
    name: str, node: Mapping, parent: Scalar | None, example: object, found: Found
) -> None:
    """A key that must be written in ``node`` and is not."""
    where = f" in {_named(node, parent)}" if parent is not None else ""
    example = flow(example) if isinstance(example, Mapped) else example
    help = f"write `{name}: {example}`" if example is not None else f"write `{name}:` and its value"
    _at_node("missing_key", f"`{name}` is missing{where}", node, parent, found, help)


def flow(example: Mapped[object, object]) -> str:
    """An example of a map as one writes it on one line."""
    return f"{{{', '.join(f'{key}: {value}' for key, value in example.items())}}}"


def missing_type(tags: Sequence[str], node: Mapping, parent: Scalar | None, found: Found) -> None:
    """The key that tells what a map is: it must be written, and is one of ``tags``."""
    where = f" in {_named(node, parent)}" if parent is not None else ""
    _at_node("missing_key", f"`type` is missing{where}", node, parent, found, choice(tags))


def wrong_choice(
    node: Node, choices: Sequence[str], key: Scalar | None, found: Found, help: str | None = None
) -> None:
    """``node`` is none of ``choices``; ``help`` stands where no choice is near."""
    if not isinstance(node, Scalar):
        wrong_type(node, ("string",), "", key, found)
        return
    where = f" for `{key.text}`" if key is not None else ""
    if key is not None and len(choices) == 1:
        help = map_meant(key.text, node.text) or help
    near = _begun(node.text, choices) or nearest(node.text, choices)
    if near is not None:
        help = f"did you mean `{near}`?"
    found.add(
        "wrong_choice", f"{shown(node)} is no choice{where}", node.start, node.end,
        help or choice(choices),
    )  # fmt: skip


def _begun(written: str, choices: Sequence[str]) -> str | None:
    """The one choice of three letters or more with which ``written`` begins: ``sat`` of ``Saturday``."""
    text = written.casefold()
    begun = [one for one in choices if len(one) >= 3 and text.startswith(one)]
    return begun[0] if len(begun) == 1 else None


def plugin_not_allowed(node: Scalar, plugin: str, found: Found) -> None:
    """``node`` names a type of a plugin that nobody allowed."""
    found.add(
        "plugin_not_allowed",
        f"{shown(node)} belongs to no plugin that is allowed here",
        node.start,
        node.end,
        f"allow it by name: `--plugin {plugin}` for a command, "
        f'`Registry.builtin().discover(allow=["{plugin}"])` in Python',
    )


def no_branch(
    node: Scalar, choices: Sequence[str], forms: Sequence[str], key: Scalar | None, found: Found
) -> None:
    """A scalar for which both a word out of ``choices`` and one of some ``forms`` would be right."""
    where = f" for `{key.text}`" if key is not None else ""
    forms = [form for form in forms if form in FORMS]
    cures = [cure for form in forms if isinstance(cure := FORMS[form][1](node.text), str)]
    near = nearest(node.text, choices)
    if cures and (not choices or any(char.isdigit() for char in node.text)):
        help = cures[0]
    elif near is not None:
        help = f"did you mean `{near}`?"
    else:
        help = " or ".join([choice(choices), *(FORMS[form][0] for form in forms)])
    found.add("wrong_choice", f"{shown(node)} is no choice{where}", node.start, node.end, help)


def out_of_range(node: Scalar, bounds: str, found: Found) -> None:
    """A number beyond ``bounds`` (``above 0``, ``from 0 to 6``)."""
    found.add(
        "out_of_range", f"{shown(node)} is out of range", node.start, node.end,
        f"write a number {bounds}",
    )  # fmt: skip


def wrong_count(node: Node, bounds: str, key: Scalar | None, found: Found) -> None:
    """A list, a map or a text with too few or too many parts."""
    message = f"{_named(node, key)} must have {bounds}"
    _at_node("wrong_count", message, node, key, found, None)


def wrong_pattern(
    node: Scalar,
    example: object,
    pattern: str,
    found: Found,
    name: str = "written as this place wants it",
) -> None:
    """A text that does not match the pattern of its place; ``name``: what such a text is."""
    help = f"write it like `{example}`" if example is not None else f"it must match `{pattern}`"
    if re.search(pattern, node.text.upper()):
        help = f"write `{node.text.upper()}`"
    message = f"{shown(node)} is not {name}"
    found.add("wrong_form", message, node.start, node.end, help)


def _is_item(node: Node, key: Scalar) -> bool:
    """Whether ``node`` is an item of the list under ``key``, not the value of ``key`` itself."""
    gap = _GAP.match(node.source.text, key.end, node.start)
    return gap is None or gap.end() < node.start


def _named(node: Node, key: Scalar | None) -> str:
    if key is None:
        return "this"
    return f"an entry of `{key.text}`" if _is_item(node, key) else f"`{key.text}`"


def _at_node(
    name: str, message: str, node: Node, key: Scalar | None, found: Found, help: str | None
) -> None:
    """Report at the key of a map or list, which is easier to see than all its lines; else at its start."""
    if key is not None and not _is_item(node, key):
        found.add(name, message, key.start, key.end, help)
        return
    end = min(node.end, node.source.line_end(node.start))
    found.add(name, message, node.start, max(end, node.start), help)
