"""What is told of the networks without loading TensorFlow, and the classes by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UsageError
from models.vision.backbones import catalog
from models.vision.backbones.classes import classes, find


def test_it_loads_no_tensorflow() -> None:
    watch = (
        "import sys; from models.vision.backbones import catalog, classes, load; classes.find('espresso');"
        "catalog.is_here('lite0', catalog.packaged()); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "h5py", catalog.PACKAGE} & set(done.stdout.split())


def test_every_network_names_layers_that_it_has() -> None:
    for name, told in catalog.BACKBONES.items():
        assert told.name == name
        for chosen in (told.dream, told.style, told.content):
            assert chosen
            places = [told.layers.index(layer) for layer in chosen]
            assert places == sorted(places)
        assert min(told.channels.values()) > 0


def test_files_come_safely_to_places_of_their_own() -> None:
    files = [each for name in catalog.BACKBONES for each in catalog.files(name, classes=True)]
    assert len(files) == 10
    assert len({each.file for each in files}) == 10
    for each in files:
        assert each.url.startswith("https://")
        assert each.url.rpartition("/")[2] == Path(each.file).name
        assert len(each.checksum) == (0 if "mobilenet" in each.name else 32)


def test_the_package_of_lite0_is_here(tmp_path: Path) -> None:
    assert catalog.is_here("lite0", tmp_path)
    assert catalog.is_here("lite0", tmp_path, classes=True)
    assert catalog.packaged().stat().st_size == catalog.backbone("lite0").size
    assert not catalog.is_here("vgg19", tmp_path)


def test_there_are_a_thousand_classes_that_all_differ() -> None:
    assert len(classes()) == len(set(classes())) == 1000
    assert all(name == name.lower().strip() and "," not in name and 2 <= len(name) <= 40 for name in classes())
    assert [classes()[index] for index in (0, 285, 657, 967, 999)] == [
        "tench", "egyptian cat", "missile", "espresso", "toilet tissue",
    ]  # fmt: skip


@given(st.integers(0, 999))
def test_a_class_is_found_by_name_and_by_number(index: int) -> None:
    name = classes()[index]
    for text in (name, name.upper().replace(" ", "_"), f"  {name} ", str(index)):
        assert find(text) == index


def test_a_part_of_a_name_will_do_if_it_is_the_only_one() -> None:
    assert find("great white") == classes().index("great white shark")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cat", "do you mean tabby cat, tiger cat, persian cat, siamese cat, egyptian cat"),
        ("espreso", r"do you mean espresso"),
        ("1000", "numbered from 0 to 999"),
        ("9" * 5000, "numbered from 0 to 999"),
        ("", "such as espresso"),
        ("\x1b[2J", r"no class '\\x1b\[2J'"),
    ],
)
def test_what_is_no_class_is_refused_with_what_comes_near(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        find(text)
    assert str(caught.value).isprintable()


@given(st.text(max_size=20))
def test_any_text_is_a_class_or_an_error_of_ours(text: str) -> None:
    try:
        assert 0 <= find(text) < 1000
    except UsageError:
        assert text.strip().lower() not in classes()
