"""Makes networks by name, and keeps the last few for whoever asks next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

import tensorflow as tf

from models import devices
from models.downloads import Progress
from models.errors import UserError
from models.vision.backbones import catalog, pretrained, trained
from models.vision.backbones.network import Network

KEPT = 3
"""Networks that stay in memory; VGG19 takes 80 MB, the others less."""

Key = tuple[str, str, tuple[int, int], bool, str]

_kept: OrderedDict[Key, Network] = OrderedDict()
_lock = threading.Lock()


def load(name: str, *, folder: Path, weights: str, random: bool, progress: Progress | None) -> Network:
    """See `models.vision.backbones.load`. Safe to call from any thread; two that want the same wait for each other."""
    devices.prepare()
    own = name.removeprefix(trained.PREFIX) if name.startswith(trained.PREFIX) else ""
    if not own:
        catalog.backbone(name)
    key = (name, weights or str(folder), _changed(own or weights), random, str(tf.zeros(()).device))
    with _lock:
        if key not in _kept:
            _kept[key] = (
                trained.build(Path(own))
                if own
                else pretrained.build(name, folder=folder, weights=weights, random=random, progress=progress)
            )
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def _changed(file: str) -> tuple[int, int]:
    """Tells a file from another one that stands in its place later."""
    if not file:
        return 0, 0
    try:
        found = Path(file).stat()
    except OSError as error:
        raise UserError(f"{file!r} cannot be read: {error.strerror}") from error
    return found.st_mtime_ns, found.st_ino
