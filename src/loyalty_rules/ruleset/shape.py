"""The shape of a file: a tree held against a JSON Schema, each mistake once, with its place and cure.

The schema is turned into functions once and then runs over the nodes themselves: a large rule set takes
a fraction of the time of a JSON Schema library, and nothing is said of what the tree marks as broken. The
keywords below are all that the language and most plugins need; a part of a schema with any other keyword
goes to ``foreign_schema``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.ruleset import keywords
from loyalty_rules.ruleset import shape_messages as say
from loyalty_rules.ruleset.branches import Branch, branch_of, is_told_apart
from loyalty_rules.ruleset.decode import Found
from loyalty_rules.ruleset.foreign_schema import exact, explain
from loyalty_rules.ruleset.forms import FORMS, ID
from loyalty_rules.ruleset.keywords import Check, Schema
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence
from loyalty_rules.ruleset.shape_messages import json_type

ANNOTATIONS: Final = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
    }
)
SUPPORTED: Final = ANNOTATIONS | {
    "$ref", "type", "enum", "const", "format", "pattern", "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "items", "minItems", "maxItems",
    "properties", "required", "additionalProperties", "propertyNames", "minProperties",
    "anyOf", "oneOf",
}  # fmt: skip


def check_shape(root: Node, schema: Schema) -> tuple[Diagnostic, ...]:
    """Everything in ``root`` that does not have the shape of ``schema``, in file order."""
    found = Found(root.source)
    Shape(schema).check(root, found)
    return found.in_order()


class Shape:
    """A schema made ready to check. Definitions may refer to themselves."""

    def __init__(self, schema: Schema) -> None:
        self._schema = cast(Schema, exact(schema))
        self._definitions = cast(Mapping[str, Schema], self._schema.get("$defs", {}))
        self._ready: dict[str, Check] = {}
        self._root = self._compile(self._schema)

    def check(self, root: Node, found: Found) -> None:
        """Report to ``found`` what is wrong with ``root``."""
        self._root(root, found, None)

    def resolve(self, schema: Schema) -> Schema:
        """``schema`` itself, or the definition that it is nothing but a reference to."""
        for _ in range(20):
            name = schema.get("$ref")
            if not isinstance(name, str):
                return schema
            target = self._definitions[name.removeprefix("#/$defs/")]
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**target, **rest} if rest else target
        return schema

    def _compile(self, schema: Schema | bool) -> Check:
        if isinstance(schema, bool):
            return keywords.anything if schema else keywords.nothing
        reference = schema.get("$ref")
        if isinstance(reference, str) and not schema.keys() - ANNOTATIONS - {"$ref"}:
            return self._by_name(reference.removeprefix("#/$defs/"))
        schema = self.resolve(schema)
        if not self._is_supported(schema):
            definitions = self._definitions
            return lambda node, found, key: explain(node, schema, definitions, found)
        checks = self._checks(schema)
        types = keywords.types_of(schema)
        form = str(schema.get("format", ""))
        if not types and not checks:
            return keywords.anything
        return keywords.of_type(types, form, tuple(checks))

    def _by_name(self, name: str) -> Check:
        """The check of a definition, made when it is first needed: definitions refer to one another."""

        def check(node: Node, found: Found, key: Scalar | None) -> None:
            ready = self._ready.get(name)
            if ready is None:
                ready = self._ready[name] = self._compile(self._definitions[name])
            ready(node, found, key)

        return check

    def _is_supported(self, schema: Schema) -> bool:
        """Whether this check can run ``schema`` (what is inside of it decides for itself)."""
        if any(key not in SUPPORTED and not key.startswith("x-") for key in schema):
            return False
        branches = self._branches(schema)
        if "anyOf" in schema and "oneOf" in schema:
            return False
        if not self._names(schema).keys() <= {"format", "pattern", "type", *ANNOTATIONS}:
            return False
        if self._names(schema).get("type", "string") != "string":
            return False
        return "oneOf" not in schema or is_told_apart(branches)

    def _names(self, schema: Schema) -> Schema:
        """The schema of a map's keys (all of them texts); none is as good as one that says nothing."""
        names = schema.get("propertyNames", {})
        return self.resolve(cast(Schema, names)) if isinstance(names, Mapping) else {"type": "?"}

    def _branches(self, schema: Schema) -> tuple[Branch, ...]:
        listed = cast(list[Schema], schema.get("anyOf") or schema.get("oneOf") or [])
        return tuple(branch_of(each, self.resolve) for each in listed)

    def _checks(self, schema: Schema) -> list[Check]:
        """One check for each group of keywords that stand in ``schema``."""
        checks = list[Check]()
        if "enum" in schema or "const" in schema:
            checks.append(keywords.choice_of(schema))
        if schema.keys() & {"pattern", "minLength", "maxLength"}:
            checks.append(keywords.text_of(schema))
        form = schema.get("format")
        if isinstance(form, str) and (form in FORMS or form in ("lr-id", "lr-rule-id")):
            checks.append(keywords.written_as(form))
        if schema.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}:
            checks.append(keywords.within(schema))
        if schema.keys() & {"items", "minItems", "maxItems"}:
            checks.append(self._list(schema))
        if schema.keys() & _OF_MAPS:
            checks.append(self._map(schema))
        if "anyOf" in schema or "oneOf" in schema:
            listed = cast(list[Schema], schema.get("anyOf") or schema.get("oneOf"))
            compiled = tuple(self._compile(each) for each in listed)
            checks.append(_alternatives(self._branches(schema), compiled))
        return checks

    def _list(self, schema: Schema) -> Check:
        inner = self._compile(cast(Schema, schema.get("items", True)))
        low, high = int(str(schema.get("minItems", 0))), schema.get("maxItems")

        def check(node: Node, found: Found, key: Scalar | None) -> None:
            if not isinstance(node, Sequence):
                return
            if len(node.items) < low:
                say.wrong_count(
                    node, f"at least {low} entries" if low > 1 else "an entry", key, found
                )
            elif isinstance(high, int) and len(node.items) > high:
                say.wrong_count(node, f"at most {high} entries", key, found)
            for item in node.items:
                if found.is_full:
                    break  # nothing more is told of this file
                inner(item, found, key)

        return check

    def _map(self, schema: Schema) -> Check:
        written = cast(Mapping[str, Schema], schema.get("properties", {}))
        known = {name: self._compile(inner) for name, inner in written.items()}
        required = tuple(cast(list[str], schema.get("required", [])))
        examples = {name: self._example(written.get(name, {})) for name in required}
        more = schema.get("additionalProperties", True)
        closed = more is False
        other = self._compile(cast(Schema, more))
        names = keywords.keys_of(self._names(schema))
        low = int(str(schema.get("minProperties", 0)))

        def check(node: Node, found: Found, key: Scalar | None) -> None:
            if not isinstance(node, MappingNode):
                return
            unknown = list[Scalar]()
            for name, value in node.entries:
                if found.is_full:
                    return
                inner = known.get(name.text)
                if names is not None:
                    names(name, found)
                if inner is not None:
                    inner(value, found, name)
                elif closed:
                    unknown.append(name)
                else:
                    other(value, found, name)
            if unknown or len(node.entries) < len(required) or required:
                _report_keys(node, unknown, known, required, examples, key, found)
            if len(node.entries) < low and not node.incomplete:
                say.wrong_count(
                    node, "an entry" if low == 1 else f"at least {low} entries", key, found
                )

        return check

    def _example(self, schema: Schema) -> object:
        examples = self.resolve(schema).get("examples")
        return examples[0] if isinstance(examples, list) and examples else None


