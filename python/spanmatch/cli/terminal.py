"""The output of commands: lines and tables without control sequences of a terminal.

Names come from files and models, and errors from other libraries. They may hold control sequences,
which could change the colours or the title of the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from spanmatch.base.shown_text import show_controls

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


def echo(text: object = "", *, err: bool = False) -> None:
    """Print results; with `err`, print other lines on standard error."""
    typer.echo(show_controls(str(text)), err=err)


def show(shown: RenderableType) -> None:
    """Print a table, or anything else that rich lays out."""
    from rich.console import Console

    class _Console(Console):
        # Every text passes through here, also the cells of tables.
        def render_str(self, text: str, **options: object) -> Text:
            return super().render_str(show_controls(text), **options)  # type: ignore[arg-type]

    _Console(highlight=False, markup=False).print(shown)
