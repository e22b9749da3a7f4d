"""Schemas with more in them than our own check knows: ``jsonschema`` judges, and we say where.

Our own check runs the keywords that the language and most plugins need, with places and cures and fast.
A part of a plugin's schema that holds any other keyword comes here, together with the part of the file
that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from loyalty_rules.ruleset.decode import Found
from loyalty_rules.ruleset.forms import FORMS, ID, RULE_ID
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def plain(node: Node) -> object:
    """A node without places: dicts, lists, texts, exact numbers, bools."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node]
    return {key.text: plain(value) for key, value in node}


def is_whole(node: Node) -> bool:
    """Whether nothing in ``node`` was lost to a mistake that is reported already."""
    if isinstance(node, Scalar):
        return not node.broken
    if isinstance(node, Sequence):
        return all(is_whole(item) for item in node)
    return not node.incomplete and all(is_whole(value) for _, value in node)


def validator(schema: Mapping[str, object]) -> Validator:
    """A jsonschema validator that knows our formats and compares numbers exactly."""
    # Imported here: it takes a tenth of a second, and neither ``import loyalty_rules`` nor the deciding
    # of an event, nor the reading of most rule sets, ever needs it.
    from jsonschema import Draft202012Validator, FormatChecker, validators

    formats = FormatChecker(formats=())
    for name in (*FORMS, "lr-id", "lr-rule-id"):
        formats.checks(name)(_form_check(name))
    numbers = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": _is_number, "integer": lambda _, value: type(value) is int}
    )
    extend = cast(Any, validators.extend)
    kind = extend(Draft202012Validator, type_checker=numbers)
    return cast("Validator", kind(cast(Any, exact(schema)), format_checker=formats))


def explain(
    node: Node, schema: Mapping[str, object], definitions: Mapping[str, object], found: Found
) -> None:
    """Report what jsonschema finds wrong with ``node``; silent where a mistake is reported already."""
    if not is_whole(node):
        return
    whole = {**schema, "$defs": definitions}
    for error in _innermost(validator(whole).iter_errors(cast(Any, plain(node)))):
        place = _follow(node, error.absolute_path)
        end = min(place.end, place.source.line_end(place.start))
        wants = error.schema.get("description") if isinstance(error.schema, Mapping) else None
        found.add(
            "wrong_value", f"this does not fit `{error.validator}` of its schema",
            place.start, max(end, place.start),
            str(wants) if wants else _bound(str(error.validator), error.validator_value),
        )  # fmt: skip


def exact(schema: object) -> object:
    """``schema`` with its floats as the decimals that were written."""
    if isinstance(schema, float):
        return Decimal(repr(schema))
    if isinstance(schema, Mapping):
        return {key: exact(value) for key, value in cast(Mapping[str, object], schema).items()}
    if isinstance(schema, list | tuple):
        return [exact(each) for each in cast(list[object], schema)]
    return schema


def _form_check(name: str) -> Any:
    def check(value: object) -> bool:
        if not isinstance(value, str):
            return True
        if name in FORMS:
            return not isinstance(FORMS[name][1](value), str)
        return (ID if name == "lr-id" else RULE_ID).fullmatch(value) is not None

    return check


def _is_number(_: object, value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _innermost(errors: Iterable[Any]) -> Iterator[Any]:
    """The errors that say most: of alternatives, those of the one that fits best."""
    from jsonschema.exceptions import best_match

    for error in errors:
        yield best_match([error]) if error.context else error


def _follow(node: Node, path: Iterable[str | int]) -> Node:
    for step in path:
        if isinstance(node, Sequence) and isinstance(step, int):
            node = node.items[step]
        elif isinstance(node, MappingNode):
            inner = node.get(str(step))
            if inner is None:
                return node
            node = inner
    return node


def _bound(keyword: str, value: object) -> str | None:
    simple = isinstance(value, int | Decimal | str) and not isinstance(value, bool)
    return f"its schema says `{keyword}: {value}`" if simple else None
