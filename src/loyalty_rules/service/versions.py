"""Versions by their digest: those at hand, and earlier ones made again from texts that were kept."""

from __future__ import annotations

from threading import Lock

from loyalty_rules.domain.errors import LoyaltyError
from loyalty_rules.service.loading import load_text
from loyalty_rules.service.rule_set import RuleSet


class Versions:
    """Every version of a rule set that was asked for. May be shared between threads."""

    def __init__(self, present: RuleSet) -> None:
        self.present = present
        self._known: dict[str, RuleSet | None] = {one.digest: one for one in present.versions}
        self._lock = Lock()

    def known(self, digest: str) -> bool:
        """Whether `get` can answer without a text."""
        return digest in self._known

    def get(self, digest: str) -> RuleSet | None:
        """The version of that digest; None if it could not be had."""
        return self._known[digest]

    def restore(self, digest: str, file: str, text: str) -> None:
        """Make a version from its text. It is had only if it would still decide as it did then: with the same
        plugins, the same zones, the same meaning of the rules."""
        made: RuleSet | None
        try:
            made = load_text(text, self.present.registry, file)
        except LoyaltyError:
            made = None
        if made is not None and made.digest != digest:
            made = None
        with self._lock:
            self._known[digest] = made

    def lost(self, digest: str) -> None:
        """Nobody has the text of that version."""
        with self._lock:
            self._known[digest] = None
