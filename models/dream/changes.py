"""Which knobs may change while a dream runs; how that is written is in models.changes."""

TUNABLE = (
    "layers",
    "target_class",
    "guide",
    "step_size",
    "jitter",
    "normalise",
    "detail",
    "total_variation",
    "keep_colour",
)
"""Knobs of which a change makes another picture."""
