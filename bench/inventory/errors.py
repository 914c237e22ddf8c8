"""What is wrong with a bench file, and where."""


class BenchFileError(Exception):
    """A bench file cannot be used: ``place`` is file and line, ``cause`` what is wrong, ``fix`` what to do."""

    def __init__(self, place: str, cause: str, fix: str) -> None:
        self.place = place
        self.cause = cause
        self.fix = fix
        super().__init__(f"{place}: {cause}. Fix: {fix}")


class Misplaced(ValueError):
    """A value that a validator refuses, before its place in the file is known.

    ``key`` names the key within the refused entry when the whole entry was looked at.
    """

    def __init__(self, cause: str, fix: str, *, key: str = "") -> None:
        self.cause = cause
        self.fix = fix
        self.key = key
        super().__init__(cause)
