"""The page of the command line names every command and every option, each where it belongs."""

from __future__ import annotations

import re
from typing import Any

import pytest

typer: Any = pytest.importorskip("typer")

from docs_pages import read_page, split_by_headings  # noqa: E402
from spanmatch.cli.program import app  # noqa: E402

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands
PARTS = split_by_headings("guide/command_line")
OF_FILES = ("spectrum", "simple", "support")


def list_options(command: Any) -> list[str]:
    options = [each for each in command.params if each.param_type_name == "option"]
    spelled = [flag for each in options for flag in (*each.opts, *each.secondary_opts)]
    return [flag for flag in spelled if flag != "--help"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_part_of_its_command(name: str) -> None:
    part = PARTS[name] + (PARTS["files-of-activations"] if name in OF_FILES else "")
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", part))
    assert sorted(set(list_options(COMMANDS[name])) - named) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_named_that_is_not_there(name: str) -> None:
    named = set(re.findall(r"^\| (`--.*?) \|", PARTS[name], re.MULTILINE))
    flags = {flag for cell in named for flag in re.findall(r"`(--[a-z-]+)", cell)}
    assert sorted(flags - set(list_options(COMMANDS[name]))) == []


def test_every_command_is_in_the_first_table() -> None:
    first = read_page("guide/command_line").split("## Exit codes")[0]
    assert set(re.findall(r"`spanmatch ([a-z]+)`", first)) == set(COMMANDS)


def test_every_exit_code_is_there() -> None:
    codes = re.findall(r"^\| (\d+) \|", PARTS["exit-codes"], re.MULTILINE)
    assert codes == ["0", "1", "2", "130", "143"]
