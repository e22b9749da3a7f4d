"""How a refusal travels inside the engine; ``decide`` turns it into an outcome."""

from __future__ import annotations

from loyalty_rules.engine.plan import Refusal


class Refused(Exception):  # noqa: N818 (no error: an event that is answered with a refusal)
    """The event cannot be decided under this rule set. Never leaves the engine."""

    def __init__(self, code: str, path: str, reason: str) -> None:
        super().__init__(code, path, reason)
        self.refusal = Refusal(code, path, reason)
