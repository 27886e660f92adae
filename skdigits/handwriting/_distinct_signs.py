"""The signs of an image, without duplicates."""

from skdigits.handwriting._own_ink import own_ink
from skdigits.handwriting._page_signs import shared_areas, signs_of

# Signs are compared if their boxes share NEAR of their union. They are the same if the
# boxes of their ink, before it is divided between them, share SAME of their union,
# unless the box of the less certain one shares OWN with that of its ink after the ink
# is divided, as with signs that touch.
NEAR, SAME, OWN = 0.08, 0.55, 0.7


def distinct_signs_of(grey):
    """Return the `Signs` of an image, without those that were found twice.

    Parameters
    ----------
    grey : ndarray of shape (height, width), dtype float32
        In [0, 1].
    """
    signs = signs_of(grey)
    kept: list[int] = []
    for j in range(len(signs)):
        union, _ = shared_areas(signs.boxes[j], signs.boxes)
        near = [i for i in kept if union[i] > NEAR]
        if not (near and _is_one_of(signs, j, near)):
            kept.append(j)
    return signs.chosen(kept)


def _is_one_of(signs, j, near):
    if shared_areas(own_ink(signs, j)[1], signs.boxes[j][None])[0][0] > OWN:
        return False
    _, box = own_ink(signs, j, near)
    return any(
        shared_areas(box, own_ink(signs, i, [j])[1][None])[0][0] > SAME for i in near
    )
