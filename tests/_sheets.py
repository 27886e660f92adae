"""Sheets of handwriting drawn by code: strokes of digits on all kinds of paper."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

# Strokes of each digit in a box 6 wide and 10 high.
STROKES = {
    0: [[(3, 0), (1, 1), (0, 4), (0, 7), (2, 10), (4, 10), (6, 7), (6, 3), (3, 0)]],
    1: [[(1, 2), (3, 0), (3, 10)]],
    2: [[(0, 2), (2, 0), (5, 1), (5, 4), (0, 10), (6, 10)]],
    3: [[(0, 1), (3, 0), (5, 2), (3, 4), (5, 7), (3, 10), (0, 9)]],
    4: [[(3, 0), (0, 6), (6, 6)], [(4, 3), (4, 10)]],
    5: [[(5, 0), (1, 0), (1, 4), (4, 4), (6, 7), (3, 10), (0, 9)]],
    6: [[(5, 0), (1, 3), (0, 7), (2, 10), (5, 9), (5, 6), (1, 6)]],
    7: [[(0, 0), (6, 0), (2, 10)]],
    8: [[(3, 5), (0, 2), (3, 0), (6, 2), (0, 8), (3, 10), (6, 8), (3, 5)]],
    9: [[(5, 4), (2, 5), (0, 2), (3, 0), (5, 2), (5, 10)]],
}


def blank(width=400, height=200, grey=215):
    """Return an empty sheet."""
    return Image.new("L", (width, height), grey)


def draw(sheet, digit, left, top, height=50, pen=4, grey=60, strokes=None):
    """Draw a digit, and return its box: left, top, right, bottom."""
    unit = height / 10
    drawing = ImageDraw.Draw(sheet)
    for stroke in strokes or STROKES[digit]:
        points = [(left + x * unit, top + y * unit) for x, y in stroke]
        drawing.line(points, fill=grey, width=pen, joint="curve")
    return left, top, left + 6 * unit, top + height


def write(sheet, text, left=30, top=40, height=50, gap=0.5, slope=0.0, **pen):
    """Write digits, with blanks between numbers; return their boxes."""
    boxes = []
    for character in text:
        if character != " ":
            down = top + slope * (left - 30)
            boxes.append(draw(sheet, int(character), left, down, height, **pen))
        left += (0.6 + gap) * height if character != " " else 1.5 * height
    return boxes


def photographed(sheet, light=0.5, noise=3.0, blur=0.7, seed=0):
    """Return the sheet with light from one side, noise and blur, as uint8."""
    grey = np.asarray(sheet.filter(ImageFilter.GaussianBlur(blur)), float)
    across = np.linspace(1, 1 - light, grey.shape[1])
    grey = grey * across * np.linspace(1, 0.85, grey.shape[0])[:, None]
    grey += np.random.default_rng(seed).normal(0, noise, grey.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)
