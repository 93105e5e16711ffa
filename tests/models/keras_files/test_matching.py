"""Weights of equal Keras models, in each of Keras's files: the model that they make computes the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from models.checkpoint import Checkpoint
from models.errors import UserError
from models.keras_files.matching import matched
from models.keras_files.reading import read_layers
from models.keras_files.stored import Layer, layers_in, natural
from models.latent.load import open_model
from models.text.network import build, set_arrays
from models.text.recipe import TextRecipe
from models.text.vocabulary import Vocabulary
from models.vae.network import decoder, encoder
from models.vae.recipe import VaeRecipe
from models.vae.shape import Shape
from tests.models.text.sampler import made
from tests.models.tiny_nets import gan_checkpoint, vae_checkpoint

MOST = 1 << 22
SYMBOLS = len(made.SYMBOLS)
CLASSIC = {"preset": "classic", "units": 128, "window": 12}


def text_like(preset: str = "modern", **knobs: Any) -> Checkpoint:
    """A text model with other weights."""
    recipe = TextRecipe.preset(preset, **{"layers": 1, "units": 24, "embedding": 8, "window": 12, **knobs})
    meta = {"family": "text", "recipe": recipe.model_dump(mode="json"), "step": 7, "metrics": {}}
    meta["vocabulary"] = Vocabulary("char", made.SYMBOLS).to_json()
    return Checkpoint(meta, made.arrays(recipe, SYMBOLS, seed=9))


def shaken(model: Any) -> Any:
    """The model with random numbers in all its weights, biases too: zeros there would hide a wrong order."""
    random = np.random.default_rng(3)
    model.set_weights([random.normal(0, 0.4, each.shape).astype(np.float32) for each in model.get_weights()])
    return model


def classic() -> Any:
    """The text generator of keras.io."""
    layers = [keras.Input((12, SYMBOLS)), keras.layers.LSTM(128), keras.layers.Dense(SYMBOLS, activation="softmax")]
    return shaken(keras.Sequential(layers))


def stacked(cell: Any, count: int, **options: Any) -> Any:
    """An embedding, some recurrent layers with dropout between, a dense layer at every position."""
    layers: list[Any] = [keras.Input((None,)), keras.layers.Embedding(SYMBOLS, 8)]
    for place in range(count):
        layers += [keras.layers.Dropout(0.1), cell(24, return_sequences=True, name=f"mine_{count - place}", **options)]
    model = shaken(keras.Sequential([*layers, keras.layers.Dense(SYMBOLS, name="a_dense")]))
    model.compile("adam", "mse")
    return model


def saved(model: Any, folder: Path, kind: str) -> Path:
    path = folder / f"model{kind}"
    if kind == ".weights.h5":
        model.save_weights(path)
    else:
        model.save(path)
    return path


def read(path: Path, most: int = MOST) -> list[Layer]:
    """The layers of a file, read by this process; that its own gives the same is tested once."""
    return layers_in(path.read_bytes(), most)


def test_a_process_of_its_own_reads_the_same(tmp_path: Path) -> None:
    path = saved(stacked(keras.layers.GRU, 2), tmp_path, ".keras")
    for one, other in zip(read_layers(path, MOST), read(path), strict=True):
        assert (one.path, one.name, len(one.arrays)) == (other.path, other.name, len(other.arrays))
        for here, there in zip(one.arrays, other.arrays, strict=True):
            np.testing.assert_array_equal(here, there)


def scores(arrays: Any, like: Checkpoint, ids: Any) -> Any:
    network = build(TextRecipe.checked(like.meta["recipe"]), SYMBOLS)
    set_arrays(network, arrays)
    return np.asarray(network(ids))


KINDS = [".keras", ".h5", ".weights.h5"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_classic_text_generator_gives_the_same_probabilities(tmp_path: Path, kind: str) -> None:
    like, model = text_like(**CLASSIC), classic()
    arrays = matched(read(saved(model, tmp_path, kind)), like)
    ids = np.random.default_rng(0).integers(0, SYMBOLS, (4, 12)).astype(np.int32)
    wanted = model(np.eye(SYMBOLS, dtype=np.float32)[ids]).numpy()
    logits = scores(arrays, like, ids)
    found = np.exp(logits - logits.max(-1, keepdims=True))
    np.testing.assert_allclose(found / found.sum(-1, keepdims=True), wanted, atol=1e-5)
    assert np.ptp(wanted) > 0.1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("cell", "layers"), [("lstm", 2), ("gru", 3)])
def test_stacks_give_the_same_logits(tmp_path: Path, kind: str, cell: str, layers: int) -> None:
    like = text_like(cell=cell, layers=layers)
    model = stacked(keras.layers.LSTM if cell == "lstm" else keras.layers.GRU, layers)
    arrays = matched(read(saved(model, tmp_path, kind)), like)
    ids = np.random.default_rng(0).integers(0, SYMBOLS, (3, 9)).astype(np.int32)
    np.testing.assert_allclose(scores(arrays, like, ids), model(ids).numpy(), rtol=1e-5, atol=1e-5)


def test_layers_without_biases_have_none(tmp_path: Path) -> None:
    like, model = text_like(layers=2), stacked(keras.layers.LSTM, 2, use_bias=False)
    arrays = matched(read(saved(model, tmp_path, ".keras")), like)
    ids = np.random.default_rng(0).integers(0, SYMBOLS, (3, 9)).astype(np.int32)
    np.testing.assert_allclose(scores(arrays, like, ids), model(ids).numpy(), rtol=1e-5, atol=1e-5)


def test_the_studio_s_own_network_comes_back(tmp_path: Path) -> None:
    like = text_like(layers=3)
    network = build(TextRecipe.checked(like.meta["recipe"]), SYMBOLS, seed=4)
    network.save_weights(tmp_path / "own.weights.h5")
    arrays = matched(read(tmp_path / "own.weights.h5"), like)
    for name, variable in network.named().items():
        np.testing.assert_array_equal(arrays[f"weights/{name}"], variable.numpy())


class Both(keras.Model):  # type: ignore[misc]
    """A VAE as keras.io writes one: two models, and what its training measures."""

    def __init__(self, recipe: VaeRecipe, shape: Shape) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder(recipe, shape), decoder(recipe, shape)
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")

    def get_config(self) -> dict[str, Any]:
        return {}

    def call(self, pictures: Any) -> Any:
        return self.decoder(self.encoder(pictures)[0])


@pytest.mark.parametrize("kind", [".weights.h5", ".h5"])
@pytest.mark.parametrize("knobs", [{"channels": 3}, {"hidden": 0}])
def test_a_vae_reads_and_makes_the_same(tmp_path: Path, kind: str, knobs: dict[str, Any]) -> None:
    like = vae_checkpoint(**knobs)
    recipe, data = VaeRecipe.checked(like.meta["recipe"]), like.meta["data"]
    both = Both(recipe, Shape.of(recipe, tuple(data["size"]), data["channels"]))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, data["channels"]), np.uint8)
    both(pixels / np.float32(255))
    shaken(both)
    path = saved(both, tmp_path, kind)
    if kind == ".h5":
        with h5py.File(path, "r+") as file:  # as Keras 2 wrote weights alone
            del file.attrs["model_config"]
    found = open_model(Checkpoint(like.meta | {"concepts": []}, matched(read(path), like)))
    mean = both.encoder(pixels / np.float32(255))[0].numpy()
    np.testing.assert_allclose(found.encode(pixels), mean, rtol=1e-5, atol=1e-5)
    made = np.asarray(keras.ops.sigmoid(both.decoder(mean)))
    np.testing.assert_allclose(found.decode(mean) / 255, made, atol=1 / 255)


def test_a_mean_that_comes_second_is_told_by_its_name(tmp_path: Path) -> None:
    like = vae_checkpoint(hidden=0)
    layers = read(saved_vae(like, tmp_path))
    names = [layer.name for layer in layers]
    at, other = names.index("mean"), names.index("log_variance")
    turned = list(layers)
    turned[at], turned[other] = layers[other], layers[at]
    for name, array in matched(layers, like).items():
        np.testing.assert_array_equal(matched(turned, like)[name], array)


def saved_vae(like: Checkpoint, folder: Path) -> Path:
    recipe = VaeRecipe.checked(like.meta["recipe"])
    both = Both(recipe, Shape.of(recipe, (32, 32), 1))
    both(np.zeros((1, 32, 32, 1), np.float32))
    return saved(shaken(both), folder, ".weights.h5")


def test_what_does_not_fit_is_told_in_one_line(tmp_path: Path) -> None:
    one = read(saved(classic(), tmp_path, ".keras"))
    two = read(saved(stacked(keras.layers.LSTM, 2), tmp_path, ".h5"))
    vaes = read(saved_vae(vae_checkpoint(), tmp_path))
    for layers, like, said in (
        (one, text_like(), "1 recurrent and 1 dense"),
        (two, text_like(layers=3), "3 recurrent"),
        (two, text_like(layers=2, units=32), r"rnn_0/kernel is \(8, 96\)"),
        (two, text_like(layers=2, cell="gru"), r"rnn_0/kernel is \(8, 96\)"),
        (one, vae_checkpoint(), "0 layers of convolution"),
        (vaes, vae_checkpoint(latent=7), "mean"),
        (vaes, text_like(), "more; the model"),
        (one, gan_checkpoint(), "a GAN's layers"),
    ):
        with pytest.raises(UserError, match=said) as told:
            matched(layers, like)
        assert str(told.value).isprintable()


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    model = classic()
    model.set_weights([np.full_like(each, np.nan) for each in model.get_weights()])
    with pytest.raises(UserError, match="not finite"):
        matched(read(saved(model, tmp_path, ".keras")), text_like(**CLASSIC))


def test_an_order_of_names_with_numbers() -> None:
    names = ["layers/lstm_10/cell", "layers/lstm/cell", "layers/lstm_2/cell", "layers/lstm_1/cell"]
    ordered = [names[1], names[3], names[2], names[0]]
    assert sorted(names, key=natural) == ordered


def as_keras_2(path: Path, like: Checkpoint, *, whole: bool) -> Path:
    """The arrays of a text model in a file as Keras 2 wrote it: names of bytes that end in `:0`, no modules."""
    parts = {
        "the_embedding": {"embeddings": "weights/embedding"},
        "lstm_7": {f"lstm_cell_7/{name}": f"weights/rnn_0/{short}" for name, short in
                   (("kernel", "kernel"), ("recurrent_kernel", "recurrent"), ("bias", "bias"))},
        "dropout": {},
        "a_lstm_8": {f"lstm_cell_8/{name}": f"weights/rnn_1/{short}" for name, short in
                     (("kernel", "kernel"), ("recurrent_kernel", "recurrent"), ("bias", "bias"))},
        "output": {"kernel": "weights/dense/kernel", "bias": "weights/dense/bias"},
    }  # fmt: skip
    classes = {"the_embedding": "Embedding", "dropout": "Dropout", "output": "Dense"}
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole else file
        root.attrs["layer_names"] = [name.encode() for name in parts]
        root.attrs["keras_version"] = b"2.15.0"
        for layer, arrays in parts.items():
            group = root.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in arrays]
            for name, ours in arrays.items():
                group.create_dataset(f"{layer}/{name}:0", data=like.arrays[ours])
        if whole:
            cells = {"activation": "tanh", "recurrent_activation": "sigmoid", "implementation": 2}
            layers = [{"class_name": classes.get(layer, "LSTM"), "config": cells if "lstm" in layer else {}}
                      for layer in parts]  # fmt: skip
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
            file.create_group("optimizer_weights").create_dataset("Adam/iterations:0", data=np.int64(7))
    return path


@pytest.mark.parametrize("whole", [True, False])
def test_files_of_keras_2_are_read(tmp_path: Path, whole: bool) -> None:
    like = text_like(layers=2)
    found = matched(read(as_keras_2(tmp_path / "m.h5", like, whole=whole)), like)
    assert found.keys() == like.arrays.keys()
    for name, array in like.arrays.items():
        np.testing.assert_array_equal(found[name], array)
