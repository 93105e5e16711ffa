"""`studio train`: one command a family, its flags made from the family's recipe."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Group, Parameter

from models.cluster import Cluster
from models.errors import UsageError
from models.families import FAMILIES
from studio.cli.fetching import Fetching
from studio.cli.flags import with_knobs
from studio.find import find_model, find_run, open_registry
from studio.sources import located, name_for

if TYPE_CHECKING:
    from models.data.recipe import PicturesRecipe
    from models.recipe import Recipe
    from models.text.recipe import TextRecipe
    from studio.registry import Registry, Run

THIS_RUN = Group("This run", sort_key=0)
Name = Annotated[
    str,
    Parameter(
        group=THIS_RUN,
        metavar="TEXT",
        help="What the run and its model are called (default: as what it learns from).",
        show_default=False,
    ),
]
Resume = Annotated[
    str | None, Parameter(group=THIS_RUN, metavar="RUN", help="Go on with a stopped, failed or interrupted run.")
]
Base = Annotated[
    str | None, Parameter(group=THIS_RUN, metavar="MODEL", help="Start from the weights of a model, and its recipe.")
]
Device = Annotated[
    str | None,
    Parameter(
        name=("--device", "--devices"),
        group=THIS_RUN,
        metavar="NAME",
        help="Where to compute: auto, CPU, GPU:0, several with commas, or all: every GPU here, or where TF_CONFIG "
        "names several machines, every GPU of theirs.",
    ),
]
Json = Annotated[
    bool, Parameter(name="--json", negative=(), group=THIS_RUN, help="Print JSON, one event a line, a result last.")
]
Extend = Annotated[
    bool, Parameter(group=THIS_RUN, negative=(), help="With --base: let the model learn characters that are new to it.")
]

TEXT_EXAMPLES = """\
Examples:
  studio train text --corpus python-docs                 needs no file
  studio train text --corpus a.txt b.txt --name Novels --seconds 600
  studio train text --preset classic --corpus nietzsche  the well-known recipe
  cat *.md | studio train text --corpus - --json
  studio train text --resume RUN                         go on where it stopped
  studio train text --base MODEL --corpus letters.txt --extend

With --steps or --epochs the preset's own limit in seconds does not count.
"""

PICTURES_EXAMPLES = """\
Examples:
  studio train {0} --data faces                          needs no file
  studio train {0} --data ~/photos --size 64 --name Holidays
  studio train {0} --data fashion-mnist --seconds 600 --json
  studio train {0} --resume RUN                          go on where it stopped
  studio train {0} --base MODEL --data more-photos

