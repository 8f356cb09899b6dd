"""How a stand-in says no: it does not know this, or the real server would not start with it either."""


class NotSimulated(Exception):  # noqa: N818  # it is an answer about the stand-in, not a mistake of the reader
    """The configuration uses something that the stand-in does not know; the text names it and the way out."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not simulated; the real servers know it, see docs/real-servers.md")


class ConfigError(Exception):
    """The real server refuses this configuration too; the text names the file, the place and what is wrong."""
