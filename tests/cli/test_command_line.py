"""The command line as a whole: help, version, terminals of every kind, interruptions."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from loyalty_rules.cli import main
from tests.cli.conftest import EVENTS, RULES, Run, purchase, start, write_events

COMMANDS = sorted(main.commands)


def test_these_are_the_commands() -> None:
    shown = "advance check codes db draw explain holdout import ledger member quote report run settle test"
    assert shown.split() == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_its_exit_codes(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    text = result.stdout
    assert f"  Example:\n    loyalty-rules {command} " in text
    assert "Exit: 0 " in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version").stdout == f"loyalty-rules, version {version('loyalty-rules')}\n"


def test_an_unknown_command_is_wrong_use(run: Run) -> None:
    assert run("decide").exit_code == 2


def test_python_dash_m_is_the_same_command(folder: Path) -> None:
    process = start("check", "rules.yaml")
    out, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, b"")
    assert out.endswith(b"no mistakes\n")


def test_a_terminal_without_letters_gets_escapes(folder: Path) -> None:
    rules = RULES.replace("A small club", "Caf\u00e9 \u0686\u0627\u06cc")
    (folder / "rules.yaml").write_text(rules, "utf-8")
    process = start("run", "rules.yaml", "year.jsonl", PYTHONIOENCODING="ascii")
    out, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, b"")
    assert out.startswith(b"Caf\\xe9 \\u0686\\u0627\\u06cc (club 1)")


def test_a_reader_who_goes_away_is_not_told_so(folder: Path) -> None:
    with start("check", "rules.yaml", "--format", "json") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 141
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk at hand")
@pytest.mark.parametrize(
    "command", [["check", "rules.yaml"], ["run", "rules.yaml", "year.jsonl"], ["--help"]]
)
def test_a_full_disk_is_told_in_one_line(folder: Path, command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "loyalty_rules", *command], stdout=full, stderr=subprocess.PIPE
        )
    assert (done.returncode, done.stderr) == (
        2,
        b"`standard output`: no space left on device\n",
    )


@pytest.mark.skipif(os.name != "posix", reason="started without standard input, as a daemon may")
@pytest.mark.parametrize("command", ["run", "explain"])
def test_without_standard_input_there_is_none_to_read(folder: Path, command: str) -> None:
    line = f"{sys.executable} -m loyalty_rules {command} rules.yaml - <&-"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.endswith("Error: `standard input`: there is none\n")


def test_an_interruption_while_the_program_is_being_loaded_leaves_no_traceback() -> None:
    """Ctrl-C at the import of the first foreign package, where it costs most."""
    program = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *places):\n"
        "        if name == 'click':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from loyalty_rules_command import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nstopped\n")


WRONG_USE = [
    pytest.param(["explain", "rules.yaml", "none.json"], 2, "none.json", id="no such event"),
    pytest.param(["explain", "rules.yaml", "year.jsonl", "--plugin", "x"], 2, "x", id="no plugin"),
    pytest.param(["explain", "rules.yaml"], 2, "EVENT", id="an argument is missing"),
    pytest.param(["explain", "rules.yaml", "bad.json"], 1, "JSON", id="a broken event"),
    pytest.param(["import", "none.yaml", "a.csv", "--out", "b"], 2, "none.yaml", id="no mapping"),
    pytest.param(["run", "rules.yaml", "none.jsonl"], 2, "none.jsonl", id="no events"),
]


@pytest.mark.parametrize(("words", "exit_code", "named"), WRONG_USE)
@pytest.mark.parametrize("form", [["--format", "json"], ["--format=json"]], ids=len)
def test_a_program_that_asks_for_json_is_told_in_json_what_is_wrong(
    run: Run, folder: Path, words: list[str], exit_code: int, named: str, form: list[str]
) -> None:
    (folder / "bad.json").write_text("{")
    done = run(*words, *form)
    told = json.loads(done.stdout)["error"]
    assert (done.exit_code, told["exit"], done.stderr) == (exit_code, exit_code, "")
    assert named in told["message"]


def test_mistakes_in_the_rules_are_told_as_json_too(run: Run, folder: Path) -> None:
    (folder / "wrong.yaml").write_text("ruleset: club\n")
    (folder / "event.json").write_text(json.dumps(EVENTS[0]))
    done = run("explain", "wrong.yaml", "event.json", "--format", "json")
    found = json.loads(done.stdout)["diagnostics"]
    assert done.exit_code == 1 and {one["code"] for one in found} == {"LR031"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interruption_leaves_no_half_file(folder: Path) -> None:
    (folder / "out.jsonl").write_text("what stood here before\n")
    before = sorted(path.name for path in folder.iterdir())
    with start("run", "rules.yaml", "-", "--decisions", "out.jsonl") as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write(json.dumps(EVENTS[0]).encode() + b"\n")
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while len(list(folder.iterdir())) == len(before) and time.monotonic() < deadline:
            time.sleep(0.01)  # until the new file is begun beside the old one
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert process.stderr.read() == b"\nstopped\n"
    assert sorted(path.name for path in folder.iterdir()) == before
    assert (folder / "out.jsonl").read_text() == "what stood here before\n"


def test_no_bar_is_drawn_where_nobody_looks(run: Run, folder: Path) -> None:
    write_events(folder / "year.jsonl", [purchase(f"e-{n}", 1, "1.00") for n in range(600)])
    assert run("run", "rules.yaml", "year.jsonl").stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_a_bar_is_drawn_for_somebody_at_a_terminal(folder: Path) -> None:
    import pty

    write_events(folder / "year.jsonl", [purchase(f"e-{n}", 1, "1.00") for n in range(1200)])
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "loyalty_rules", "run", "rules.yaml", "year.jsonl"]
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        drawn = b""
        with contextlib.suppress(OSError):  # how a pseudo-terminal says that it was closed
            while read := os.read(ours, 4096):
                drawn += read
        assert process.stdout is not None
        assert process.stdout.read().startswith(b"A small club")
        assert process.wait(timeout=60) == 0
    os.close(ours)
    assert b"deciding" in drawn


def test_every_option_says_what_it_is() -> None:
    for command in main.commands.values():
        options = [one for one in command.params if isinstance(one, click.Option)]
        assert all(one.help for one in options), command.name
