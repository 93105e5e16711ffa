"""The process that reads a Keras file: `python -m models.keras_files.child MOST < FILE > ARRAYS`.

It writes a safetensors file, or says on its standard error in one line why not.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys

from models.keras_files.bounds import DAMAGED, LARGEST, MEMORY, REFUSED, SECONDS, RefusedError


def main() -> int:
    """Read, write, and return the exit code."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS bounds no address space
            resource.setrlimit(kind, (most, most))
    os.environ["HDF5_PLUGIN_PRELOAD"] = "::"  # HDF5 is to load no code of others for a file
    from models.keras_files.stored import layers_in

    data = sys.stdin.buffer.read(LARGEST + 1)
    try:
        layers = layers_in(data, int(sys.argv[1]))
    except RefusedError as error:
        return told(str(error), REFUSED)
    except Exception as error:  # a damaged file may make the libraries raise anything
        return told(str(error), DAMAGED)
    from safetensors.numpy import save

    arrays = {f"{place}/{at}": array for place, layer in enumerate(layers) for at, array in enumerate(layer.arrays)}
    about = [{"path": layer.path, "name": layer.name, "arrays": len(layer.arrays)} for layer in layers]
    sys.stdout.buffer.write(save(arrays, metadata={"layers": json.dumps(about)}))
    sys.stdout.buffer.flush()
    return 0


def told(why: str, code: int) -> int:
    print(" ".join(why.split())[:300].encode("unicode_escape").decode("ascii"), file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