_OF_MAPS: Final = {
    "properties", "required", "additionalProperties", "propertyNames", "minProperties",
}  # fmt: skip


def _report_keys(
    node: MappingNode,
    unknown: list[Scalar],
    known: Mapping[str, Check],
    required: tuple[str, ...],
    examples: Mapping[str, object],
    key: Scalar | None,
    found: Found,
) -> None:
    """Unknown and missing keys; a missing one that an unknown one was meant for is not told twice."""
    written = {name.text for name, _ in node.entries}
    missing = [] if node.incomplete else [name for name in required if name not in written]
    for name in unknown:
        near = say.unknown_key(name, node, key, known, found)
        if near in missing:
            missing.remove(near)
    for absent in missing:
        say.missing_key(absent, node, key, examples[absent], found)


def _alternatives(branches: tuple[Branch, ...], checks: tuple[Check, ...]) -> Check:
    """The one branch that the node can mean; of several, the first that fits, else the nearest."""
    every = frozenset(
        name
        for branch in branches
        for name in branch.types
        if name != "string" or not branch.choices  # a word such as `none` is no text at will
    )
    by_type = {
        name: [at for at, branch in enumerate(branches) if name in branch.types]
        for name in ("object", "array", "string", "number", "integer", "boolean")
    }

    def check(node: Node, found: Found, key: Scalar | None) -> None:
        fitting = by_type[json_type(node)]
        if len(fitting) == 1:
            checks[fitting[0]](node, found, key)
        elif not fitting:
            forms = [branch.form for branch in branches if branch.form]
            say.wrong_type(node, every, forms[0] if forms else "", key, found)
        else:
            _choose(node, [(branches[at], checks[at]) for at in fitting], found, key)

    return check


def _choose(
    node: Node, fitting: list[tuple[Branch, Check]], found: Found, key: Scalar | None
) -> None:
    if isinstance(node, MappingNode) and all(branch.tag is not None for branch, _ in fitting):
        _by_tag(node, fitting, found, key)
        return
    for _, check in fitting:
        probe = Found(node.source)
        check(node, probe, key)
        if not probe.diagnostics:
            return
    if isinstance(node, Scalar):
        choices = [word for branch, _ in fitting for word in branch.choices]
        forms = [branch.form for branch, _ in fitting if branch.form]
        say.no_branch(node, choices, forms, key, found)
        return
    keys = {name.text for name, _ in node.entries} if isinstance(node, MappingNode) else set[str]()
    _, nearest = max(fitting, key=lambda one: len(keys & one[0].keys))
    nearest(node, found, key)


def _by_tag(
    node: MappingNode, fitting: list[tuple[Branch, Check]], found: Found, key: Scalar | None
) -> None:
    """Maps that their ``type`` tells apart."""
    written = node.get("type")
    tags = [str(branch.tag) for branch, _ in fitting]
    if written is None:
        if not node.incomplete:
            say.missing_type(tags, node, key, found)
        return
    if isinstance(written, Scalar) and written.broken:
        return
    for branch, check in fitting:
        if isinstance(written, Scalar) and written.value == branch.tag:
            check(node, found, key)
            return
    plugin, dot, _ = written.text.partition(".") if isinstance(written, Scalar) else ("", "", "")
    known = {tag.partition(".")[0] for tag in tags if "." in tag}
    if isinstance(written, Scalar) and dot and ID.fullmatch(plugin) and plugin not in known:
        say.plugin_not_allowed(written, plugin, found)
        return
    say.wrong_choice(written, tags, node.key("type"), found)
