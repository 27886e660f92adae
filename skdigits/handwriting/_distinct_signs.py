"""The signs of an image, without duplicates."""

from skdigits.handwriting._own_ink import own_ink
from skdigits.handwriting._page_signs import shared_areas, signs_of

# Signs whose boxes share so much of their union are looked at; they are the same where
# the boxes of their ink, which is not shared out between them, have so much in common:
# unless the less sure one has so much in common with its own ink once that is shared
# out, as signs that touch have.
NEAR, SAME, OWN = 0.08, 0.55, 0.7


def distinct_signs_of(grey, **options):
    """Return the `Signs` of an image, without those that are another one seen again.

    Parameters
    ----------
    grey : ndarray of shape (height, width), dtype float32
        In [0, 1].

    **options
        As for `levels_of`.
    """
    signs = signs_of(grey, **options)
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
