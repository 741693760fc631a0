"""The directive `picture`: a figure that a script in docs/pictures draws at build.

A script has a function `draw()` that returns a figure of matplotlib in the style of
`spanmatch.plot.style`. It is written twice, for the light theme and for the dark one.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from spanmatch.plot.figure_file import save_figure
from spanmatch.plot.style import CHANCE, CURVE, GRID, INK, OTHERS, SOFT

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

DRAWN = "drawn"
"""The folder, beside the scripts, that pictures are written to."""
ON_DARK = {
    INK: "#e6edf3",
    SOFT: "#9da7b3",
    GRID: "#3d444d",
    OTHERS: "#5a636d",
    CURVE: "#53aeea",
    CHANCE: "#f0883e",
    "#ffffff": "#14181e",  # the background of the theme
    "white": "#14181e",
}
"""The colours of the style that change on a dark page."""


def darken(svg: str) -> str:
    """Return a picture with the colours of the dark theme."""
    pattern = "|".join(map(re.escape, ON_DARK))
    return re.sub(pattern, lambda found: ON_DARK[found[0]], svg)


def find_sources(script: Path, pages: Path) -> list[Path]:
    """Return what a picture follows from: its script, these helpers, the pages whose code it runs.

    A script names them, as `run_page("start/get_started.md", …)`.
    """
    named = re.findall(r'"([\w/]+\.md)"', script.read_text("utf-8"))
    return [script, *Path(__file__).parent.glob("*.py"), *(pages / name for name in named)]


def draw_pictures(app: Sphinx) -> None:
    """Run the scripts, those whose pictures are older than what they follow from."""
    folder = Path(app.srcdir, "pictures")
    (folder / DRAWN).mkdir(exist_ok=True)
    for script in sorted(folder.glob("*.py")):
        light, dark = (folder / DRAWN / f"{script.stem}-{theme}.svg" for theme in ("light", "dark"))
        newest = max(each.stat().st_mtime for each in find_sources(script, Path(app.srcdir)))
        if dark.exists() and dark.stat().st_mtime > newest:
            continue
        getLogger(__name__).info("drawing %s", script.name)
        draw: Callable[[], Any] = runpy.run_path(str(script))["draw"]
        save_figure(draw(), light)
        dark.write_text(darken(light.read_text("utf-8")), "utf-8")


class Picture(SphinxDirective):
    """`{picture} NAME` with `:alt:`, and under it the caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return a figure with both pictures, of which site.css hides one."""
        if "alt" not in self.options:
            raise self.error("a picture needs :alt:, for those who do not see it")
        name = self.arguments[0]
        figure = nodes.figure(classes=["picture"])
        for theme in ("light", "dark"):
            figure += nodes.image(
                uri=f"/pictures/{DRAWN}/{name}-{theme}.svg",
                alt=self.options["alt"],
                # The second tells the theme to leave the picture as it is.
                classes=[f"on-{theme}", "dark-light"],
            )
        for paragraph in self.parse_content_to_nodes():
            figure += nodes.caption("", "", *paragraph.children)
        return [figure]


def setup(app: Sphinx) -> dict[str, Any]:
    """Draw before pages are read."""
    app.connect("builder-inited", draw_pictures)
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
