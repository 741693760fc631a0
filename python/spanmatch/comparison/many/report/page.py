"""The page of a comparison of many networks, made of sentences, tables and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.many.distinct_networks import leave_out_copies
from spanmatch.comparison.many.many_findings import describe_findings
from spanmatch.comparison.many.network_distances import list_shared_layers
from spanmatch.comparison.many.network_tree import has_tree
from spanmatch.comparison.many.report.figures import draw_figures
from spanmatch.comparison.many.report.headline import write_headline
from spanmatch.comparison.many.report.tables import (
    EPS,
    find_columns,
    list_layers,
    list_networks,
    list_sure,
)
from spanmatch.comparison.many.report.warnings import list_notes, list_warnings
from spanmatch.plot.page.template import inline_drawing, load_page
from spanmatch.results.layer_answer import P

if TYPE_CHECKING:
    from spanmatch.comparison.many.many_comparison import ManyComparison
    from spanmatch.comparison.many.report.origin import Origin

ROWS = 300  # The most rows of the table of pairs and layers, which else is left out.


def render_page(many: ManyComparison, origin: Origin) -> str:
    """Return the page as one self-contained HTML file; equal comparisons give equal bytes."""
    # As in the findings, networks that are one file count once.
    distinct = leave_out_copies(many) or many
    layers, sure = list_layers(distinct), list_sure(distinct)
    return load_page("spanmatch.comparison.many.report").render(
        headline=write_headline(distinct),
        findings=describe_findings(many),
        many=many,
        origin=origin,
        networks=list_networks(many, distinct, origin),
        layers=layers,
        shared=list_shared_layers(distinct),
        columns=find_columns(layers),
        levels=EPS,
        p=P,
        figures=[(figure, inline_drawing(figure)) for figure in draw_figures(many)],
        has_tree=has_tree(many),
        sure=sure if len(sure) <= ROWS else [],
        left_out=many.left_out,
        warnings=list_warnings(many),
        notes=list_notes(many),
        versions={"spanmatch": origin.version, "torch": None},
    )
