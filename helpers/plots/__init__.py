# SPDX-License-Identifier: Apache-2.0
"""Pictures. Only the modules of this folder import matplotlib.

- `live` the lag, or what `reconcile` finds, while it changes
- `lines` what is drawn of it
- `still` `timeline` `grid` bar charts and histograms; who had which partition when, how a number grew; a table with coloured cells
- `style` size, colours, axes
"""

from helpers.plots.grid import grid
from helpers.plots.live import LivePlot
from helpers.plots.still import bars, histogram, parts
from helpers.plots.style import Picture
from helpers.plots.timeline import growth, owners

__all__ = ["LivePlot", "Picture", "bars", "grid", "growth", "histogram", "owners", "parts"]
