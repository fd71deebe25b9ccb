"""What the pictures of a comparison have in common: the colours of its contenders."""

from __future__ import annotations

OTHERS = "#d3d6dc"  # the curves of the other contenders
COLOUR = "#2563af"  # the contender of a panel
REAL = "#4c9f70"
TROUBLE = "#c2483d"
DPI = 100
