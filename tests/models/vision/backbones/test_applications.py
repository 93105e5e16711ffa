"""The networks of keras.applications: layers, scaling, and weights from a server, from a file, or by chance."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from models.downloads import Download
from models.errors import CorruptFileError, UnavailableError, UsageError, UserError
from models.vision import backbones
from models.vision.backbones import applications, catalog
from models.vision.backbones.network import Network
from models.vision.backbones.scaling import CAFFE, SYMMETRIC
from models.vision.backbones.weights import randomise

NAMES = [name for name, each in catalog.BACKBONES.items() if each.download is not None]
SIDE = 96


def picture(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(0, 255, (1, height, width, 3)).astype(np.float32)


@pytest.fixture(scope="module", params=NAMES)
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return backbones.load(request.param, folder=tmp_path_factory.mktemp("home"), random=True)


def test_the_catalogue_tells_their_layers(network: Network) -> None:
    told = catalog.backbone(network.name)
    assert {layer: network.channels(layer) for layer in network.layers} == dict(told.channels)
    assert network.layers == told.layers
    assert {*told.dream, *told.style, *told.content} <= {*network.layers}
    strides = [network.stride(layer) for layer in network.layers]
    assert strides == sorted(strides)
    assert network.minimum == told.minimum


def test_gradients_reach_the_smallest_picture_from_every_layer(network: Network) -> None:
    least = network.minimum
    features = network.features(network.layers)
    x = tf.constant(picture(least, least + 5))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        found = features(x)
        value = tf.add_n([tf.reduce_mean(tf.square(each)) for each in found])
    assert [each.shape[-1] for each in found] == [network.channels(layer) for layer in network.layers]
    gradient = tape.gradient(value, x).numpy()
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() > 0
    with pytest.raises(UsageError, match=f"at least {least}x{least} pixels, not {least}x{least - 1}"):
        features(picture(least - 1, least))


def test_the_field_of_a_layer_covers_its_gradient(network: Network) -> None:
    side = 128
    layer = next(layer for layer in reversed(network.layers) if network.reach(layer) < side // 2)
    field, at = network.field(layer), side // 2 // network.stride(layer)
    x = tf.constant(picture(side, side))
    features = network.features([layer])
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        value = tf.reduce_sum(features(x)[0][:, at, at])
    seen = np.flatnonzero(np.abs(tape.gradient(value, x).numpy()).sum(axis=(0, 2, 3)))
    begin = at * network.stride(layer)
    assert begin + field.first <= seen.min() <= begin + field.first + network.stride(layer)
    assert begin + field.last - network.stride(layer) <= seen.max() <= begin + field.last


@pytest.mark.parametrize("name", NAMES)
def test_red_is_scaled_as_the_network_was_trained(name: str) -> None:
    scaling = CAFFE if name in applications.BGR else SYMMETRIC
    red = np.float32([[255, 0, 0]])
    expected = np.float32([-103.939, -116.779, 131.32] if name in applications.BGR else [1, -1, -1])
    np.testing.assert_allclose(scaling.preprocess(red)[0], expected, rtol=1e-6)
    module = getattr(keras.applications, {"inception_v3": "inception_v3", "resnet50": "resnet50"}.get(name, name))
    pixels = picture(4, 4)
    np.testing.assert_allclose(scaling.preprocess(pixels), module.preprocess_input(pixels.copy()), atol=1e-4)
    np.testing.assert_allclose(scaling.deprocess(scaling.preprocess(pixels)), pixels, atol=1e-3)
    np.testing.assert_allclose(scaling.deprocess(scaling.preprocess(tf.constant(pixels))), pixels, atol=1e-3)


@pytest.mark.parametrize("side", [7, 8, 4, 17])
def test_places_are_pooled_evenly(side: int) -> None:
    x = picture(side, 7)
    found = applications.EvenlyPooled()(tf.constant(x)).numpy()
    assert found.shape == (1, 7, 7, 3)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), x.mean(axis=(1, 2)), rtol=1e-4)
    finer = np.repeat(x, 7, axis=1).reshape(1, 7, side, 7, 3).mean(axis=2)  # each part is `side` sevenths of a place
    np.testing.assert_allclose(found, finer, rtol=1e-4, atol=1e-2)


@pytest.fixture(scope="module")
def mobilenet() -> Any:
    """Keras's own network with its classes, and weights to recognise."""
    model = keras.applications.MobileNetV2(
        (SIDE, SIDE, 3), weights=None, classifier_activation=None, name="mobilenet_v2"
    )
    shift(model)
    return model


def shift(model: Any) -> None:
    """Let no normalisation do nothing."""
    random = np.random.default_rng(5)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            for variable in layer.weights:
                variable.assign(random.uniform(0.8, 1.2, tuple(variable.shape)))


def save(model: Any, path: Path, *, classes: bool) -> Path:
    """Write weights as Keras 2 did, the layout of the files on the network."""
    with h5py.File(path, "w") as file:
        layers = [layer for layer in model.layers if layer.weights and (classes or layer.name != "predictions")]
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{variable.name}:0" for variable in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, variable in zip(names, layer.weights, strict=True):
                group[name] = variable.numpy()
    return path


def same(network: Network, model: Any, *, classes: bool) -> None:
    x = picture(SIDE, SIDE)
    scaled = keras.applications.mobilenet_v2.preprocess_input(x.copy())
    layer = model.get_layer("block_7_add")
    expected = keras.Model(model.input, [layer.output, model.output])(scaled, training=False)
    (found,) = network.features(["block_7_add"])(x)
    np.testing.assert_allclose(found, expected[0], rtol=1e-3, atol=1e-4)
    if classes:
        np.testing.assert_allclose(network.logits(x), expected[1], rtol=1e-3, atol=1e-4)


