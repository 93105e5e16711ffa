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
WATCHING = ("preview_every", "save_every")
"""Knobs that may change at any time and leave the picture as it is."""
