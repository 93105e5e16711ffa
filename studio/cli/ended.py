"""The way for a command to end with an exit code of its own."""


class Ended(BaseException):
    """Ends the program with this exit code: all that was to be said has been said."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
