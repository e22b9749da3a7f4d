"""The errors that this package raises, by whose fault it is: a designer's, a caller's, a plugin's.

Anything else that escapes is a mistake of ours. A refusal of a *member* (too few points) is never
an error: it is a receipt.
"""

from __future__ import annotations

from loyalty_rules.base.diagnostics import Diagnostic


class LoyaltyError(Exception):
    """Everything that this package raises on purpose."""


class RulesError(LoyaltyError):
    """The designer's: a rule set with mistakes, all of them at once.

    ``diagnostics`` are the mistakes as values; ``report`` is their text, ready to be shown.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], report: str) -> None:
        super().__init__(diagnostics, report)
        self.diagnostics = diagnostics
        self.report = report

    def __str__(self) -> str:
        return self.report


class EventError(LoyaltyError):
    """The caller's: an event that was not understood, and changes nothing.

    ``code`` is a stable word; ``path`` points into the event (``lines[0].amount``; empty: the event
    as a whole); ``reason`` is one sentence for a person.
    """

    def __init__(self, code: str, path: str, reason: str) -> None:
        super().__init__(code, path, reason)
        self.code = code
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        place = f" at `{self.path}`" if self.path else ""
        return f"{self.code}{place}: {self.reason}"


class ConflictingEvent(EventError):  # noqa: N818 (the name is public and says what happened)
    """An id that stands for other content already: the caller used one id twice."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__("conflicting_event", path, reason)
        self.args = (path, reason)  # what a copy or a pickle hands to this class again


class PluginError(LoyaltyError):
    """The plugin author's: a plugin raised, or returned what it may not return.

    ``rule`` is the id of the rule that asked; empty while plugins are loaded.
    """

    def __init__(self, plugin: str, hook: str, rule: str, reason: str) -> None:
        super().__init__(plugin, hook, rule, reason)
        self.plugin = plugin
        self.hook = hook
        self.rule = rule
        self.reason = reason

    def for_rule(self, rule: str) -> PluginError:
        """The same fault with the rule that asked; a rule that is named already stays."""
        return PluginError(self.plugin, self.hook, self.rule or rule, self.reason)

    def __str__(self) -> str:
        asked = f" for rule `{self.rule}`" if self.rule else ""
        return f"plugin `{self.plugin}`, {self.hook}{asked}: {self.reason}"


class LedgerError(LoyaltyError):
    """The store's: it could not be opened, read or written. What was not acknowledged is not booked."""


class Retry(LedgerError):  # noqa: N818 (the name is public and says what to do)
    """Somebody else was writing: the same call may succeed when it is made again."""


class CorruptLedger(LedgerError):  # noqa: N818 (the name is public and says what is the matter)
    """What stands in the store is not what was written there. Nothing is decided on top of it."""
