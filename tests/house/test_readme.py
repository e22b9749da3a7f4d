"""The quickstart of README.md, run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_quickstart_prints_what_it_promises(tmp_path: Path) -> None:
    """The first YAML block is the rule set; all Python blocks are one program."""
    text = (ROOT / "README.md").read_text("utf-8")
    (rules, *_), program = (
        re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
        for language in ("yaml", "python")
    )
    (tmp_path / "rules.yaml").write_text(rules, "utf-8")
    words = [sys.executable, "-c", "".join(program)]
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    lines = run.stdout.splitlines()
    assert lines[0] == "54"
    assert lines[-3:] == ["booked", "54", "duplicate"]
