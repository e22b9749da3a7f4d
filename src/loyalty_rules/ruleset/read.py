"""The whole way from bytes to a checked model."""

from __future__ import annotations

from typing import Final

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.report import without_echoes
from loyalty_rules.engine.model import Model
from loyalty_rules.ruleset.build import build_model
from loyalty_rules.ruleset.decode import BYTES_MAX, DIAGNOSTICS_MAX, too_many
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Scalar, Sequence
from loyalty_rules.ruleset.plugin_schemas import check_schemas
from loyalty_rules.ruleset.schema import json_schema
from loyalty_rules.ruleset.shape import check_shape
from loyalty_rules.ruleset.tree import RULE_SET, read_tree
from loyalty_rules.sdk.registry import Registry

__all__ = ["BYTES_MAX", "read_ruleset", "schema_for"]

ENTRIES_MAX: Final = {
    "programs": 100,
    "events": 200,
    "counters": 1_000,
    "define": 1_000,
    "tables": 1_000,
    "groups": 1_000,
    "rewards": 1_000,
    "rules": 2_000,
}
"""How many things of a sort one file may declare, so that any file is read in half a second."""


_FEWER_RULES: Final = "rules that differ in a value only are one rule with a table of these values"


def schema_for(registry: Registry) -> dict[str, object]:
    """The JSON Schema of rule sets that may name what ``registry`` holds; editors complete by it.

    Errors: ``PluginError`` for a plugin whose own schema is none.
    """
    check_schemas(registry)
    return json_schema(
        {name: kind.schema for name, kind in registry.program_types.items()},
        {name: kind.schema for name, kind in registry.reward_types.items()},
    )


def read_ruleset(
    data: bytes, file: str, registry: Registry
) -> tuple[Model | None, tuple[Diagnostic, ...], str]:
    """The model (None when there is a mistake), every finding in file order, and the decoded text.

    All checks run in one go: a part of the file that is wrong does not hide mistakes in other parts.
    """
    root, found = read_tree(data, file)
    text = data[:BYTES_MAX].decode("utf-8", "replace")
    findings = Findings(file, found)
    model = None
    if isinstance(root, MappingNode) and (other := _other_file(root)) is not None:
        key, what, cure = other
        findings = Findings(file)  # what else would be said of it is said of no rule set
        findings.add("wrong_type", key, f"this is {what}, not a rule set", cure)
    elif isinstance(root, MappingNode) and _is_bounded(root, findings):
        for diagnostic in without_echoes(found, check_shape(root, schema_for(registry))):
            findings.keep(diagnostic)
        if not findings.is_full:
            model = build_model(root, registry, findings)
    elif root is not None and not isinstance(root, MappingNode) and not findings.has_errors:
        findings.add("wrong_type", root, "a rule set must be a map", f"begin with {RULE_SET}")
    return model, _first(findings.all()), text


_OTHER_FILES: Final = {
    "steps": ("a scenario", "run it: `loyalty-rules test FILE`"),
    "occurred_at": (
        "an event",
        "decide it: `loyalty-rules explain RULES EVENT`, or `run` for many",
    ),
    "columns": (
        "a mapping of a CSV export",
        "read with it: `loyalty-rules import MAPPING FILE.csv`",
    ),
}
"""Files of other kinds that are handed in for a rule set, by a key that none lacks."""


def _other_file(root: MappingNode) -> tuple[Scalar, str, str] | None:
    """What a file is that has no key of a rule set: its telling key, its kind, and what it is for."""
    if root.get("ruleset") is not None or root.get("programs") is not None:
        return None
    found = ((root.key(name), kind) for name, kind in _OTHER_FILES.items())
    return next(((key, *kind) for key, kind in found if key is not None), None)


def _is_bounded(root: MappingNode, findings: Findings) -> bool:
    """Whether no section has more entries than are read; one that has is reported and nothing else is."""
    for key, node in root.entries:
        entries_max = ENTRIES_MAX.get(key.text)
        if entries_max is None or not isinstance(node, MappingNode | Sequence):
            continue
        if len(node.entries if isinstance(node, MappingNode) else node.items) > entries_max:
            message = f"more than {entries_max:,} entries under `{key.text}`"
            cure = "split the rule set" if key.text != "rules" else _FEWER_RULES
            findings.add("too_many_values", key, message, cure)
            return False
    return True


def _first(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The mistakes that one run shows; a last one says where there are more."""
    told = tuple(one for one in found if one.name != "too_many_mistakes")
    errors = [number for number, one in enumerate(told) if one.is_error]
    if len(errors) <= DIAGNOSTICS_MAX:
        return found
    shown = told[: errors[DIAGNOSTICS_MAX]]
    return (*shown, too_many(shown[-1]))
