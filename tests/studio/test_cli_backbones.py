"""`studio backbones`: the networks, whether they are here, and how they come here."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from models.vision.backbones import catalog
from studio.cli import entry
from tests.studio.command import objects, one_line

Call = Callable[..., tuple[int, str, str]]
BODY = b"weights" * 1000


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def call(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.setenv("STUDIO_HOME", str(home))

    def called(*arguments: str) -> tuple[int, str, str]:
        code = entry.run(arguments)
        return code, *capsys.readouterr()

    return called


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """VGG19's files are small ones on this machine."""
    known = catalog.backbone("vgg19")
    changed = {}
    for field, body in (("download", BODY), ("classes", BODY * 2)):
        file = tmp_path / f"{field}.h5"
        file.write_bytes(body)
        told = hashlib.md5(body, usedforsecurity=False).hexdigest()
        was = getattr(known, field)
        changed[field] = dataclasses.replace(was, url=file.as_uri(), size=len(body), checksum=told)
    monkeypatch.setitem(catalog.BACKBONES, "vgg19", dataclasses.replace(known, **changed))


def test_all_are_listed_with_their_sizes(call: Call, home: Path) -> None:
    code, output, errors = call("backbones")
    assert (code, errors) == (0, "")
    lines = [line.split() for line in output.splitlines()]
    assert [line[0] for line in lines] == ["NAME", *catalog.BACKBONES]
    assert lines[1] == ["lite0", "18.8", "MB", "here", "34", "EfficientNet-Lite0"]
    assert lines[4] == ["vgg19", "80.1", "MB", "to", "fetch", "21", "VGG19"]
    assert not home.exists()


def test_one_is_shown_with_all_its_layers(call: Call) -> None:
    for name, told in catalog.BACKBONES.items():
        code, output, _ = call("backbones", name)
        assert code == 0
        layers = output.partition("channels:\n")[2]
        assert layers.split() == [word for layer, count in told.channels.items() for word in (layer, f"({count})")]
        assert max(map(len, layers.splitlines())) <= 80


def test_json_says_the_same(call: Call, home: Path) -> None:
    (all_of_them,) = objects(call("backbones", "--json")[1])
    assert [each["name"] for each in all_of_them["backbones"]] == list(catalog.BACKBONES)
    (one,) = objects(call("backbones", "vgg19", "--json")[1])
    assert one.pop("event") == "result"
    assert one == all_of_them["backbones"][3]
    told = catalog.backbone("vgg19")
    assert (one["here"], one["size"], one["layers"]) == (False, told.size, dict(told.channels))
    assert Path(one["place"]) == home / "backbones" / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"


def test_one_is_fetched(call: Call, home: Path, local: None) -> None:
    place = home / "backbones" / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert call("backbones", "fetch", "vgg19") == (0, f"VGG19 is here: {place}\n", "")
    assert place.read_bytes() == BODY
    (told,) = objects(call("backbones", "vgg19", "--json")[1])
    assert (told["here"], told["classes_here"]) == (True, False)
    code, output, _ = call("backbones", "fetch", "vgg19", "--classes", "--json")
    assert (code, json.loads(output)["classes_here"]) == (0, True)
    assert len(list(place.parent.iterdir())) == 2


def test_lite0_needs_no_fetching(call: Call, home: Path) -> None:
    code, output, errors = call("backbones", "fetch", "lite0", "--classes")
    assert (code, output, errors) == (0, f"EfficientNet-Lite0 is here: {catalog.packaged()}\n", "")
    assert not home.exists()


def test_offline_is_one_line_with_the_file_and_its_place(
    call: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    known = catalog.backbone("resnet50")
    assert known.download is not None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/resnet50.h5"
        changed = dataclasses.replace(known, download=dataclasses.replace(known.download, url=url))
        monkeypatch.setitem(catalog.BACKBONES, "resnet50", changed)
        code, output, errors = call("backbones", "fetch", "resnet50")
    assert (code, output) == (1, "")
    assert url in one_line(errors)
    assert str(catalog.place("resnet50", home)) in errors


@pytest.mark.parametrize("words", [["backbones", "vgg"], ["backbones", "fetch", "vgg"]])
def test_an_unknown_name_is_wrong_use(call: Call, words: list[str]) -> None:
    code, _, errors = call(*words)
    assert code == 2
    assert one_line(errors).endswith("there are lite0, inception_v3, vgg16, vgg19, resnet50, mobilenet_v2")