With --steps or --epochs the preset's own limit in seconds does not count.
"""
LEARN_FROM_PICTURES = {
    "vae": "a variational autoencoder: pictures to points of a latent space, and back",
    "gan": "a GAN: a generator of pictures against a discriminator",
}

app = App(name="train", help="Train a model. An open studio shows the run as well.", help_epilogue="")


def text(
    *,
    name: Name = "",
    resume: Resume = None,
    base: Base = None,
    extend: Extend = False,
    device: Device = None,
    json: Json = False,
    preset: str | None,
    knobs: dict[str, Any],
) -> None:
    """Train a model that writes text. Ctrl+C stops it and keeps what it has learnt."""
    if extend and base is None:
        raise UsageError("--extend goes with --base MODEL")
    registry = open_registry()
    if "corpus" in knobs:
        knobs["corpus"] = tuple(source_of(source, registry) for source in knobs["corpus"])
    options = {"extend": True} if extend else {}
    train(
        registry, "text", preset, knobs, read_through,
        name=name, resume=resume, base=base, options=options, device=device, json=json,
    )  # fmt: skip


def pictured(family: str, what: str) -> Callable[..., None]:
    """The command of a family that learns from pictures; `what` says what is trained."""

    def command(
        *,
        name: Name = "",
        resume: Resume = None,
        base: Base = None,
        device: Device = None,
        json: Json = False,
        preset: str | None,
        knobs: dict[str, Any],
    ) -> None:
        registry = open_registry()
        train(
            registry, family, preset, located(knobs), looked_through,
            name=name, resume=resume, base=base, options={}, device=device, json=json,
        )  # fmt: skip

    command.__doc__ = f"Train {what}. Ctrl+C stops it and keeps what it has learnt."
    return command


def train(
    registry: Registry,
    family: str,
    preset: str | None,
    knobs: dict[str, Any],
    prepare: Callable[[Any, Registry], str],
    *,
    name: str,
    resume: str | None,
    base: str | None,
    options: dict[str, Any],
    device: str | None,
    json: bool,
) -> None:
    """Make the run, or take up an old one, and carry it out here.

    `prepare` looks at a new run's recipe, before TensorFlow is loaded and before there is a run, and names the run.
    """
    from studio.cli.foreground import carry_out
    from studio.config import load_settings
    from studio.registry import this_process

    cluster = Cluster.of() if device == "all" else None
    if cluster is not None and not cluster.is_chief:
        from studio.cli.companion import take_part

        take_part(registry.paths, family, cluster, options, json=json)
        return
    owner = this_process()
    if resume is not None:
        if given := [*knobs, *(["preset"] if preset else []), *(["base"] if base else []), *(["name"] if name else [])]:
            flags = ", ".join(f"--{knob.replace('_', '-')}" for knob in given)
            raise UsageError(f"--resume goes on with the recipe that the run has: leave out {flags}")
        run = taken_up(registry, family, resume, owner)
    else:
        model = None if base is None else find_model(registry, base)
        if model is not None and model.family != family:
            raise UsageError(f"the model '{model.name}' is a {model.family} model, not a {family} model")
        recipe = recipe_of(family, preset, knobs, None if model is None else model.recipe)
        usual = prepare(recipe, registry)
        values = recipe.model_dump(mode="json")
        base_id = None if model is None else model.id
        called = name or (usual if model is None else model.name)
        run = registry.add_run(family, values, called, base_id, owner=owner, options=options)
    place = device or load_settings(registry.paths).device
    carry_out(registry, run, place, json=json, spread=device is not None, cluster=cluster)


def recipe_of(family: str, preset: str | None, knobs: dict[str, Any], base: dict[str, Any] | None) -> Recipe:
    """The recipe that is meant: of the preset, or of the base model if no preset is named, with these knobs.

    Steps or epochs that are asked for are not cut short by the time that a preset sets. Raises UsageError.
    """
    kind = FAMILIES[family].recipe_class()
    if {"steps", "epochs"} & knobs.keys():
        knobs = {"seconds": None, **knobs}
    if base is not None and preset is None:
        return kind.checked({**base, **knobs})
    return kind.preset(preset, **knobs)


def taken_up(registry: Registry, family: str, wanted: str, owner: str) -> Run:
    """A run that has ended, made this process's own. Raises UsageError if there is nothing to go on with."""
    registry.mark_interrupted()
    run = find_run(registry, wanted)
    if run.family != family:
        raise UsageError(f"the run '{run.name}' is a {run.family} run: studio train {run.family} --resume {run.id}")
    if run.state == "done" and run.model_id is not None:
        raise UsageError(
            f"the run '{run.name}' is done; to train its model further: studio train {family} --base {run.model_id}"
        )
    return registry.claim_run(run.id, owner, "")


def source_of(source: str, registry: Registry) -> str:
    """A corpus as the run is to remember it: what comes from standard input is kept, files get their whole path."""
    from models.text.corpus import NAMES, STDIN, keep_stdin

    if source == STDIN:
        if sys.stdin.isatty():
            print("reading the corpus from the keyboard; end it with Ctrl+D", file=sys.stderr)
        return str(keep_stdin(sys.stdin.buffer, registry.paths.home))
    if source in NAMES or not source.strip():
        return source
    path = Path(source).expanduser()
    return str(path.absolute()) if path.exists() else source


def read_through(recipe: TextRecipe, registry: Registry) -> str:
    """Read the corpus once, and fetch what has to be fetched; its name. Raises UsageError for what is no text."""
    from models.text.corpus import open_corpus

    fetching = Fetching("the corpus")
    try:
        open_corpus(recipe.corpus, encoding=recipe.encoding, folder=registry.paths.home, progress=fetching)
    finally:
        fetching.close()
    first = Path(recipe.corpus[0])
    return "stdin" if first.parent == registry.paths.corpora else first.stem or first.name or "text"


def looked_through(recipe: PicturesRecipe, registry: Registry) -> str:
    """Fetch what has to be fetched; the name of the set. Raises UserError kin where there are no pictures."""
    from models.data.opening import prepare

    fetching = Fetching(recipe.data)
    try:
        prepare(recipe.data, attributes=recipe.attributes, folder=registry.paths.home, progress=fetching)
    finally:
        fetching.close()
    return name_for((recipe.data,))


app.command(
    with_knobs(text, FAMILIES["text"].recipe_class()),
    name="text",
    help_epilogue=TEXT_EXAMPLES,
)
for each, what in LEARN_FROM_PICTURES.items():
    if each in FAMILIES:
        app.command(
            with_knobs(pictured(each, what), FAMILIES[each].recipe_class()),
            name=each,
            help_epilogue=PICTURES_EXAMPLES.format(each),
        )
