"""How Sphinx builds the site: `make docs`.

Nothing is fetched, neither at build nor when a page is viewed: the theme brings its fonts and
scripts, formulas are MathML, and pictures are drawn here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

import spanmatch
import spanmatch.torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))
matplotlib.use("agg")

project = "spanmatch"
author = "The spanmatch developers"
copyright = f"2026, {author}"  # noqa: A001  (Sphinx calls it so)
version = release = spanmatch.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "docstrings",
    "mathml",
    "pictures",
]
exclude_patterns = ["_build", "gallery/**/*.ipynb"]
templates_path = ["_templates"]

# Markdown. Headings are targets of links, which the build checks.
myst_enable_extensions = ["attrs_block", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_allow_space = False
myst_dmath_allow_digits = False

# The reference. In docstrings single backticks mean code, and link where there is something to
# link to.
default_role = "public_name"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"  # with their class they do not fit beside the page
napoleon_google_docstring = False
napoleon_use_rtype = False
# Results and the functions that give them differ in a capital alone, which some file systems do
# not tell apart.
autosummary_filename_map = {
    f"spanmatch.{name}": f"spanmatch.{name}_class"
    for name in spanmatch.__all__
    if name[0].isupper()
}

# The gallery.
sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples" / "gallery"),
    "gallery_dirs": "gallery",
    # What scripts share is no example.
    "ignore_pattern": r"^digit_networks\.py$",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 60,
    "reset_modules": ("matplotlib",),
}

# The pages.
html_theme = "pydata_sphinx_theme"
html_context = {"default_mode": "auto"}
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = "spanmatch"
html_show_sourcelink = False
html_copy_source = False
html_sidebars: dict[str, list[str]] = {"cite": [], "changelog": []}
html_theme_options = {
    "logo": {"text": "spanmatch"},
    "icon_links": [
        {
            "name": "GitHub",
            "url": "https://github.com/spanmatch/spanmatch",
            "icon": "fa-brands fa-github",
        }
    ],
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
}
