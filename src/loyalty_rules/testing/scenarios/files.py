"""Scenario files on the disk, and the rule sets beside them."""

from __future__ import annotations

import os.path
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.checked import Checked, check_text
from loyalty_rules.service.checked_versions import CheckedVersions, checked_together
from loyalty_rules.service.finding import files_in, read, rule_sets_in
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
    """Rule sets by path, each file read and checked once. ``registry``: what they may use; ``base``: the
    folder from which on reports name files (default: as they were named by the caller)."""

    def __init__(self, registry: Registry, base: Path | None = None) -> None:
        self._registry = registry
        self._base = base
        self._files: dict[Path, Checked] = {}
        self._sets: dict[tuple[Path, ...], CheckedVersions] = {}

    def rule_set(self, *paths: Path) -> CheckedVersions:
        """The rule set in a file, or in several that are its versions.

        Errors: ``OSError``, ``PluginError``.
        """
        places = tuple(path.resolve() for path in paths)
        if places not in self._sets:
            self._sets[places] = checked_together([self._file(path) for path in paths])
        return self._sets[places]

    def rule_sets(self, folder: Path) -> list[CheckedVersions]:
        """Every rule set in a folder and below. Errors: ``OSError``, ``PluginError``."""
        found = defaultdict[Path, list[Path]](list)
        for path in rule_sets_in(folder):
            found[path.parent].append(path)
        return [one for paths in found.values() for one in self._families(paths)]

    def scenario(self, path: Path) -> ReadScenario:
        """The scenario in a file, with its rule set. Errors: ``OSError``, ``PluginError``."""
        return read_scenario(
            read(path), self._name(path), lambda written: self._rules_of(path.parent, written)
        )

    def _file(self, path: Path) -> Checked:
        place = path.resolve()
        if place not in self._files:
            self._files[place] = check_text(read(path), self._name(path), self._registry)
        return self._files[place]

    def _families(self, paths: list[Path]) -> list[CheckedVersions]:
        """Files of one folder: those with one id are versions of one rule set. A file with a mistake may be
        any of them, so it stands in the way of all."""
        ids = {path: self._file(path).rules for path in paths}
        if None in ids.values():
            return [self.rule_set(*paths)]
        found = defaultdict[str, list[Path]](list)
        for path, rules in ids.items():
            found[rules.id if rules is not None else ""].append(path)
        return [self.rule_set(*family) for family in found.values()]

    def _name(self, path: Path) -> str:
        if self._base is not None and path.is_relative_to(self._base):
            path = path.relative_to(self._base)
        return str(path)

    def _rules_of(self, folder: Path, written: str) -> CheckedVersions | NoRules:
        there = Path(os.path.normpath(folder / written))
        if there.is_dir():
            found = rule_sets_in(there, below=False)
            families = self._families(found) if found else []
            if len(families) == 1:
                return families[0]
            if found:
                names = ", ".join(f"`{path.name}`" for path in found)
                message = f"there are several rule sets in the folder: {names}"
                return NoRules(message, f"write `rules: {found[0].name}`, or another of them")
            help = "write `rules:` and the path of the rule set, from this file's folder on"
            return NoRules("there is no rule set in the folder of this scenario", help)
        if not there.is_file():
            message = f"there is no file `{written}`"
            return NoRules(message, "write the path of a rule set, from this file's folder on")
        return self.rule_set(there)
