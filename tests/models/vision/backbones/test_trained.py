"""Models of the studio as backbones: a family says how its checkpoint becomes a network."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import checkpoint
from models.checkpoint import Checkpoint
from models.errors import CorruptFileError, UsageError, UserError
from models.vision import backbones
from models.vision.backbones import trained
from models.vision.backbones.network import Network
from models.vision.backbones.scaling import SYMMETRIC
from models.vision.backbones.weights import assign


def critic(found: Checkpoint) -> Network:
    """What a family will register: a convolution, as a GAN's discriminator begins with."""
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(4, 3, 2, "same", name="first")(inputs), name="critic")
    model.trainable = False
    assign(model, {name.removeprefix("weights/"): array for name, array in found.arrays.items()}, "critic")
    return Network("critic", inputs, {"first": model.output}, scaling=SYMMETRIC, minimum=8)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(trained.NETWORKS, "gan", f"{__name__}:critic")
    return save(tmp_path / "faces.safetensors", 1.0)


def save(path: Path, value: float, family: str = "gan") -> Path:
    arrays = {
        "weights/first/kernel": np.full((3, 3, 3, 4), value, np.float32),
        "weights/first/bias": np.zeros(4, np.float32),
    }
    checkpoint.save(path, Checkpoint({"family": family}, arrays))
    return path


def test_a_family_makes_a_network_of_its_model(file: Path, tmp_path: Path) -> None:
    network = backbones.load(f"model:{file}", folder=tmp_path)
    assert (network.layers, network.channels("first"), network.reach("first"), network.classes) == (
        ("first",),
        4,
        3,
        (),
    )
    white = tf.fill([1, 8, 8, 3], 255.0)
    assert float(network.features(["first"])(white)[0][0, 1, 1, 0]) == pytest.approx(27)
    assert backbones.load(f"model:{file}", folder=tmp_path) is network
    with pytest.raises(UsageError, match="critic has no layer 'logits'; it has first"):
        network.logits(white)


def test_another_model_in_the_same_place_is_read_anew(file: Path, tmp_path: Path) -> None:
    backbones.load(f"model:{file}", folder=tmp_path)
    save(file, 2.0)
    network = backbones.load(f"model:{file}", folder=tmp_path)
    assert float(network.features(["first"])(tf.fill([1, 8, 8, 3], 255.0))[0][0, 1, 1, 0]) == pytest.approx(54)


def test_what_is_no_such_model_is_one_clear_line(tmp_path: Path) -> None:
    text = save(tmp_path / "text.safetensors", 1.0, family="text")
    with pytest.raises(UsageError, match=r"text\.safetensors is a text model, which has no network that looks"):
        backbones.load(f"model:{text}", folder=tmp_path)
    (tmp_path / "torn.safetensors").write_bytes(b"torn")
    with pytest.raises(CorruptFileError, match=r"torn\.safetensors is not a whole checkpoint"):
        backbones.load(f"model:{tmp_path / 'torn.safetensors'}", folder=tmp_path)
    with pytest.raises(UserError, match="nowhere"):
        backbones.load(f"model:{tmp_path / 'nowhere'}", folder=tmp_path)
    with pytest.raises(UsageError, match=r"no model at .*nowhere"):
        trained.build(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no backbone 'model:'"):
        backbones.load("model:", folder=tmp_path)
