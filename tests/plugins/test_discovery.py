"""Installed plugins are found by entry points, and nothing that the host did not name is imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import loyalty_rules as lr
from loyalty_rules.domain.errors import PluginError

RIGHT = """
from fractions import Fraction
from loyalty_rules.sdk import NUMBER, FunctionType, hookimpl

@hookimpl
def loyalty_functions():
    return [FunctionType("NAME_half", "a half", (NUMBER,), NUMBER, lambda n: n * Fraction(1, 2))]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, to install packages into."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(site: Path, package: str, code: str, **entry_points: str) -> None:
    """Put a package with entry points where an installer would."""
    (site / f"{package}.py").write_text(code, "utf-8")
    about = site / f"{package}-2.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 2.5\n")
    lines = [f"{name} = {target}" for name, target in entry_points.items()]
    (about / "entry_points.txt").write_text("\n".join(["[loyalty_rules]", *lines, ""]))


def test_an_allowed_plugin_is_imported_with_its_version_and_no_other(site: Path) -> None:
    install(site, "wanted_package", RIGHT.replace("NAME", "wanted"), wanted="wanted_package")
    install(site, "decoy_package", "raise SystemExit('imported')", decoy="decoy_package")
    registry = lr.Registry.builtin().discover(allow=["wanted"])
    assert [(one.name, one.version) for one in registry.plugins] == [("wanted", "2.5")]
    assert "wanted_half" in registry.functions
    assert "wanted_package" in sys.modules
    assert "decoy_package" not in sys.modules


def test_a_rule_set_that_names_an_installed_plugin_imports_nothing(site: Path) -> None:
    install(site, "decoy_package", "raise SystemExit('imported')", decoy="decoy_package")
    rules = site / "rules.yaml"
    rules.write_text(
        'ruleset: s\nversion: "1"\ncurrency: EUR\ntimezone: UTC\n'
        "programs: {p: {type: decoy.program}}\n"
        "rules: [{id: r, event: purchase, give: {type: decoy.gift, program: p}}]\n"
    )
    found = [one.name for one in lr.check(rules)]
    assert found == ["plugin_not_allowed", "plugin_not_allowed"]
    assert "decoy_package" not in sys.modules


def test_nothing_is_allowed_that_was_not_named() -> None:
    shipped = lr.Registry.builtin()
    assert shipped.discover(allow=[]) == shipped
    assert shipped.plugins == ()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise SystemExit('imported')", "it failed: SystemExit: imported"),
        ("raise RecursionError", "it failed: RecursionError"),
        ("import no_such_module_anywhere", "it failed: ModuleNotFoundError"),
        ("def (:", "it failed: SyntaxError"),
        ("", "it has no hook"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_an_error_with_its_name(
    site: Path, code: str, told: str
) -> None:
    package = f"broken_{len(code)}"
    install(site, package, code, broken=package)
    with pytest.raises(PluginError, match=told) as caught:
        lr.Registry.builtin().discover(allow=["broken"])
    assert caught.value.plugin == "broken"


def test_a_name_that_nothing_installed_has_is_told_with_the_nearest(site: Path) -> None:
    install(site, "wanted_package", RIGHT, wanted="wanted_package")
    with pytest.raises(
        PluginError, match="no installed plugin has this name: did you mean `wanted`"
    ):
        lr.Registry.builtin().discover(allow=["wanetd"])


def test_two_packages_with_one_plugin_name_are_an_error_that_names_both(site: Path) -> None:
    install(site, "one_package", RIGHT, twin="one_package")
    install(site, "other_package", RIGHT, twin="other_package")
    with pytest.raises(PluginError, match="`one_package` and `other_package`"):
        lr.Registry.builtin().discover(allow=["twin"])


def test_one_name_is_not_taken_for_a_list_of_letters() -> None:
    with pytest.raises(lr.PluginError, match=r"`allow` is a list of names: `\['skyline'\]`"):
        lr.Registry.builtin().discover(allow="skyline")
