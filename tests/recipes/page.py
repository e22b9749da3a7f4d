"""The recipes of docs/embedding.md as files of a shop, and programs that run beside them."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from loyalty_rules import load, open_ledger

ROOT = Path(__file__).parents[2]
_FILE = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RULES = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files() -> dict[str, str]:
    """Every file that the page shows, by name."""
    text = (ROOT / "docs" / "embedding.md").read_text("utf-8")
    rules = _RULES.search(text)
    assert rules is not None
    return {"rules.yaml": rules[1], **dict(_FILE.findall(text))}


def lay_out(folder: Path) -> Path:
    """A shop of these files, with an empty table of sales."""
    for name, text in files().items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE sales (id TEXT PRIMARY KEY, amount TEXT NOT NULL)")
    connection.close()
    return folder


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
        "PYTHONWARNINGS": "error",
        "SHOP_DATABASE": f"sqlite:///{folder / 'shop.db'}",
        "SHOP_FILE": str(folder / "shop.db"),
        "BROKER_FILE": str(folder / "broker.db"),
    }


def told(folder: Path, program: str, **more: str) -> Any:
    """What a program beside the files prints last, as JSON. It is a process of its own, whose environment
    has ``more`` in it."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**environment(folder), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def order(id: str, amount: str = "10.00", member: str = "m-1", **more: str) -> dict[str, str]:
    """An order as the recipes take it."""
    head = {"id": id, "member": member, "amount": amount, "at": "2026-03-07T10:15:00+01:00"}
    return {**head, **more}


def sales(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "shop.db")
    rows = connection.execute("SELECT id FROM sales ORDER BY id").fetchall()
    connection.close()
    return [str(row[0]) for row in rows]


def stands(folder: Path, url: str = "") -> dict[str, Any]:
    """How the ledger stands, seen from outside."""
    rules = load(folder / "rules.yaml")
    with open_ledger(url or f"sqlite:///{folder / 'shop.db'}", rules, beside=True) as ledger:
        booked = sorted(item.event for item in ledger.statement("m-1").history)
        assert ledger.verify().findings == []
        return {"beans": ledger.balance("m-1")["beans"].total, "booked": booked}
