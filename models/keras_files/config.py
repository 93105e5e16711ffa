"""What a Keras file says of how its model is built: looked at, never built. Anything that would be code is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from models.keras_files.bounds import LARGEST_JSON, RefusedError

MODELS = frozenset({"Sequential", "Functional", "Model"})
LAYERS = frozenset({
    "InputLayer", "Embedding", "LSTM", "GRU", "Dense", "Dropout", "Activation", "Softmax", "TimeDistributed", "Reshape",
    "Flatten", "Conv2D", "Conv2DTranspose", "ZeroPadding2D", "Cropping2D", "LeakyReLU",
})  # fmt: skip
CODE = frozenset({"Lambda", "__lambda__", "function", "type"})
ASIDE = "save the weights alone, by model.save_weights('NAME.weights.h5')"
WANTED = {
    "LSTM": {"activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False},
    "GRU": {"activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False, "reset_after": True},
}
"""What the studio's own layers do."""


def check_config(text: str | bytes) -> None:
    """Raises RefusedError for a model that holds code, or layers that no model of the studio has; ValueError,
    RecursionError or UnicodeDecodeError for what is no JSON."""
    if len(text) > LARGEST_JSON:
        raise RefusedError("what it says of its layers is beyond all bounds")
    found = json.loads(text)
    for node in nodes(found):
        check_node(node)
    if not isinstance(found, dict) or found.get("class_name") not in MODELS:
        raise RefusedError(f"its model is no Sequential or Functional one, but code of somebody's own: {ASIDE}")
    for layer in layers(found):
        check_layer(layer)


def nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """All tables with a `class_name`, however deep. Never recurses, so that depth costs nothing."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if "class_name" in each:
                yield each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def layers(model: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The layers of a model, those of models inside it included."""
    waiting: list[Any] = [model]
    while waiting:
        each = waiting.pop()
        inner = each.get("config") if isinstance(each, dict) else None
        found = inner.get("layers", []) if isinstance(inner, dict) else inner if isinstance(inner, list) else None
        if not isinstance(found, list) or not all(isinstance(layer, dict) for layer in found):
            raise RefusedError("it does not say of which layers it is made")
        for layer in found:
            if layer.get("class_name") in MODELS:
                waiting.append(layer)
            else:
                yield layer


def check_node(node: Mapping[str, Any]) -> None:
    name, module = node["class_name"], node.get("module")
    if name == "Lambda" or name == "__lambda__":
        raise RefusedError("it holds a Lambda layer, which is code: code is never run")
    own = module is not None and not (isinstance(module, str) and (module == "keras" or module.startswith("keras.")))
    if own or name in CODE or node.get("registered_name"):
        raise RefusedError(f"it holds code of somebody's own ('{name}'), which is never run: {ASIDE}")


def check_layer(layer: Mapping[str, Any]) -> None:
    name, config = layer.get("class_name"), layer.get("config")
    if name not in LAYERS or not isinstance(config, dict):
        raise RefusedError(f"it holds a layer '{name}', which no model of the studio has")
    for knob, wanted in WANTED.get(str(name), {}).items():
        if config.get(knob, wanted) != wanted:
            raise RefusedError(f"its {name} has {knob} {config[knob]!r}, and the studio's {wanted!r}")
