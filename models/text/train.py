"""Training a text model, as a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.checkpoint import Checkpoint
from models.devices import Placement, resolve
from models.errors import UsageError, shown
from models.events import Note, Run, Stop
from models.pace import Plan
from models.text.corpus import Corpus, encoded, open_corpus, split
from models.text.network import set_arrays
from models.text.recipe import TextRecipe
from models.text.task import TextTask
from models.text.vocabulary import Vocabulary, named
from models.training import train

KEPT = ("unit", "lowercase", "cell", "layers", "units", "input", "embedding")
"""Knobs that a model which training starts from has settled."""


def run(
    recipe: TextRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    extend: bool = False,
    device: str = "auto",
) -> Run:
    """Train a text model. `folder` is the data folder, where downloaded texts are kept.

    `resume` goes on from a run's checkpoint as if it had never stopped; `recipe` may then set another end. `base`
    starts from a model's weights: its network and vocabulary stay, and characters it does not know are refused, or
    with `extend` added. `device` is as `models.devices.resolve` takes it; several share each batch.

    Yields Notes of what is read and trained, then as `models.training.train` does, with the losses in nats per
    character (`val_loss_symbol` is per symbol, where a symbol is a word); after every epoch a Text for each
    temperature. Stopped before the first step it just ends: there is nothing to keep.
    Raises UserError kin: the corpus cannot be read or is too short, the checkpoint does not fit, the loss is no
    longer finite.
    """
    place = Placement(resolve(device))
    if place.workers is not None:
        recipe, resume, base = place.workers.begin(recipe, resume, base)
    if isinstance((yield Note(f"reading {', '.join(map(shown, recipe.corpus))}")), Stop):
        return
    if recipe.batch % place.replicas:
        raise UsageError(f"batch: {recipe.batch} examples cannot be shared by {place.replicas} devices")
    corpus = open_corpus(recipe.corpus, encoding=recipe.encoding, folder=folder)
    if place.workers is not None:
        place.workers.check_same(corpus.sha256)
    origin = resume or base
    if origin is None:
        vocabulary = Vocabulary.build(corpus.chunks(), unit=recipe.unit, words=recipe.words, lowercase=recipe.lowercase)
    else:
        recipe, vocabulary = _settled(recipe, origin)
    if resume is not None:
        _check_same(corpus, resume)
    elif base is not None:
        vocabulary = _known(vocabulary, corpus, extend=extend)
    ids = encoded(corpus, vocabulary)
    learnt, held = split(ids, recipe.validation, recipe.window)
    about = {"corpus": {"names": list(corpus.names), "characters": corpus.characters, "sha256": corpus.sha256}}
    with place.scope():
        task = TextTask(recipe, vocabulary, learnt, held, place, about)
        if base is not None and resume is None:
            set_arrays(task.network, base.arrays)
            set_arrays(task.averaged, base.arrays)
    count = sum(int(variable.shape.num_elements()) for variable in task.network.trainable_variables)
    about_to_train = Note(
        f"{corpus.characters:,} characters, {len(vocabulary.symbols):,} symbols; {count:,} weights; "
        f"{task.steps_per_epoch:,} steps an epoch, on {place.title}"
    )
    if isinstance((yield about_to_train), Stop):
        return
    yield from train(task, plan(recipe), place, resume)


def plan(recipe: TextRecipe) -> Plan:
    """When the training that a recipe describes ends, measures and saves."""
    return Plan(
        {"learning_rate": recipe.learning_rate},
        seed=recipe.seed,
        epochs=recipe.epochs,
        steps=recipe.steps,
        seconds=recipe.seconds,
        patience=recipe.patience,
        schedule=recipe.schedule,
        warmup=recipe.warmup,
        validate_every=recipe.validate_every,
        save_every=recipe.save_every,
    )


def _settled(recipe: TextRecipe, origin: Checkpoint) -> tuple[TextRecipe, Vocabulary]:
    """The recipe with the knobs that the checkpoint has settled, and the checkpoint's vocabulary."""
    if origin.meta.get("family") != "text":
        raise UsageError(f"this is a {origin.meta.get('family')} model; training text needs a text model")
    before: Mapping[str, Any] = TextRecipe.checked(origin.meta["recipe"]).model_dump()
    return recipe.changed(**{name: before[name] for name in KEPT}), Vocabulary.from_json(origin.meta["vocabulary"])


def _check_same(corpus: Corpus, resume: Checkpoint) -> None:
    if resume.meta.get("corpus", {}).get("sha256") != corpus.sha256:
        raise UsageError(f"{', '.join(corpus.names)} is no longer the text this run began with; start a new run")


def _known(vocabulary: Vocabulary, corpus: Corpus, *, extend: bool) -> Vocabulary:
    """The vocabulary that knows the whole corpus. Raises UsageError that names the unknown characters."""
    unknown = vocabulary.unknown(corpus.chunks())
    if unknown and not extend:
        raise UsageError(f"the model to start from does not know {named(unknown)}; extend it, or leave them out")
    return vocabulary.extended(unknown)
