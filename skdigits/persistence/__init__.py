"""A fitted classifier or pipeline in one file that runs nothing when it is read."""

from skdigits.persistence._files import load, read_card, save

__all__ = ["load", "read_card", "save"]
