"""Pictures of results, all in one style. This package needs matplotlib.

Read `style` first: the colours, the axes, and how chance and intervals are drawn. Then read
`similarity`, the curves s(ε) with three `bands` under them, and `structure`, the sizes of matches
and support. `figure_file` writes figures to files, and `page` holds what reports share. This
package draws results and does not import from `solve`.
"""
