"""Scenario files on the disk, and the rule sets beside them."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.finding import files_in, read, rule_sets_in
from loyalty_rules.service.loading import Checked, check_text
from loyalty_rules.testing.scenarios.read import NoRules, ReadScenario, read_scenario

ENDINGS: Final = (".scenario.yaml", ".scenario.yml")
"""How the name of a scenario file ends."""


def is_scenario(path: Path) -> bool:
    """Whether a file is one by its name."""
    return path.name.endswith(ENDINGS)


def scenario_files(paths: Iterable[Path]) -> list[Path]:
    """The files named, and of every folder the scenario files in it and below, by name.

    Errors: ``OSError`` for a folder that cannot be read.
    """
    found = list[Path]()
    for path in paths:
        found += sorted(files_in(path, ENDINGS)) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


class Library:
    """Rule sets by path, each read and checked once. ``registry``: what they may use; ``base``: the folder
    from which on reports name files (default: as they were named by the caller)."""

    def __init__(self, registry: Registry, base: Path | None = None) -> None:
        self._registry = registry
        self._base = base
        self._known: dict[Path, Checked] = {}

    def rules(self, path: Path) -> Checked:
        """The rule set in a file. Errors: ``OSError``, ``PluginError``."""
        place = path.resolve()
        if place not in self._known:
            self._known[place] = check_text(read(path), self._name(path), self._registry)
        return self._known[place]

    def scenario(self, path: Path) -> ReadScenario:
        """The scenario in a file, with its rule set. Errors: ``OSError``, ``PluginError``."""
        return read_scenario(
            read(path), self._name(path), lambda written: self._rules_of(path.parent, written)
        )

    def _name(self, path: Path) -> str:
        if self._base is not None and path.is_relative_to(self._base):
            path = path.relative_to(self._base)
        return str(path)

    def _rules_of(self, folder: Path, written: str) -> Checked | NoRules:
        there = Path(os.path.normpath(folder / written))
        if there.is_dir():
            found = rule_sets_in(there, below=False)
            if len(found) == 1:
                return self.rules(found[0])
            if found:
                names = ", ".join(f"`{path.name}`" for path in found)
                message = f"there are several rule sets in the folder: {names}"
                return NoRules(message, f"write `rules: {found[0].name}`, or another of them")
            help = "write `rules:` and the path of the rule set, from this file's folder on"
            return NoRules("there is no rule set in the folder of this scenario", help)
        if not there.is_file():
            message = f"there is no file `{written}`"
            return NoRules(message, "write the path of a rule set, from this file's folder on")
        return self.rules(there)
