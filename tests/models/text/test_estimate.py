"""What a training will take."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.text.estimate import estimate, parameters, size_of
from models.text.recipe import TextRecipe


def test_parameters_are_counted_as_the_formulas_say() -> None:
    classic = TextRecipe.preset("classic")
    assert parameters(classic, 57) == 4 * 128 * (57 + 128 + 1) + 129 * 57
    modern = TextRecipe.preset(cell="gru", layers=1, units=10, embedding=4)
    assert parameters(modern, 7) == 7 * 4 + 3 * 10 * (4 + 10 + 2) + 11 * 7


def test_parameters_are_those_of_the_network() -> None:
    from models.text.network import build

    for changes in ({}, {"cell": "gru", "layers": 3, "units": 40}, {"input": "onehot", "units": 24}):
        recipe = TextRecipe.preset(**changes)
        assert parameters(recipe, 50) == build(recipe, 50).count_params()


def test_the_first_of_the_ends_counts() -> None:
    recipe = TextRecipe.preset(steps=10, seconds=100_000.0)
    assert estimate(recipe, characters=500_000, symbols=80).steps == 10
    short = estimate(TextRecipe.preset(steps=10_000_000, seconds=60.0), characters=500_000, symbols=80)
    assert short.seconds == pytest.approx(60, abs=1)


def test_epochs_count_by_the_corpus() -> None:
    recipe = TextRecipe.preset(epochs=2, seconds=None, validation=0.0, batch=64, window=100)
    found = estimate(recipe, characters=64 * 100 * 30, symbols=80)
    assert found.steps == 60
    assert found.passes == pytest.approx(2)


def test_without_a_corpus_the_size_is_told_and_the_time_only_where_it_is_set() -> None:
    found = estimate(TextRecipe.preset(epochs=2, seconds=None))
    assert found.steps is None
    assert found.seconds is None
    assert found.model == 4 * found.parameters


def test_an_earlier_run_gives_the_speed_of_this_machine() -> None:
    recipe = TextRecipe.preset(seconds=100.0)
    found = estimate(recipe, characters=500_000, symbols=80, known=(recipe, 0.25))
    assert found.measured
    assert found.step_seconds == pytest.approx(0.25)
    assert found.steps == 400
    wider = estimate(recipe.changed(units=512), characters=500_000, symbols=80, known=(recipe, 0.25))
    assert wider.step_seconds > 1


def test_words_add_to_the_symbols() -> None:
    assert estimate(TextRecipe.preset(unit="word", words=4000), symbols=80).symbols == 4080


def test_sizes_of_names_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a" * 100)
    (tmp_path / "b.txt").write_text("b" * 50)
    assert size_of(TextRecipe.preset(corpus=("nietzsche",))) == (600_893, 84)
    assert size_of(TextRecipe.preset(corpus=(str(tmp_path),))) == (150, None)
    assert size_of(TextRecipe.preset(corpus=(str(tmp_path / "a.txt"),))) == (100, None)
    assert size_of(TextRecipe.preset(corpus=(str(tmp_path / "none"),))) == (None, None)
