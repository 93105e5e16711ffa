"""EfficientNet-Lite0: the weights of its package, and all that a network of the catalogue does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from models import checkpoint
from models.errors import CorruptFileError, UsageError
from models.vision import backbones
from models.vision.backbones import catalog, lite0, loading, pretrained
from models.vision.backbones.classes import classes, find
from models.vision.backbones.network import Network


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    return backbones.load("lite0", folder=folder)


def picture(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(0, 255, (1, height, width, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("sample", "name"), [("chelsea", "egyptian cat"), ("coffee", "espresso"), ("rocket", "missile")]
)
def test_it_knows_what_the_samples_show(network: Network, sample: str, name: str) -> None:
    pixels = Image.fromarray(getattr(data, sample)()).resize((224, 224), Image.Resampling.BICUBIC)
    scores = network.logits(np.asarray(pixels, np.float32)[None]).numpy()
    assert scores.shape == (1, 1000)
    assert network.classes[int(scores.argmax())] == name
    assert int(scores.argmax()) == find(name)


def test_folding_changes_nothing() -> None:
    random = np.random.default_rng(2)
    tensors = {
        "conv.weight": random.standard_normal((5, 3, 3, 3)).astype(np.float32),
        "norm.weight": random.uniform(0.5, 2, 5).astype(np.float32),
        "norm.bias": random.standard_normal(5).astype(np.float32),
        "norm.running_mean": random.standard_normal(5).astype(np.float32),
        "norm.running_var": random.uniform(0.01, 3, 5).astype(np.float32),
    }
    kernel, bias = lite0.folded(tensors, "conv", "norm")
    x = random.standard_normal((1, 8, 8, 3)).astype(np.float32)
    plain = tf.nn.conv2d(x, tensors["conv.weight"].transpose(2, 3, 1, 0), 1, "SAME")
    norm = [tensors[f"norm.{name}"] for name in ("running_mean", "running_var", "bias", "weight")]
    apart = tf.nn.batch_normalization(plain, *norm, lite0.EPSILON)
    np.testing.assert_allclose(tf.nn.conv2d(x, kernel, 1, "SAME") + bias, apart, rtol=1e-4, atol=1e-4)


def test_the_catalogue_tells_its_layers(network: Network) -> None:
    told = catalog.backbone("lite0")
    assert network.layers == told.layers
    assert {layer: network.channels(layer) for layer in network.layers} == dict(told.channels)
    assert network.minimum == told.minimum
    assert network.classes == classes()
    assert {*told.dream, *told.style, *told.content} <= {*network.layers}


def test_features_come_in_the_order_asked_for(network: Network) -> None:
    asked = ["block3", "stem", "logits", "block2.expand"]
    found = network.features(asked)(picture(64, 96))
    assert [tuple(each.shape) for each in found] == [(1, 8, 12, 40), (1, 32, 48, 32), (1, 1000), (1, 16, 24, 144)]
    (alone,) = network.features(["block3"])(picture(64, 96))
    np.testing.assert_allclose(alone, found[0], rtol=1e-5, atol=1e-5)
    expanded = found[3].numpy()
    assert (expanded.min(), expanded.max() <= 6) == (0, True)


def test_nothing_deeper_than_the_deepest_layer_is_computed(network: Network) -> None:
    def convolutions(layer: str) -> int:
        features = network.features([layer])
        graph = tf.function(features).get_concrete_function(tf.TensorSpec([1, None, None, 3])).graph
        return sum("Conv2d" in op.type or op.type == "Conv2D" for op in graph.get_operations())

    assert convolutions("stem") == 1
    assert convolutions("block0") == 3
    assert convolutions("block2.expand") == 7


def test_gradients_reach_a_picture_of_any_size_in_one_trace(network: Network) -> None:
    features = network.features(["block4", "block2"])

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def gradient(pixels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pixels)
            value = tf.add_n([tf.reduce_mean(tf.square(each)) for each in features(pixels)])
        return tape.gradient(value, pixels)

    for height, width in ((64, 64), (53, 87)):
        found = gradient(picture(height, width)).numpy()
        assert found.shape == (1, height, width, 3)
        assert np.isfinite(found).all()
        assert np.abs(found).max() > 0
    assert gradient.experimental_get_tracing_count() == 1


def test_an_unknown_layer_is_refused_with_the_names_there_are(network: Network) -> None:
    for use in (lambda: network.features(["stem", "mixed4"]), lambda: network.channels("mixed4")):
        with pytest.raises(UsageError, match=r"lite0 has no layer 'mixed4'; it has stem, block0\.expand, .*, head"):
            use()


def test_a_picture_that_is_too_small_is_refused(network: Network) -> None:
    features = network.features(["stem"])
    with pytest.raises(UsageError, match="lite0 needs pictures of at least 32x32 pixels, not 40x31"):
        features(picture(31, 40))
    features(picture(32, 32))


def test_the_field_of_a_layer_is_where_its_gradient_is(network: Network) -> None:
    side, layer = 256, "block4"
    field = network.field(layer)
    features = network.features([layer])
    x = tf.constant(picture(side, side))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        value = tf.reduce_sum(features(x)[0][:, 16, 16])
    seen = np.flatnonzero(np.abs(tape.gradient(value, x).numpy()).sum(axis=(0, 2, 3)))
    begin = 16 * network.stride(layer)
    assert begin + field.first <= seen.min() <= begin + field.first + 2  # the outermost weights may be next to nothing
    assert begin + field.last - 2 <= seen.max() <= begin + field.last
    assert network.reach(layer) == field.last - field.first + 1


def test_pixels_come_back_from_what_the_network_is_given(network: Network) -> None:
    pixels = picture(8, 8)
    np.testing.assert_allclose(network.deprocess(network.preprocess(pixels)), pixels, atol=1e-3)
    scaled = network.preprocess(np.float32([[[[255, 0, 0]]]]))
    np.testing.assert_allclose(scaled[0, 0, 0], [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225], rtol=1e-5)


def test_it_is_converted_once(folder: Path, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = folder / "backbones" / "lite0.safetensors"
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert kept.stat().st_size < 1.01 * catalog.backbone("lite0").size

    def no(path: Path) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(pretrained.torchfile, "tensors", no)
    again = pretrained.build("lite0", folder=folder, weights="", random=False, progress=None)
    (before,), (after,) = (each.features(["block5"])(picture(64, 64)) for each in (network, again))
    np.testing.assert_array_equal(before, after)


def test_a_copy_that_is_broken_or_of_another_network_is_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "backbones" / "lite0.safetensors"
    kept.parent.mkdir()
    arrays = {"weights/stem/kernel": np.zeros((3, 3, 3, 32), np.float32)}
    meta = {"family": "backbone", "source": catalog.packaged().name}
    for spoil in (
        lambda: kept.write_bytes(b"not a checkpoint"),
        lambda: checkpoint.save(kept, checkpoint.Checkpoint(meta, arrays)),
        lambda: checkpoint.save(kept, checkpoint.Checkpoint({**meta, "source": "another.pth"}, arrays)),
    ):
        spoil()
        found = pretrained.build("lite0", folder=tmp_path, weights="", random=False, progress=None)
        assert float(tf.reduce_max(found.features(["stem"])(picture(32, 32))[0])) > 0
        assert len(checkpoint.load(kept).arrays) > 90


def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "backbones").write_text("a file, not a folder")
    pretrained.build("lite0", folder=tmp_path, weights="", random=False, progress=None)
    assert (tmp_path / "backbones").read_text() == "a file, not a folder"


def test_weights_may_be_a_file(folder: Path, network: Network, tmp_path: Path) -> None:
    for file in (catalog.packaged(), folder / "backbones" / "lite0.safetensors"):
        found = backbones.load("lite0", folder=tmp_path, weights=str(file))
        np.testing.assert_array_equal(
            found.features(["stem"])(picture(32, 32))[0], network.features(["stem"])(picture(32, 32))[0]
        )
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"PK\x03\x04 a newer kind")
    with pytest.raises(CorruptFileError, match=r"wrong\.pth"):
        backbones.load("lite0", folder=tmp_path, weights=str(wrong))


def test_the_last_networks_are_kept(folder: Path, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    assert backbones.load("lite0", folder=folder) is network
    other = backbones.load("lite0", folder=folder, random=True)
    assert other is not network
    assert backbones.load("lite0", folder=folder, random=True) is other
    monkeypatch.setattr(loading, "KEPT", 1)
    backbones.load("lite0", folder=folder / "elsewhere", random=True)
    assert next(iter(loading._kept))[1] == str(folder / "elsewhere")


def test_threads_that_want_the_same_network_make_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    slow = threading.Event()
    build = pretrained.build

    def watched(name: str, *, folder: Path, **options: Any) -> Network:
        made.append(folder.name)
        if folder.name == "slow":
            assert slow.wait(30)
        return build(name, folder=folder, **options)

    monkeypatch.setattr(pretrained, "build", watched)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(backbones.load, "lite0", folder=tmp_path / "slow", random=True) for _ in range(2)]
        quick = pool.submit(backbones.load, "lite0", folder=tmp_path / "quick", random=True)
        quick.result(30)  # another network does not wait for them
        slow.set()
        assert waiting[0].result(30) is waiting[1].result(30)
    assert sorted(made) == ["quick", "slow"]
    assert not loading._making


def test_random_weights_are_the_same_each_time_and_let_gradients_through(tmp_path: Path) -> None:
    outputs = []
    for _ in range(2):
        found = pretrained.build("lite0", folder=tmp_path, weights="", random=True, progress=None)
        x = tf.constant(picture(32, 32))
        with tf.GradientTape() as tape:
            tape.watch(x)
            (value,) = found.features(["head"])(x)
        outputs.append(value.numpy())
        assert np.abs(tape.gradient(value, x).numpy()).max() > 0
    np.testing.assert_array_equal(*outputs)
    assert not list(tmp_path.iterdir())


def test_an_unknown_backbone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no backbone 'alexnet'; there are lite0, inception_v3, vgg16"):
        backbones.load("alexnet", folder=tmp_path)


def test_nothing_is_left_to_train(network: Network) -> None:
    assert isinstance(network._tensors["stem"], keras.KerasTensor)
    model = keras.Model(network._inputs, network._tensors["head"])
    assert not model.trainable_variables
