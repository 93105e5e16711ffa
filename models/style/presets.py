"""Named settings of a style transfer. Those for `lite0` were chosen by looking at what they make of the samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT = "painting"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "painting": {},
    "gentle": {"style_weight": 0.4, "content_weight": 1.5},
    "strong": {"style_weight": 3.0, "content_weight": 0.5, "style_scale": 1.2},
    "fine": {"style_scale": 0.6, "scales": 3},
    "own colours": {"colour": "keep"},
    "matched colours": {"colour": "match"},
    "quick": {"side": 320, "scales": 3, "steps": 60},
    # Gatys et al. 2016: L-BFGS from the content, five layers, no total variation.
    "gatys": {
        "backbone": "vgg19",
        "optimiser": "lbfgs",
        "scales": 1,
        "steps": 300,
        "content_weight": 0.5,
        "total_variation": 0.0,
    },
    "vgg": {"backbone": "vgg19", "side": 384, "scales": 3, "steps": 80},
}
