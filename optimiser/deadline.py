"""A deadline: the moment by which work must have stopped, whoever does it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


class OutOfTimeError(TimeoutError):
    """The deadline came; whoever holds a result catches this, so that no user meets it."""


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock, seconds; infinity is never.

    Attributes:
        at: the moment.
    """

    at: float = math.inf

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """So many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def passed(self) -> bool:
        """Whether the moment has come."""
        return time.monotonic() >= self.at

    def left(self) -> float:
        """Seconds until then.

        Raises:
            OutOfTimeError: there are none.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left

    def sooner(self, seconds: float) -> Deadline:
        """This deadline, or so many seconds from now if that is earlier."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.at)

    def shared(self, share: float) -> Deadline:
        """The end of a share of the time that is left: this one, and no error, where none is."""
        return self.sooner(share * max(self.at - time.monotonic(), 0.0))


NEVER = Deadline()
"""No deadline."""
