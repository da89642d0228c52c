# SPDX-License-Identifier: Apache-2.0
"""Pictures. Only the modules of this folder import matplotlib.

- `live` the lag while it changes
- `still` `timeline` bar charts and histograms; who had which partition when, how a number grew
- `style` size, colours, axes
"""

from helpers.plots.live import LivePlot
from helpers.plots.still import bars, histogram, parts
from helpers.plots.style import Picture
from helpers.plots.timeline import growth, owners

__all__ = ["LivePlot", "Picture", "bars", "growth", "histogram", "owners", "parts"]
