"""Templates of self-contained pages: a common frame, and the parts of each page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from spanmatch.base.shown_text import show_controls
from spanmatch.base.words import count_of
from spanmatch.plot.page.svg import inline_svg

if TYPE_CHECKING:
    from jinja2 import Template

    from spanmatch.plot.page.drawing import Drawing

SHARED = "spanmatch.plot.page"


def load_page(package: str) -> Template:
    """Return `page.html` of a package, which may extend `base.html` and use `terms.html` from here.

    Values are filled in as text, not as markup. A value that is missing is an error.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, ""), PackageLoader(SHARED, "")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_show,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["count_of"] = count_of
    return environment.get_template("page.html")


def _show(value: object) -> object:
    """Show control characters as escapes: browsers drop some, and others reverse the text."""
    return (
        show_controls(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
    )


def inline_drawing(drawn: Drawing) -> Markup:
    """Return a drawing as part of a page."""
    label = f'aria-label="{escape(show_controls(drawn.title))}"'
    # Safe: matplotlib escapes names in drawings, and the label is escaped here.
    return Markup(inline_svg(drawn.svg, label))
