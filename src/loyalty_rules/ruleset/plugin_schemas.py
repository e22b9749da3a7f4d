"""Whether the schemas of plugins are JSON Schema at all, asked before a rule set is held against them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from loyalty_rules.base.suggest import nearest
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.ruleset.schema import REFERABLE
from loyalty_rules.sdk.containment import contained, shown
from loyalty_rules.sdk.registry import BUILT_IN, Registry

if TYPE_CHECKING:
    from collections.abc import Callable


def check_schemas(registry: Registry) -> None:
    """Look through the schemas of every plugin of a registry.

    Errors: ``PluginError`` for the first that is wrong.
    """
    programs = [
        ("loyalty_program_types", name, kind.schema)
        for name, kind in registry.program_types.items()
    ]
    rewards = [
        ("loyalty_reward_types", name, kind.schema) for name, kind in registry.reward_types.items()
    ]
    for hook, name, schema in sorted([*programs, *rewards], key=itemgetter(0, 1)):
        plugin = registry.owner(hook, name)
        if plugin != BUILT_IN:
            fault = partial(PluginError, plugin, hook, "")
            if (reason := contained(partial(schema_fault, schema), fault)) is not None:
                raise fault(f"the schema of `{name}`: {reason}")


def schema_fault(schema: Mapping[str, object]) -> str | None:
    """What is wrong with the schema of a plugin's type; None when nothing is."""
    return next(
        (fault for part in _parts(schema) if (fault := _own_fault(part))), None
    ) or _refused(schema)


def _own_fault(part: Mapping[str, object]) -> str | None:
    """What JSON Schema allows, but not in a part of a larger one."""
    target = part.get("$ref")
    if isinstance(target, str) and f"lr-{target.removeprefix('#/$defs/')}" not in REFERABLE:
        return f"`{shown(target)[1:-1]}` is not a definition of the language"
    form = part.get("format")
    if isinstance(form, str) and form.startswith("lr-") and form not in REFERABLE:
        names = [name.removeprefix("lr-") for name in REFERABLE]
        near = nearest(form.removeprefix("lr-"), names)
        cure = "" if near is None else f": did you mean `lr-{near}`?"
        return f"`{shown(form)[1:-1]}` is not a format of the language{cure}"
    if "$defs" in part or "$id" in part:
        return "it is a part of a larger schema and has no `$defs` and no `$id` of its own"
    pattern = part.get("pattern")
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error as error:
            return f"`{shown(pattern)[1:-1]}` is not a pattern: {error}"
    return None


def _refused(schema: Mapping[str, object]) -> str | None:
    # imported here: it takes a tenth of a second, and only whoever uses plugins needs it
    from jsonschema import Draft202012Validator, SchemaError

    from loyalty_rules.ruleset.foreign_schema import exact

    try:
        cast("Callable[[object], None]", Draft202012Validator.check_schema)(exact(schema))
    except SchemaError as error:
        place = "/".join(str(step) for step in error.absolute_path)
        return f"{error.message} (at `{place}`)" if place else error.message
    return None


def _parts(part: object) -> Iterator[Mapping[str, object]]:
    if isinstance(part, Mapping):
        yield cast("Mapping[str, object]", part)
        for one in part.values():
            yield from _parts(one)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _parts(one)
