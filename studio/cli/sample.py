"""`studio sample`: a text model writes, at one temperature or at several."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Group, Parameter

from models.errors import UsageError
from studio.cli.ended import Ended
from studio.cli.interrupts import Interrupts
from studio.cli.output import emit, visible_text
from studio.find import find_model, open_registry

if TYPE_CHECKING:
    from models.events import Run

CHOICE = Group("How it chooses", sort_key=1)
EPILOGUE = """\
Examples:
  studio sample MODEL                            at four temperatures
  studio sample MODEL --temperature 0.5 --length 2000
  studio sample MODEL --prompt "Once" --seed 7   the same text each time
  studio sample MODEL --temperature 0.8 --top-p 0.9 > story.txt
"""

app = App(name="sample", help="Let a text model write.", help_epilogue=EPILOGUE)


@app.default
def sample(
    model: Annotated[str, Parameter(name="MODEL", help="A name, an id, or the beginning of either.")],
    /,
    *,
    temperature: Annotated[
        str, Parameter(metavar="N,N,...", help="From 0, always the likeliest, over 1, as learnt, to 10, anything.")
    ] = "0.2,0.5,1.0,1.2",
    length: Annotated[int, Parameter(metavar="N", help="How many characters (or words) to write.")] = 400,
    prompt: Annotated[
        str, Parameter(allow_leading_hyphen=True, metavar="TEXT", help="What the text begins with.")
    ] = "",
    seed: Annotated[int | None, Parameter(metavar="N", help="The same seed writes the same text.")] = None,
    stop: Annotated[
        str | None, Parameter(allow_leading_hyphen=True, metavar="TEXT", help="End when this has been written.")
    ] = None,
    json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, one object a line.")] = False,
    top_k: Annotated[
        int | None, Parameter(group=CHOICE, metavar="N", help="Only the N likeliest symbols; 0 is off, the default.")
    ] = None,
    top_p: Annotated[
        float | None,
        Parameter(group=CHOICE, metavar="P", help="Only the likeliest that make up P together; 1 is off, the default."),
    ] = None,
    min_p: Annotated[
        float | None,
        Parameter(
            group=CHOICE, metavar="P", help="Only those P times as likely as the likeliest; 0 is off, the default."
        ),
    ] = None,
    repetition: Annotated[
        float | None,
        Parameter(group=CHOICE, metavar="N", help="Above 1 shuns what was written lately; 1 is off, the default."),
    ] = None,
    repetition_window: Annotated[
        int | None, Parameter(group=CHOICE, metavar="N", help="How many symbols count as lately (default 64).")
    ] = None,
    no_repeat_ngram: Annotated[
        int | None,
        Parameter(group=CHOICE, metavar="N", help="Never N symbols in a row that were there lately; 0 is off."),
    ] = None,
) -> None:
    """Let a text model write. A single temperature is shown as it is written, several one after the other."""
    from models.text.model import TextModel
    from models.text.sampler import Settings, write
    from models.text.sampler.lane import new_seed

    chosen: dict[str, Any] = {
        "top_k": top_k,
        "top_p": top_p,
        "min_p": min_p,
        "repetition": repetition,
        "repetition_window": repetition_window,
        "no_repeat_ngram": no_repeat_ngram,
        "stop": stop,
    }
    settings = Settings(**{name: value for name, value in chosen.items() if value is not None})
    temperatures = numbers(temperature)
    for one in temperatures:
        replace(settings, temperature=one, length=length)  # a wrong value is said before a missing model
    registry = open_registry()
    found = find_model(registry, model)
    text_model = TextModel.from_checkpoint(registry.load_model(found.id))
    seed = new_seed() if seed is None else seed
    run = write(text_model, temperatures=temperatures, length=length, prompt=prompt, seed=seed, settings=settings)
    shown = labels(temperatures)
    with Interrupts() as interrupts:
        began = time.perf_counter()
        texts = follow(run, interrupts, JsonScreen() if json else Screen(shown, prompt))
        seconds = time.perf_counter() - began
    if json:
        emit(
            "result",
            model=found.id,
            name=found.name,
            prompt=prompt or text_model.default_prompt(),
            temperatures=temperatures,
            seed=seed,
            texts=[texts.get(label, "") for label in shown],
            characters_per_second=sum(map(len, texts.values())) / max(seconds, 1e-9),
        )
    if interrupts.number:
        raise Ended(interrupts.code)


def numbers(text: str) -> list[float]:
    """`0.2,0.5` as numbers. Raises UsageError."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        found = [float(part) for part in parts]
    except ValueError:
        found = []
    if not found:
        raise UsageError(f"temperature: one number, or several with commas between, such as 0.5,1.0 (got {text!r})")
    return found


def labels(temperatures: Sequence[float]) -> list[str]:
    """What `write` calls the texts at these temperatures, in the same order."""
    from models.text.sampler.write import label

    counts: Counter[float] = Counter()
    found = []
    for temperature in temperatures:
        counts[temperature] += 1
        found.append(label(temperature, counts[temperature]))
    return found


def follow(run: Run, interrupts: Interrupts, screen: Screen | JsonScreen) -> dict[str, str]:
    """Show what is written until it ends or a signal comes; the texts by label."""
    from models.events import Text

    texts: dict[str, list[str]] = {}
    try:
        for event in run:
            if isinstance(event, Text):
                texts.setdefault(event.label, []).append(event.text)
                screen.put(event.label, event.text)
            if interrupts.number:
                run.close()
                break
    finally:
        screen.close()
    return {label: "".join(parts) for label, parts in texts.items()}


class JsonScreen:
    """Each piece of text as a JSON event."""

    def put(self, label: str, text: str) -> None:
        emit("text", label=label, text=text)

    def close(self) -> None:
        """Nothing is held back."""


class Screen:
    """The first text is shown while it is written, the others below it when all have ended.

    On a terminal control characters become symbols; a pipe gets the text as it is. A text that stands alone has no
    heading.
    """

    def __init__(self, labels: Sequence[str], prompt: str) -> None:
        self._labels, self._prompt = labels, prompt
        self._tty = sys.stdout.isatty()
        self._held: dict[str, list[str]] = {label: [] for label in labels}
        self._begin(labels[0])

    def put(self, label: str, text: str) -> None:
        if label == self._labels[0]:
            self._write(text)
        else:
            self._held[label].append(text)

    def close(self) -> None:
        for label in self._labels[1:]:
            self._write("\n\n")
            self._begin(label)
            self._write("".join(self._held[label]))
        self._write("\n")

    def _begin(self, label: str) -> None:
        if len(self._labels) > 1:
            self._write(f"--- {label} ---\n")
        self._write(self._prompt)

    def _write(self, text: str) -> None:
        sys.stdout.write(visible_text(text) if self._tty else text)
        sys.stdout.flush()
