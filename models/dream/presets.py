"""Named settings of a dream. Those for `lite0` were chosen by looking at what they make of the samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT = "classic"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    # Faces of animals wherever something round is.
    "classic": {},
    "gentle": {"layers": ("block7", "block9"), "steps": 20, "step_size": 1.0},
    "deep": {"layers": ("block10", "block11", "block12"), "octaves": 6, "octave_scale": 1.3, "step_size": 2.0},
    "ornaments": {"layers": ("block12",), "step_size": 2.5},
    "lines": {"layers": ("block5", "block6", "block7"), "normalise": "rms"},
    # Channels that were picked from pictures of them all.
    "eyes": {"layers": ("block10:47=-1", "block10:63=-1")},
    "ropes": {"layers": ("block10:56",)},
    "feathers": {"layers": ("block10:6",)},
    "cells": {"layers": ("block10:6=-1",)},
    # Classes need deep layers beside them, or they are shown by noise alone.
    "espresso": {
        "target_class": "espresso",
        "layers": ("block12=0.5", "block14=0.5"),
        "octaves": 5,
        "steps": 50,
        "jitter": 32,
    },
    "peacock": {"target_class": "peacock", "layers": ("block10", "block12"), "steps": 50, "jitter": 32},
    "zoom": {"zoom_frames": 60, "side": 384},
    # Chollet's script on keras.io ("Deep Dream"): a step there is 0.01 of -1..1.
    "inception": {
        "backbone": "inception_v3",
        "layers": ("mixed4", "mixed5=1.5", "mixed6=2", "mixed7=2.5"),
        "octaves": 3,
        "steps": 20,
        "step_size": 1.3,
        "normalise": "rms",
    },
    # TensorFlow's tutorial ("DeepDream"): five octaves of a hundred steps.
    "inception-deep": {
        "backbone": "inception_v3",
        "layers": ("mixed3", "mixed5"),
        "octaves": 5,
        "octave_scale": 1.3,
        "steps": 100,
        "step_size": 1.3,
        "normalise": "rms",
    },
    "vgg": {"backbone": "vgg16", "layers": ("block4_conv3", "block5_conv2"), "steps": 20, "step_size": 2.0},
}

USUAL = {"lite0": ("block9", "block10", "block11=0.5")}
"""Layers that are dreamed through where a recipe names none; of other backbones, those in the catalogue."""
