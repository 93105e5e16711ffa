"""`studio models export` and `studio models import` from the outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio.config import Paths
from studio.registry import Registry
from tests.studio.command import Command, objects, one_line
from tests.support import tiny_checkpoint


def test_a_model_goes_out_and_comes_back(paths: Paths, tmp_path: Path) -> None:
    studio, out = Command(paths.home), str(tmp_path / "m.safetensors")
    Registry(paths).save_model(tiny_checkpoint(), name="Faust")
    [told] = objects(studio.run("models", "export", "Faust", "-o", out, "--half", "--json").stdout)
    assert (told["name"], told["out"], told["size"]) == ("Faust", out, Path(out).stat().st_size)
    again = studio.run("models", "export", "Faust", "-o", out)
    assert again.returncode == 2
    assert "--force" in one_line(again.stderr)
    [told] = objects(studio.run("models", "import", out, "--json").stdout)
    assert (told["name"], told["family"]) == ("Faust 2", "text")
    assert "imported 'other'" in studio.run("models", "import", out, "--name", "other").stdout
    assert {model.name for model in Registry(paths).models()} == {"Faust", "Faust 2", "other"}


def test_what_is_no_model_is_refused_and_nothing_is_kept(paths: Paths, tmp_path: Path) -> None:
    studio, zipped = Command(paths.home), tmp_path / "m.safetensors"
    np.savez(tmp_path / "m.npz", a=np.zeros(3))
    (tmp_path / "m.npz").rename(zipped)
    for path, said in ((zipped, "zip"), (tmp_path / "none", "no file"), (tmp_path, "no file")):
        found = studio.run("models", "import", str(path))
        assert found.returncode == 1
        assert said in one_line(found.stderr)
    assert Registry(paths).models() == []
