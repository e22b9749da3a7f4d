"""Versions by their digest: those at hand, and earlier ones made again from texts that were kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice
from threading import Lock
from typing import Final

from loyalty_rules.domain.errors import LoyaltyError
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.loading import load_text
from loyalty_rules.service.rule_set import RuleSet

REGISTRIES_MAX: Final = 32
"""So many sets of plugins are tried to make an earlier version again; each costs one load of its text."""


class Versions:
    """Every version of a rule set that was asked for. May be shared between threads. ``concerns_others``: by
    one of them, what one member does may concern another. ``scales`` are those of the programs of all
    versions at hand."""

    def __init__(self, present: RuleSet) -> None:
        self.present = present
        self._known: dict[str, RuleSet | None] = {one.digest: one for one in present.versions}
        self.concerns_others = present.concerns_others
        self.scales = {one.id: one.scale for one in present.accounts}
        self._lock = Lock()

    def known(self, digest: str) -> bool:
        """Whether `get` can answer without a text."""
        return digest in self._known

    def get(self, digest: str) -> RuleSet | None:
        """The version of that digest; None if it could not be had."""
        return self._known[digest]

    def restore(self, digest: str, file: str, text: str) -> None:
        """Make a version from its text. It is had only if it would still decide as it did then: with the
        plugins that were there, the same zones, the same meaning of the rules."""
        made = next(self._makings(digest, file, text), None)
        if made is not None:
            self.meet(made)
        with self._lock:
            self._known[digest] = made

    def meet(self, rules: RuleSet) -> None:
        """Rules are asked that may be none of these."""
        if rules.concerns_others:
            self.concerns_others = True

    def _makings(self, digest: str, file: str, text: str) -> Iterator[RuleSet]:
        """A plan knows every plugin that was there when it was made, so plugins that came later are left out
        again."""
        for registry in islice(_registries(self.present.registry), REGISTRIES_MAX):
            try:
                made = load_text(text, registry, file)
            except LoyaltyError:
                continue
            if made.digest == digest:
                yield made

    def lost(self, digest: str) -> None:
        """Nobody has the text of that version."""
        with self._lock:
            self._known[digest] = None


def _registries(present: Registry) -> Iterator[Registry]:
    """A registry, and what it was before some of its plugins came: fewest left out first."""
    names = [plugin.name for plugin in present.plugins]
    for size in range(len(names) + 1):
        for gone in combinations(names, size):
            yield present.without(gone) if gone else present
