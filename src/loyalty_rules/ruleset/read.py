"""The whole way from bytes to a checked model."""

from __future__ import annotations

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.report import without_echoes
from loyalty_rules.engine.model import Model
from loyalty_rules.ruleset.build import build_model
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.plugin_schemas import check_schemas
from loyalty_rules.ruleset.schema import json_schema
from loyalty_rules.ruleset.shape import check_shape
from loyalty_rules.ruleset.tree import read_tree
from loyalty_rules.sdk.registry import Registry


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
    text = data.decode("utf-8", "replace")
    findings = Findings(file, found)
    if not isinstance(root, MappingNode):
        return None, findings.all(), text
    for diagnostic in without_echoes(found, check_shape(root, schema_for(registry))):
        findings.keep(diagnostic)
    model = build_model(root, registry, findings)
    return model, findings.all(), text
