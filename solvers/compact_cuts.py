"""Rows that no plan needs and every relaxation does: covers of lines by more than one stock position.

Where stock positions S hold less than a line wants, what they leave, r, must come from elsewhere or stay out; and a
load elsewhere helps by no more than r, however large it is. With a binary per quantity w_j that reads: sum over loads
outside S of min(j, r) * w_j + unmet >= r. Without it a relaxation takes a third of a shipment of three to fetch one
unit. (Knapsack covers: Carr, Fleischer, Leung & Phillips 2000, https://dl.acm.org/doi/10.5555/338219.338241.)
"""

from __future__ import annotations

import numpy as np

from solvers.compact_arcs import Network, pointers, ragged
from solvers.compact_assembly import Assembly
from solvers.compact_layout import MOST_LEVELS, Layout
from solvers.model import I64, SourcingModel


def cover_rows(model: SourcingModel, network: Network, layout: Layout, assembly: Assembly) -> None:
    """Add covers by one and by two positions of lines whose loads have a binary per quantity.

    1,000 orders x 20 nodes, multi-unit lines, scarce stock: the relaxation rises by half of its distance to the
    optimum (1,260 rows).
    """
    arcs, lines = network.arcs, model.lines
    num_rows = model.num_rows
    line, row = np.divmod(np.unique(arcs.line * num_rows + arcs.row), num_rows)
    stock = model.rows.limit[row]
    small = (stock < lines.quantity[line]) & (lines.quantity[line] <= MOST_LEVELS)
    line, row, stock = line[small], row[small], stock[small]
    one, other = _pairs_within(line)
    left = lines.quantity[line[one]] - stock[one] - stock[other]
    one, other, left = one[left > 0], other[left > 0], left[left > 0]
    covered = np.concatenate([line, line[one]])
    first = np.concatenate([row, row[one]])
    second = np.concatenate([row, row[other]])
    rest = np.concatenate([lines.quantity[line] - stock, left])

    at = assembly.rows(len(covered), lower=rest.astype(np.float64))
    assembly.entries(at, layout.unmet_col[covered], 1.0)
    by_line = np.argsort(arcs.line, kind="stable")
    arc_ptr = pointers(arcs.line, len(lines.item))
    cut, place = ragged(arc_ptr[covered], arc_ptr[covered + 1])
    arc = by_line[place]
    outside = (arcs.row[arc] != first[cut]) & (arcs.row[arc] != second[cut])
    cut, arc = cut[outside], arc[outside]
    entry, part = ragged(layout.part_ptr[arc], layout.part_ptr[arc + 1])
    helps = np.minimum(layout.part_unit[part], rest[cut[entry]]).astype(np.float64)
    assembly.entries(at[cut[entry]], layout.part_col[part], helps)


def _pairs_within(line: I64) -> tuple[I64, I64]:
    """All pairs of entries of one line, the earlier first; entries are sorted by line."""
    end = np.searchsorted(line, line, side="right")
    return ragged(np.arange(len(line), dtype=np.int64) + 1, end.astype(np.int64))
