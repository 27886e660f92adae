"""What a graph says of itself."""

import json

from skdigits.persistence._model_card import plain_card


def doc_string(parts):
    """Return what a person has to know to use the graph, a sentence a line."""
    height, width = parts.classifier.image_shape_
    sentences = [
        "A classifier of handwritten digits, made by skdigits.",
        f"X: a picture in each row, its {height} x {width} pixels line after line, "
        f"from 0 to {parts.scale:g}.",
        "label: the most probable class of each row.",
        "probabilities: one for each class, in the order of the metadata 'classes'.",
    ]
    if parts.left_out:
        sentences.append(
            "X has to be in MNIST's form, light ink on dark ground, as skdigits' "
            "HandwritingNormalizer makes it of any picture: that step is not in the "
            "graph."
        )
    return "\n".join(sentences)


def metadata(parts, labels, card):
    """Return names with what they say as JSON."""
    said = {
        "classes": labels.tolist(),
        "image_shape": list(parts.classifier.image_shape_),
        "scale": parts.scale,
        "steps": _names(parts.steps),
        "steps_left_out": _names(parts.left_out),
    }
    if card is not None:
        said["card"] = plain_card(card)
    return {name: json.dumps(value) for name, value in said.items()}


def _names(steps):
    return [type(step).__name__ for step in steps]
