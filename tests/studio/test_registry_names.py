from __future__ import annotations

import unicodedata

import pytest

from models.errors import UsageError
from studio.registry.names import cells, check_name, new_id, numbered
from tests.studio.checkpoints import made

GOOD = [
    *("日本語", "مرحبا", "한국어", "👩‍👩‍👧", "a/b", "../../etc/passwd", "..", ".", "-x", "CON", "a.b\\c", "%s {0}"),
    *("[/]", "[red]x[/red]", "'; DROP TABLE runs; --", "x" * 120, "日" * 60),
]
BAD = [
    *("", " ", "\u200b", "\u0301", "a\0b", "a\nb", "a\x1b[2J", "a\x7f", "a\x9b", "a\u202eb", "a\u2066b", "a\u2028b"),
    *("\udc92", "x" * 121, "日" * 61),
]


@pytest.mark.parametrize("name", GOOD)
def test_a_name_may_be_any_text_that_can_be_seen(registry, name):
    model = registry.save_model(made(), name=name)
    run = registry.add_run("text", {}, name)
    session = registry.save_session(None, name, {})
    assert model.name == run.name == session.name == name
    assert registry.model(name) == model
    assert registry.run(name) == run


@pytest.mark.parametrize("name", GOOD)
def test_no_file_is_ever_called_by_a_name(registry, tmp_path, name):
    before = set(tmp_path.rglob("*"))
    model = registry.save_model(made(), name=name)
    run = registry.add_run("text", {}, name)
    registry.save_checkpoint(run.id, made())
    new = set(tmp_path.rglob("*")) - before
    assert {path.name.partition("-")[0] for path in new if path.is_file() and path.suffix == ".safetensors"} == {
        model.id,
        "checkpoint",
    }
    assert all(path.is_relative_to(registry.paths.home) for path in new)


@pytest.mark.parametrize("name", BAD)
def test_a_name_that_would_steer_a_terminal_or_shows_nothing_is_refused(registry, name):
    with pytest.raises(UsageError) as caught:
        check_name(name)
    assert str(caught.value).isprintable()
    model = registry.save_model(made(), name="good")
    with pytest.raises(UsageError):
        registry.save_model(made(), name=name)
    with pytest.raises(UsageError):
        registry.rename_model(model.id, name)
    with pytest.raises(UsageError):
        registry.save_session(None, name, {})
    if name:
        with pytest.raises(UsageError):
            registry.add_run("text", {}, name)
    assert [entry.name for entry in registry.models()] == ["good"]
    assert registry.runs() == []
    assert len(list(registry.paths.models.iterdir())) == 1


def test_the_message_shows_what_is_refused():
    with pytest.raises(UsageError, match=r"U\+001B.*a␛\[2J"):
        check_name("a\x1b[2J")


def test_a_name_is_composed_and_trimmed(registry):
    decomposed = unicodedata.normalize("NFD", "café")
    assert registry.save_model(made(), name=f"  {decomposed} ").name == "café"
    assert registry.model(decomposed).name == "café"


@pytest.mark.parametrize("odd", ["\udc92", "\0", "", "../models", "%", "*"])
def test_looking_for_nonsense_finds_nothing_and_says_so(registry, odd):
    registry.save_model(made(), name="a")
    registry.add_run("text", {})
    for look in (registry.model, registry.run, registry.session, registry.load_model, registry.delete_run):
        with pytest.raises(UsageError, match="there is no"):
            look(odd)


def test_models_have_names_of_their_own_and_runs_need_not(registry):
    names = [registry.save_model(made(), name="poet").name for _ in range(3)]
    assert names == ["poet", "poet 2", "poet 3"]
    runs = [registry.add_run("text", {}, "poet") for _ in range(2)]
    assert [run.name for run in runs] == ["poet", "poet"]
    with pytest.raises(UsageError, match="give the id of one"):
        registry.run("poet")


def test_a_long_name_is_shortened_to_make_room_for_its_number(registry):
    names = [registry.save_model(made(), name="日" * 60).name for _ in range(3)]
    assert len(set(names)) == 3
    assert all(cells(name) <= 120 for name in names)
    assert numbered("x" * 120, 100).endswith("x 100")


def test_renaming_to_a_taken_name_is_refused(registry):
    one, two = (registry.save_model(made(), name=name) for name in ("one", "two"))
    with pytest.raises(UsageError, match="another model is called 'two'"):
        registry.rename_model(one.id, "two")
    assert registry.rename_model("two", "two") == two
    assert registry.rename_model("one", "three").id == one.id
    assert {model.name for model in registry.models()} == {"two", "three"}


def test_ids_differ_within_a_second_and_sort_by_time(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.5)
    ids = {new_id() for _ in range(500)}
    assert len(ids) > 490
    monkeypatch.setattr("time.time", lambda: 1_800_000_001.5)
    assert new_id() > max(ids)


def test_an_id_that_is_taken_is_drawn_again(registry, monkeypatch):
    for place in ("runs", "models", "sessions"):
        drawn = iter(["same", "same", "other"])
        monkeypatch.setattr(f"studio.registry.{place}.new_id", lambda drawn=drawn: next(drawn))
    assert [registry.add_run("text", {}).id for _ in range(2)] == ["same", "other"]
    assert [registry.save_model(made(), name="m").id for _ in range(2)] == ["same", "other"]
    assert [registry.save_session(None, "s", {}).id for _ in range(2)] == ["same", "other"]


def test_cells_count_what_a_terminal_draws():
    assert cells("日本語") == 6
    assert cells("e\u0301") == 1
    assert cells("a\u200bb") == 2
