"""
Exporting to ONNX: predictions without Python
==============================================

Export a fitted pipeline to an ONNX graph. ONNX Runtime can run it from many languages,
without skdigits. The graph takes raw pixels and returns labels and probabilities. The
pipeline itself also predicts with ONNX Runtime, but scales the pixels in a separate
step.
"""

# %%
# A pipeline
# ----------

import json

import matplotlib.pyplot as plt
import numpy as np
from onnxruntime import InferenceSession
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import skdigits

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
pipeline = skdigits.make_digit_pipeline(epochs=10, random_state=0)
pipeline.fit(X_train, y_train)

# %%
# The graph
# ---------
# If the pipeline is saved as ``digits.safetensors``, the equivalent command is
# ``skdigits export digits.safetensors digits.onnx``. The graph contains a description
# of how to use it.

graph = skdigits.to_onnx(pipeline)
print(graph.doc_string)

# %%
# The predictions
# ---------------
# ONNX Runtime needs only the bytes of the graph, or a file that contains them.

session = InferenceSession(graph.SerializeToString())
pixels = X_test.astype(np.float32)
label, probabilities = session.run(["label", "probabilities"], {"X": pixels})
print(f"Test accuracy: {np.mean(label == y_test):.1%} of {len(y_test)}")
difference = np.abs(probabilities - pipeline.predict_proba(X_test)).max()
print(f"Furthest from the pipeline's probabilities: {difference:.0e}")

# %%
# The figure shows the ten images with the least confident predictions.

metadata = session.get_modelmeta().custom_metadata_map
height, width = json.loads(metadata["image_shape"])
figure, axes = plt.subplots(2, 5, figsize=(6, 3.6), layout="constrained")
for ax, row in zip(axes.flat, probabilities.max(axis=1).argsort(), strict=False):
    ax.imshow(pixels[row].reshape(height, width), cmap="gray_r")
    ax.set_title(f"{label[row]}\n{probabilities[row].max():.0%}")
    ax.set_axis_off()

plt.show()

assert (label == pipeline.predict(X_test)).all()
assert difference < 1e-5
