"""The checksum of the images and labels that a model was trained on."""

import hashlib
import json


def sha256_of(images, target):
    """Return the SHA-256 of images as they are trained on, and of their labels."""
    digest = hashlib.sha256(f"{images.dtype} {images.shape}".encode())
    digest.update(images.tobytes())
    digest.update(json.dumps(target.tolist()).encode())
    return digest.hexdigest()
