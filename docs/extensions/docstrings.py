"""How docstrings are read: `x` is code, which links where it is a public name, and |w| a length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import pending_xref

import spanmatch
import spanmatch.torch

if TYPE_CHECKING:
    from docutils.parsers.rst.states import Inliner
    from sphinx.application import Sphinx

PUBLIC = {
    name: f"{module.__name__}.{name}"
    for module in (spanmatch.torch, spanmatch)
    for name in module.__all__
}


def link_name(
    _role: str, rawtext: str, text: str, _line: int, _inliner: Inliner, *_: Any, **__: Any
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return a name, or other code, between single backticks."""
    code = nodes.literal(rawtext, text)
    name, dot, attribute = text.partition(".")
    if name not in PUBLIC:
        return [code], []
    target = f"{PUBLIC[name]}{dot}{attribute}"
    link = pending_xref(rawtext, code, refdomain="py", reftype="obj", reftarget=target)
    return [link], []


def prepare(_app: Sphinx, what: str, _name: str, _of: Any, _how: Any, lines: list[str]) -> None:
    """Escape bars, which would begin a substitution; examples are left as they are.

    Of an attribute, napoleon takes what stands before a colon in the first line for its type: so
    that line becomes a comment.
    """
    lines[:] = [
        line if line.lstrip().startswith((">>>", "...")) else line.replace("|", r"\|")
        for line in lines
    ]
    if what in ("attribute", "property"):
        lines[:0] = ["..", ""]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the role, which `default_role` in conf.py chooses, and read docstrings before others."""
    app.add_role("public_name", link_name)
    app.connect("autodoc-process-docstring", prepare, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
