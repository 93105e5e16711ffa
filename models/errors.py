"""The errors a person is meant to read: one clear line, with the way out in it."""


class UserError(Exception):
    """Something that went wrong and that the person at the keyboard can do something about.

    The text is a single line. It may quote outside text; whoever shows it must treat it as plain text.
    """


class UsageError(UserError):
    """The request itself is wrong: an unknown knob, a value out of bounds, a name that does not exist."""


class CorruptFileError(UserError):
    """A file does not hold what its checksum or its format promises."""


class UnavailableError(UserError):
    """Something has to be fetched and cannot be; the text says which file to put where."""


class DivergedError(UserError):
    """A loss or a gradient stopped being a finite number; the best state so far is kept."""


def shown(text: str) -> str:
    """Outside text for a one-line message: what cannot be printed becomes an escape (`\\n`, `\\x1b`, `\\udc92`)."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
