"""The commands the pages show are such that the command understands them; links lead somewhere."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
from tests.docs.pages import ROOT, blocks, read

from regard.cli.main import app

PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))


def shown(program: str) -> list[list[str]]:
    """The lines of the pages' shell blocks that call a program, in words, without comments."""
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    words = [shlex.split(line, comments=True) for line in lines]
    return [line for line in words if line and line[0] == program]


def test_every_line_calls_something_known():
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    programs = {line.split()[0] for line in lines if line.strip()}
    assert programs <= {"regard", "make", "pip", "python"}


@pytest.mark.parametrize("line", shown("python"), ids=" ".join)
def test_a_script_and_its_options_are_there(line):
    _, script, *arguments = line
    source = (ROOT / script).read_text(encoding="utf-8")
    options = [argument for argument in arguments if argument.startswith("--")]
    assert [option for option in options if f'"{option}"' not in source] == []


@pytest.mark.parametrize("line", shown("regard"), ids=" ".join)
def test_regard_understands(line):
    command = typer.main.get_command(app)
    _, verb, *arguments = line
    assert verb in command.commands
    command.commands[verb].make_context(verb, arguments)  # raises where an option is unknown


def test_make_knows_its_targets():
    targets = re.findall(r"^([\w-]+):", read("Makefile"), flags=re.MULTILINE)
    for _, *arguments in shown("make"):
        assert {word for word in arguments if "=" not in word} <= set(targets)


def anchors(page: str) -> set[str]:
    """The places of a page that can be linked to, named as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", read(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_within_the_project_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert target.exists(), f"{page}: {link} leads nowhere"
        if anchor:
            place = str(target.relative_to(ROOT))
            assert anchor in anchors(place), f"{page}: {link} leads to no heading"
