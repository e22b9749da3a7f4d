"""The single keywords of a JSON Schema as functions over nodes: type, choice, text, number, keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import cast

from loyalty_rules.ruleset import shape_messages as say
from loyalty_rules.ruleset.decode import Found
from loyalty_rules.ruleset.forms import ID, RULE_ID
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar
from loyalty_rules.ruleset.shape_messages import json_type

Schema = Mapping[str, object]
Check = Callable[[Node, Found, Scalar | None], None]
"""``check(node, found, key)``: ``key`` is the key that the node, or the list it is in, stands under."""


def anything(node: Node, found: Found, key: Scalar | None) -> None:
    """The check of a schema that says nothing."""


def nothing(node: Node, found: Found, key: Scalar | None) -> None:
    """The check of the schema ``false``."""
    if not (isinstance(node, Scalar) and node.broken):
        say.wrong_count(node, "no value here", key, found)


def types_of(schema: Schema) -> frozenset[str]:
    written = schema.get("type", [])
    types = {written} if isinstance(written, str) else set(cast(list[str], written))
    return frozenset(types | {"integer"}) if "number" in types else frozenset(types)


def of_type(types: frozenset[str], form: str, checks: tuple[Check, ...]) -> Check:
    """``checks``, if the node is of one of ``types`` (none: of any)."""

    def check(node: Node, found: Found, key: Scalar | None) -> None:
        if isinstance(node, Scalar) and node.broken:
            return
        if types and json_type(node) not in types:
            if isinstance(node, MappingNode) and node.incomplete and not node.entries:
                return  # a template such as `{{ n }}`, and reported as that
            say.wrong_type(node, types, form, key, found)
            return
        for each in checks:
            each(node, found, key)

    return check


def choice_of(schema: Schema) -> Check:
    """One of the values of ``enum``, or the one of ``const``; ``description`` helps who wrote another."""
    values = cast(list[object], schema.get("enum", [schema.get("const")]))
    allowed = {
        (isinstance(value, bool), value) for value in values if not isinstance(value, list | dict)
    }
    words = [value for value in values if isinstance(value, str)]
    written = schema.get("description")
    help = written if isinstance(written, str) else None

    def check(node: Node, found: Found, key: Scalar | None) -> None:
        value = node.value if isinstance(node, Scalar) else None
        if value is None or (isinstance(value, bool), value) not in allowed:
            say.wrong_choice(node, words or [str(each) for each in values], key, found, help)

    return check


def text_of(schema: Schema) -> Check:
    written = schema.get("pattern")
    pattern = re.compile(written) if isinstance(written, str) else None
    low, high = int(str(schema.get("minLength", 0))), schema.get("maxLength")
    examples = cast(list[object], schema.get("examples", []))
    name = str(schema.get("title") or "written as this place wants it")

    def check(node: Node, found: Found, key: Scalar | None) -> None:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            return
        if len(node.text) < low:
            say.wrong_count(node, "a character" if low == 1 else f"{low} characters", key, found)
        elif isinstance(high, int) and len(node.text) > high:
            say.wrong_count(node, f"at most {high} characters", key, found)
        elif pattern is not None and not pattern.search(node.text):
            say.wrong_pattern(node, examples[0] if examples else None, pattern.pattern, found, name)

    return check


def written_as(form: str) -> Check:
    def check(node: Node, found: Found, key: Scalar | None) -> None:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            say.wrong_form(node, form, found)

    return check


def within(schema: Schema) -> Check:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    words = [
        f"{word} {bound}"
        for word, bound in (("above", above), ("from", low), ("below", below), ("to", high))
        if bound is not None
    ]
    bounds = " ".join(words) if len(words) > 1 else f"of at {'least' if high is None else 'most'} "
    bounds = bounds + str(high if low is None else low) if len(words) == 1 else bounds
    bounds = words[0] if len(words) == 1 and (low, high) == (None, None) else bounds

    def check(node: Node, found: Found, key: Scalar | None) -> None:
        number = node.number if isinstance(node, Scalar) else None
        if number is None or not isinstance(node, Scalar):
            return
        fits = (
            (low is None or number >= cast(int, low))
            and (high is None or number <= cast(int, high))
            and (above is None or number > cast(int, above))
            and (below is None or number < cast(int, below))
        )
        if not fits:
            say.out_of_range(node, bounds, found)

    return check


def keys_of(schema: Schema) -> Callable[[Scalar, Found], None] | None:
    """The check of a map's keys, or None."""
    form, pattern = schema.get("format"), schema.get("pattern")
    if form in ("lr-id", "lr-rule-id"):
        shape = ID if form == "lr-id" else RULE_ID
    elif isinstance(pattern, str):
        compiled = re.compile(pattern)
        examples = cast(list[object], schema.get("examples", []))
        example = examples[0] if examples else None

        def matches(key: Scalar, found: Found) -> None:
            if not compiled.search(key.text):
                say.wrong_pattern(key, example, compiled.pattern, found)

        return matches
    else:
        return None

    def is_id(key: Scalar, found: Found) -> None:
        if not shape.fullmatch(key.text):
            say.wrong_form(key, str(form), found)

    return is_id
