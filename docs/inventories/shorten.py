"""Shorten a Sphinx inventory to the names that docstrings and pages link to.

``python docs/inventories/shorten.py objects.inv short.inv``
"""

import sys
import zlib
from pathlib import Path

KINDS = ("py:class ", "py:exception ", "py:function ", "py:module ")


def shorten(inventory):
    """Return an inventory, as bytes, with its modules, classes and functions only."""
    *header, names = inventory.split(b"\n", 4)
    kept = [
        line
        for line in zlib.decompress(names).decode().splitlines()
        if f"{line.split(' ')[1]} " in KINDS
    ]
    names = zlib.compress("\n".join([*kept, ""]).encode(), 9)
    return b"\n".join([*header, names])


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_bytes(shorten(source.read_bytes()))
