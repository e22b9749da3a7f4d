"""Files that are versions of one rule set: checked beside each other, and all of them as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.records import replace
from loyalty_rules.base.report import in_file_order
from loyalty_rules.ruleset.versions import Version, check_versions, in_order
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.checked import Checked, check_text
from loyalty_rules.service.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class CheckedVersions:
    """What checking the versions of one rule set came to: each file, in the order in which they are in
    force, and the whole if there is no mistake."""

    files: tuple[Checked, ...]
    rules: RuleSet | None

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found, file by file."""
        return tuple(one for checked in self.files for one in checked.diagnostics)

    def report(self) -> str:
        """Every finding with its place, as text."""
        reports = (checked.report() for checked in self.files)
        return "\n\n".join(report for report in reports if report)

    def errors(self) -> CheckedVersions:
        """The same without warnings."""
        files = (
            replace(one, diagnostics=tuple(found for found in one.diagnostics if found.is_error))
            for one in self.files
        )
        return replace(self, files=tuple(files))


def check_many(files: Iterable[tuple[bytes, str]], registry: Registry) -> CheckedVersions:
    """Check the texts of files (with the names that reports show) as versions of one rule set.

    Errors: ``PluginError``.
    """
    return checked_together([check_text(data, name, registry) for data, name in files])


def checked_together(found: Sequence[Checked]) -> CheckedVersions:
    """Files that were checked each for itself, as versions of one rule set."""
    ready = [(one, one.rules) for one in found if one.rules is not None]
    if len(ready) < len(found) or len(ready) == 1:
        return CheckedVersions(tuple(found), ready[0][1] if len(found) == len(ready) else None)
    versions = {rules.file: Version(rules.file, one.text, rules.plan.model) for one, rules in ready}
    order = {one.file: place for place, one in enumerate(in_order(list(versions.values())))}
    ready.sort(key=lambda one: order[one[0].file])
    between = check_versions(list(versions.values()))
    files = tuple(
        replace(
            one,
            diagnostics=in_file_order(
                [*one.diagnostics, *(more for more in between if more.file == one.file)]
            ),
        )
        for one, _ in ready
    )
    wrong = any(one.is_error for one in between)
    return CheckedVersions(files, None if wrong else _joined([rules for _, rules in ready]))


def _joined(versions: Sequence[RuleSet]) -> RuleSet:
    """Versions in order as one rule set; it shows the face of the last one."""
    last = versions[-1]
    sources = {name: text for one in versions for name, text in one.sources.items()}
    return RuleSet(last.plan, last.registry, sources, last.file, tuple(versions))