class Handler(SimpleHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mobilenet: Any) -> Iterator[Path]:
    """Has the catalogue's files of MobileNet on a local server; gives the folder that it serves."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(Handler, "asked", [])
    served = tmp_path / "served"
    served.mkdir()
    handler = functools.partial(Handler, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        known = catalog.backbone("mobilenet_v2")

        def put(download: Download | None, name: str, *, classes: bool) -> Download:
            assert download is not None
            file = save(mobilenet, served / name, classes=classes)
            checksum = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
            url = f"http://127.0.0.1:{http.server_port}/{name}"
            return dataclasses.replace(download, url=url, size=file.stat().st_size, checksum=checksum)

        changed = dataclasses.replace(
            known,
            download=put(known.download, "notop.h5", classes=False),
            classes=put(known.classes, "top.h5", classes=True),
        )
        monkeypatch.setitem(catalog.BACKBONES, "mobilenet_v2", changed)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        http.shutdown()
        thread.join()


def test_weights_are_fetched_when_needed_and_once(server: Path, tmp_path: Path, mobilenet: Any) -> None:
    folder, told = tmp_path / "home", []
    assert not catalog.is_here("mobilenet_v2", folder)
    network = backbones.load("mobilenet_v2", folder=folder, progress=lambda done, total: told.append((done, total)))
    size = catalog.backbone("mobilenet_v2").size
    assert told[-1] == (size, size)
    assert catalog.is_here("mobilenet_v2", folder)
    assert Handler.asked == ["/notop.h5"]
    same(network, mobilenet, classes=True)
    same(network, mobilenet, classes=True)
    assert Handler.asked == ["/notop.h5", "/top.h5"]
    assert sorted(path.name for path in (folder / "backbones").iterdir()) == [
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
    ]


def test_a_file_that_came_wrong_is_not_kept(server: Path, tmp_path: Path) -> None:
    data = bytearray((server / "notop.h5").read_bytes())
    data[len(data) // 2] ^= 1
    (server / "notop.h5").write_bytes(data)
    with pytest.raises(CorruptFileError, match="mobilenet_v2: another file came"):
        backbones.load("mobilenet_v2", folder=tmp_path / "home")
    assert not catalog.is_here("mobilenet_v2", tmp_path / "home")


def test_offline_says_which_file_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    known = catalog.backbone("vgg19")
    assert known.download is not None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/vgg19.h5"
        here = dataclasses.replace(known, download=dataclasses.replace(known.download, url=url))
        monkeypatch.setitem(catalog.BACKBONES, "vgg19", here)
        with pytest.raises(UnavailableError) as caught:
            backbones.load("vgg19", folder=tmp_path)
    place = tmp_path / "backbones" / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert (
        str(caught.value) == f"vgg19 cannot be downloaded (Connection refused): put a copy of {url} at {str(place)!r}"
    )


def test_weights_may_be_a_file_of_either_layout(tmp_path: Path, mobilenet: Any) -> None:
    mobilenet.save_weights(tmp_path / "new.weights.h5")
    for file in (save(mobilenet, tmp_path / "old.h5", classes=True), tmp_path / "new.weights.h5"):
        network = backbones.load("mobilenet_v2", folder=tmp_path, weights=str(file))
        same(network, mobilenet, classes=True)


def test_a_file_without_the_classes_serves_for_all_else(tmp_path: Path, mobilenet: Any) -> None:
    file = save(mobilenet, tmp_path / "notop.h5", classes=False)
    network = backbones.load("mobilenet_v2", folder=tmp_path, weights=str(file))
    with pytest.raises(UsageError, match=r"notop\.h5' has no classes: give the file of mobilenet_v2 that has its top"):
        network.logits(picture(64, 64))
    same(network, mobilenet, classes=False)


def test_a_file_that_does_not_fit_is_one_clear_line(tmp_path: Path) -> None:
    save(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), tmp_path / "other.h5", classes=True)
    (tmp_path / "torn.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    (tmp_path / "weights.ckpt").write_bytes(b"?")
    for file, error, told in (
        ("other.h5", CorruptFileError, "does not hold the weights of mobilenet_v2"),
        ("torn.h5", CorruptFileError, "does not hold the weights of mobilenet_v2"),
        ("weights.ckpt", UsageError, r"they end in \.h5"),
        ("nowhere.h5", UserError, "cannot be read: No such file"),
    ):
        with pytest.raises(error, match=rf"{file}'.*{told}"):
            backbones.load("mobilenet_v2", folder=tmp_path, weights=str(tmp_path / file))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_of_keras(name: str, tmp_path: Path) -> None:
    """A file with the classes, as Keras's own network writes it, gives Keras's scores."""
    theirs = applications.MAKERS[name](weights=None, classifier_activation=None)
    randomise(theirs.layers, name)
    shift(theirs)
    file = save(theirs, tmp_path / "top.h5", classes=True)
    network = backbones.load(name, folder=tmp_path, weights=str(file))
    side = theirs.input_shape[1]
    x = picture(side, side)
    expected = theirs(network.preprocess(x), training=False).numpy()
    np.testing.assert_allclose(network.logits(x), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    file.unlink()  # half a gigabyte, of which pytest would keep three
