"""Training by the command line with TensorFlow itself: few steps, but all the way."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from models.vision import pictures
from studio.config import Paths
from studio.registry import Registry
from tests.benchmarks.latent_key import untrained
from tests.studio.command import Command, objects

SMALL = (
    "--units",
    "16",
    "--layers",
    "1",
    "--embedding",
    "4",
    "--window",
    "10",
    "--batch",
    "4",
    "--sample-length",
    "20",
)


def test_a_windows_text_is_trained_on_resumed_and_sampled_in_the_c_locale(
    paths: Paths, registry: Registry, tmp_path: Path
) -> None:
    studio = Command(paths.home)
    (tmp_path / "wide.txt").write_bytes(b"\xef\xbb\xbf" + b"Hello\r\nw\xc3\xb6rld!\r\n" * 60)
    train = ("train", "text", "--corpus", str(tmp_path / "wide.txt"), *SMALL, "--steps", "30", "--json")
    done = studio.run(*train, LC_ALL="C", timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done
    *events, result = objects(done.stdout)
    assert {"step", "snapshot", "text", "note"} <= {event["event"] for event in events}
    assert result["state"] == "done"
    assert result["steps"] == 30
    assert 0 < result["val_loss"] < 5
    assert result["seconds"] > 0
    symbols = set(registry.load_model(result["model"]).meta["vocabulary"]["symbols"])
    assert symbols == set("Hello\nwörld!")

    written = objects(studio.run("sample", result["name"], "--json", LC_ALL="C").stdout)[-1]
    assert set(written["prompt"]) <= symbols
    assert set("".join(written["texts"])) <= symbols

    done = studio.run("train", "text", "--base", "wide", "--steps", "3", "--json", timeout=120)
    assert done.returncode == 0, done
    tuned = objects(done.stdout)[-1]
    assert tuned["name"] == "wide 2"
    assert tuned["steps"] == 3


def test_an_interrupt_while_tensorflow_loads_ends_before_the_first_step(paths: Paths, registry: Registry) -> None:
    studio = Command(paths.home)
    process = studio.start("train", "text", *SMALL, "--seconds", "60")
    assert process.stdout is not None
    while "loading TensorFlow" not in process.stdout.readline():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")
    assert "there was nothing to keep yet" in output
    (run,) = registry.runs()
    assert run.state == "stopped"
    assert registry.models() == []


def test_styles_of_a_gan_are_mixed_and_the_table_is_made_again(
    paths: Paths, registry: Registry, tmp_path: Path
) -> None:
    untrained(paths.home)
    studio, file = Command(paths.home), tmp_path / "table.png"
    done = studio.run("latent", "mix", "untrained", "1", "2", "--style", "3", "-o", str(file), timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"written: {file}\n", "")
    assert pictures.load(file).shape == (3 * 34 - 2, 2 * 34 - 2, 3)
    done = studio.run("redo", str(file), "--json", timeout=120)
    assert objects(done.stdout)[-1]["equal"] is True, done
