"""Time and memory to open, index and encode a large corpus: `python -m tests.benchmarks.corpus_memory`.

Prints one JSON object. Growth is the highest resident size of this process less the one it had just before, so it
counts whatever the reading, the vocabulary and the ids took. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Literal

from models.text.corpus import encoded, open_corpus
from models.text.vocabulary import Unit, Vocabulary

KINDS = ("ascii", "cjk")


def write_corpus(path: Path, megabytes: int, kind: str) -> None:
    """A corpus of about that size: the language reference over and over, or six thousand ideographs in turn."""
    if kind == "cjk":
        text = "".join(chr(0x4E00 + (number * 7919) % 6000) for number in range(300_000))
        text = re.sub(r"(.{37})", "\\1。\n", text)
    else:
        text = "".join(open_corpus(["python-docs"], folder=path.parent).chunks()).encode("ascii", "ignore").decode()
    block = text.encode()
    with path.open("wb") as file:
        for _ in range(megabytes * 2**20 // len(block) + 1):
            file.write(block)


def resident_megabytes(which: Literal["VmRSS", "VmHWM"]) -> float:
    """The resident size of this process now, or its highest so far; unlike ru_maxrss, with nothing of its parent's."""
    found = re.search(rf"^{which}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def measure(path: Path, unit: Unit) -> dict[str, object]:
    """What it takes to make ids of the file: seconds, megabytes a second, and growth of the peak in megabytes."""
    before = resident_megabytes("VmRSS")
    marks = [time.perf_counter()]
    corpus = open_corpus([str(path)], folder=path.parent)
    marks.append(time.perf_counter())
    vocabulary = Vocabulary.build(corpus.chunks(), unit=unit, words=4000)
    marks.append(time.perf_counter())
    ids = encoded(corpus, vocabulary)
    marks.append(time.perf_counter())
    size = path.stat().st_size / 2**20
    opening, building, encoding = (end - start for start, end in pairwise(marks))
    return {
        "megabytes": round(size, 1),
        "unit": unit,
        "symbols": len(vocabulary),
        "ids": ids.size,
        "dtype": str(ids.dtype),
        "open_seconds": round(opening, 3),
        "build_seconds": round(building, 3),
        "encode_seconds": round(encoding, 3),
        "encode_megabytes_per_second": round(size / encoding, 1),
        "peak_growth_megabytes": round(resident_megabytes("VmHWM") - before, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--unit", choices=("char", "word"), default="char")
    parser.add_argument("--kind", choices=KINDS, default="ascii")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "corpus.txt")
        write_corpus(path, options.megabytes, options.kind)
        print(json.dumps({"kind": options.kind, **measure(path, options.unit)}))


if __name__ == "__main__":
    main()
