"""Makes networks by name, and keeps the last few for whoever asks next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

import tensorflow as tf

from models import devices
from models.downloads import Progress
from models.errors import UserError
from models.vision.backbones import catalog, pretrained
from models.vision.backbones.network import Network

KEPT = 3
"""Networks that stay in memory; VGG19 takes 80 MB, the others less."""

Key = tuple[str, str, int, bool, str]

_kept: OrderedDict[Key, Network] = OrderedDict()
_lock = threading.Lock()


def load(name: str, *, folder: Path, weights: str, random: bool, progress: Progress | None) -> Network:
    """See `models.vision.backbones.load`. Safe to call from any thread; two that want the same wait for each other."""
    devices.prepare()
    catalog.backbone(name)
    key = (name, weights or str(folder), _changed(weights), random, str(tf.zeros(()).device))
    with _lock:
        if key not in _kept:
            _kept[key] = pretrained.build(name, folder=folder, weights=weights, random=random, progress=progress)
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def _changed(weights: str) -> int:
    """When a file was last written to: another one may stand there next time."""
    if not weights:
        return 0
    try:
        return Path(weights).stat().st_mtime_ns
    except OSError as error:
        raise UserError(f"{weights!r} cannot be read: {error.strerror}") from error
