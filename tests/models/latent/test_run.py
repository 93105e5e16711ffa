from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import checkpoint as checkpoints
from models.errors import CorruptFileError, UsageError
from models.events import Snapshot, Step, Stop
from models.families import family
from models.latent import load
from models.latent.fitting import encoded, fit_for
from models.latent.recipe import LatentRecipe
from models.latent.run import about, pictures, run
from models.latent.sheet import GROUND, sheet
from tests.models.latent import fake


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vae", "gan"):
        monkeypatch.setitem(load.FAMILIES, name, "tests.models.latent.fake:from_checkpoint")


def points(count: int) -> Any:
    return np.random.default_rng(0).normal(size=(count, fake.LATENT)).astype(np.float32)


def test_points_go_into_a_recipe_and_out_to_the_bit() -> None:
    recipe = LatentRecipe.of(points(3), how="three")
    again = LatentRecipe.checked(recipe.model_dump(mode="json"))
    np.testing.assert_array_equal(again.at(), points(3))
    for wrong in ("!", "AAAA", ""):
        with pytest.raises(UsageError, match="points: "):
            recipe.changed(points=wrong).at()
    with pytest.raises(UsageError, match="of finite numbers"):
        LatentRecipe.of(np.full((1, 2), np.nan, np.float32)).at()
    with pytest.raises(UsageError, match="sha256"):
        LatentRecipe.of(points(1), sha256="xyz")


def test_a_sheet_and_a_film_are_made_of_the_points() -> None:
    model = fake.FakeModel(channels=1)
    (made,) = pictures(LatentRecipe.of(points(20), columns=5, gap=1), model)
    np.testing.assert_array_equal(made, sheet(model.decode(points(20)), 5, 1))
    film = list(pictures(LatentRecipe.of(points(2), frames=33, enlarge=2), model))
    assert len(film) == 33
    assert film[0].shape == (32, 32, 3)
    with pytest.raises(UsageError, match="these points have 6 numbers, those of this model 2"):
        next(pictures(LatentRecipe.of(points(2)), fake.FakeModel(latent=2)))


def crossed(coarse: Any, fine: Any, numbers: int) -> Any:
    """The pictures whose first numbers are the coarse point's, and the rest the fine one's."""
    return fake.FakeModel().decode(np.where(np.arange(fake.LATENT) < numbers, coarse, fine))


def test_a_sheet_a_film_and_a_table_are_mixed_of_two_styles() -> None:
    model, coarse, fine = fake.StyledModel(), points(3), -points(2)
    (made,) = pictures(LatentRecipe.of(coarse, style=fine[:1], layers=1, columns=3), model)
    np.testing.assert_array_equal(made, sheet(crossed(coarse, fine[0], 2), 3))
    film = list(pictures(LatentRecipe.of(coarse, style=fine[:1], layers=2, frames=33, path="linear"), model))
    np.testing.assert_array_equal([film[0], film[-1]], crossed(coarse[[0, 2]], fine[0], 4))
    (made,) = pictures(LatentRecipe.of(coarse, style=fine, layers=1, table=True, gap=0), model)
    assert made.shape == (4 * 16, 3 * 16, 3)
    assert (made[:16, :16] == GROUND).all()
    np.testing.assert_array_equal(made[:16, 16:], sheet(model.decode(fine), 2, 0))
    np.testing.assert_array_equal(made[16:, :16], sheet(model.decode(coarse), 1, 0))
    for row in range(3):
        for column in range(2):
            cell = made[16 * row + 16 : 16 * row + 32, 16 * column + 16 : 16 * column + 32]
            np.testing.assert_array_equal(cell, crossed(coarse[[row]], fine[column], 2)[0])


def test_a_recipe_of_before_there_were_styles_is_one_without() -> None:
    old = LatentRecipe.of(points(2)).model_dump(mode="json")
    for name in ("style", "layers", "table"):
        del old[name]
    recipe = LatentRecipe.checked(old)
    assert recipe == LatentRecipe.of(points(2))
    assert recipe.styles() is None


