"""What holds for all tests."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

settings.register_profile("studio", deadline=None)
settings.load_profile("studio")

# A shell that starts the tests in the background lets them ignore Ctrl+C, and the programs they start would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A test knows what its registry holds: the models that come along are put there by tests of theirs alone.
os.environ["STUDIO_STARTERS"] = "no"
