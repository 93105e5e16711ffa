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
"""Networks that stay in memory; VGG19 takes 80 MB, or 570 with its classes, the others 100 at most."""

Key = tuple[str, str, tuple[int, int], bool, str]

_kept: OrderedDict[Key, Network] = OrderedDict()
_making: dict[Key, threading.Lock] = {}
_lock = threading.Lock()


def load(name: str, *, folder: Path, weights: str, random: bool, progress: Progress | None) -> Network:
    """See `models.vision.backbones.load`. Safe to call from any thread; two that want the same wait for each other."""
    devices.prepare()
    own = name.removeprefix(trained.PREFIX) if name.startswith(trained.PREFIX) else ""
    if not own:
        catalog.backbone(name)
    key = (name, weights or str(folder), _changed(own or weights), random, str(tf.zeros(()).device))
    found = _known(key)
    if found is not None:
        return found
    with _lock:
        making = _making.setdefault(key, threading.Lock())
    with making:
        try:
            found = _known(key)
            if found is None:
                found = (
                    trained.build(Path(own))
                    if own
                    else pretrained.build(name, folder=folder, weights=weights, random=random, progress=progress)
                )
                _keep(key, found)
        finally:
            with _lock:
                _making.pop(key, None)
    return found


def _known(key: Key) -> Network | None:
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)


def _keep(key: Key, network: Network) -> None:
    with _lock:
        _kept[key] = network
        while len(_kept) > KEPT:
            _kept.popitem(last=False)


def _changed(file: str) -> tuple[int, int]:
    """Tells a file from another one that stands in its place later."""
    if not file:
        return 0, 0
    try:
        found = Path(file).stat()
    except OSError as error:
        raise UserError(f"{file!r} cannot be read: {error.strerror}") from error
    return found.st_mtime_ns, found.st_ino