def test_styles_that_make_no_sense_are_told_in_a_line() -> None:
    mixed = LatentRecipe.of(points(2), style=points(1), layers=1)
    np.testing.assert_array_equal(LatentRecipe.checked(mixed.model_dump(mode="json")).styles(), points(1))
    for wrong in ("!", "AAAA"):
        with pytest.raises(UsageError, match="style: these are not points of 6 numbers"):
            mixed.changed(style=wrong).styles()
    with pytest.raises(UsageError, match="style: at least one is wanted, of finite numbers"):
        LatentRecipe.of(points(1), style=np.full((1, 6), np.inf, np.float32)).styles()
    with pytest.raises(UsageError, match="style: 2 of them want a table"):
        LatentRecipe.of(points(1), style=points(2)).styles()
    for knobs in ({"style": ""}, {"frames": 2}):
        with pytest.raises(UsageError, match="table: one is made of points and styles, and as a sheet"):
            mixed.changed(table=True, **knobs).styles()
    with pytest.raises(UsageError, match="layers"):
        mixed.changed(layers=-1)
    with pytest.raises(UsageError, match="layers: this model has 3 that take a style, not 4"):
        next(pictures(mixed.changed(layers=4), fake.StyledModel()))
    for table in (False, True):
        with pytest.raises(UsageError, match="a VAE has no styles to mix: that takes a GAN"):
            next(pictures(mixed.changed(table=table), fake.FakeModel()))


@pytest.mark.parametrize("knobs", [{}, {"frames": 20}, {"table": True}])
def test_a_run_mixes_the_same_again(tmp_path: Path, knobs: dict[str, Any]) -> None:
    saved = checkpoints.save(tmp_path / "a.model", fake.checkpoint(family="gan"))
    recipe = LatentRecipe.of(points(3), style=-points(1), layers=1, model="a.model", sha256=saved.sha256, **knobs)
    last = list(run(LatentRecipe.checked(recipe.model_dump(mode="json")), folder=tmp_path))[-1]
    assert isinstance(last, Snapshot)
    np.testing.assert_array_equal(last.checkpoint.arrays["picture"], list(pictures(recipe, fake.StyledModel()))[-1])


def test_a_run_makes_the_same_again_and_its_snapshot_tells_how(tmp_path: Path) -> None:
    saved = checkpoints.save(tmp_path / "a.model", fake.checkpoint())
    recipe = LatentRecipe.of(points(3), model="a.model", sha256=saved.sha256, frames=20, how="here and there")
    assert family("latent").recipe_class() is LatentRecipe
    events = list(family("latent").start()(recipe, folder=tmp_path))
    assert sum(isinstance(event, Step) for event in events) == 20
    last = events[-1]
    assert isinstance(last, Snapshot)
    assert last.reason == "final"
    frames = [last.checkpoint.arrays[name] for name in sorted(last.checkpoint.arrays) if name.startswith("frames/")]
    np.testing.assert_array_equal(frames, list(pictures(recipe, fake.FakeModel())))
    assert last.checkpoint.meta["recipe"] == about(recipe)["recipe"] == recipe.model_dump(mode="json")


def test_a_run_can_be_stopped_and_says_what_is_wrong(tmp_path: Path) -> None:
    saved = checkpoints.save(tmp_path / "a.model", fake.checkpoint())
    recipe = LatentRecipe.of(points(3), model="a.model", sha256=saved.sha256, frames=20)
    going = run(recipe, folder=tmp_path)
    next(going)
    assert isinstance(next(going), Step)
    last = going.send(Stop())
    assert isinstance(last, Snapshot)
    assert last.checkpoint.meta["step"] == 1
    with pytest.raises(UsageError, match=r"the model gone\\n is gone"):
        list(run(recipe.changed(model="gone\n"), folder=tmp_path))
    with pytest.raises(CorruptFileError, match="does not match its checksum"):
        list(run(recipe.changed(sha256="0" * 64), folder=tmp_path))


def test_only_families_with_a_latent_space_are_opened() -> None:
    assert load.open_model(fake.checkpoint()).latent == fake.LATENT
    with pytest.raises(UsageError, match="a text model has no latent space to travel: choose one of vae, gan"):
        load.open_model(checkpoints.Checkpoint({"family": "text"}, {}))
    load.check_styled("gan")
    with pytest.raises(UsageError, match="a VAE has no styles to mix"):
        load.check_styled("vae")


def test_any_picture_is_made_to_fit() -> None:
    for channels in (1, 3):
        model = fake.FakeModel(channels=channels)
        assert fit_for(model, np.zeros((30, 90, 3), np.uint8)).shape == (1, 16, 16, channels)
    picture = model.decode(points(1) / 4)[0]
    np.testing.assert_allclose(encoded(model, picture), points(1)[0] / 4, atol=0.03)
