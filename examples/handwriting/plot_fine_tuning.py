"""
Fine-tuning the pretrained model
================================

Transfer learning: the pretrained model has never seen scikit-learn's digits, which have
only 8 x 8 pixels and were written by other people. It misreads a few of them. This
example fine-tunes the model on the misread digits in the first half of the data, as if
a person had corrected them, and tests it on the second half. If it is trained on the
corrections alone, the model forgets what it knew. Mixing in images that it knows
prevents this.

.. index:: ! fine-tuning, ! fine-tune, ! finetune, ! transfer learning, ! forgetting
"""

# %%
# Before fine-tuning
# ------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import skdigits
from skdigits.datasets import make_digit_pages
from skdigits.handwriting import mnist_format

X, y = load_digits(return_X_y=True)
pipeline = skdigits.load_pretrained()
prepared = pipeline[:-1].transform(X)
before = pipeline["cnn"].predict(prepared)
first = np.arange(len(X)) < 900
corrected = first & (before != y)
print(f"{corrected.sum()} corrections")

# %%
# Images that the model knows
# ---------------------------
#
# The known images come from synthetic pages, which you can make on any machine. The ink
# of the digits, and of letters and other signs (class -1), is cut out of the pages.
# Half of the resulting images are for training, and the other half are for testing how
# much is forgotten. They are already in MNIST format, so they skip the first step of
# the pipeline, the normalization.
pages = make_digit_pages(100, random_state=1)
signs, labels = [], []
for page, boxes in enumerate(pages.boxes):
    for i, (left, top, width, height) in enumerate(boxes):
        label = pages.target_names[pages.labels[page][i]]
        is_whole = pages.visible[page][i] > 0.99 and height >= 14
        if is_whole and label in (*"0123456789", "other"):
            ink = pages.ink[page][top : top + height, left : left + width] == i + 1
            signs.append(mnist_format(ink.astype(np.float32)))
            labels.append(-1 if label == "other" else int(label))
drawn = pipeline[1:-1].transform(np.reshape(signs[:2000], (-1, 784)))
known, y_known = drawn[::2], np.array(labels[:2000:2])
test, y_test = drawn[1::2], np.array(labels[1:2000:2])


def accuracies(name, cnn):
    new, old = cnn.score(prepared[~first], y[~first]), cnn.score(test, y_test)
    print(f"{name}: {new:.1%} of the second half, {old:.1%} of known images")
    return new, old


as_it_is = accuracies("Pretrained", pipeline["cnn"])

# %%
# Fine-tuned on the corrections alone
# -----------------------------------
#
# With `warm_start`, `fit` continues from the current weights, here at a twentieth of
# the usual learning rate.


def fine_tuned(images, labels, sample_weight=None, epochs=10):
    cnn = skdigits.load_pretrained()["cnn"]
    cnn.set_params(warm_start=True, epochs=epochs, random_state=0)
    cnn.set_params(batch_size=32, learning_rate=0.001)
    return cnn.fit(images, labels, sample_weight=sample_weight)


alone = fine_tuned(prepared[corrected], y[corrected], epochs=60)
on_its_own = accuracies("Fine-tuned alone", alone)

# %%
# Mixed with what it knows
# ------------------------
#
# Each correction counts as much as five known images.
# ``skdigits train --from pretrained --data corrections.zip`` does the same, and adds
# some of MNIST's images if MNIST is available.
mixed = fine_tuned(
    np.concatenate([prepared[corrected], known]),
    np.concatenate([y[corrected], y_known]),
    sample_weight=np.r_[np.full(corrected.sum(), 5.0), np.ones(len(known))],
)
with_known = accuracies("Fine-tuned, mixed", mixed)

# %%
# What it has learned
# -------------------
#
# These images from the second half were misclassified before fine-tuning, and are
# classified correctly after it.
after = mixed.predict(prepared)
learned = np.flatnonzero(~first & (before != y) & (after == y))[:10]
figure, axes = plt.subplots(2, 5, figsize=(6, 3.6), layout="constrained")
figure.suptitle("Before → after")
for ax, i in zip(axes.flat, learned, strict=False):
    ax.imshow(X[i].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{before[i]} → {after[i]}")
    ax.set_axis_off()
plt.show()

# %%
# To save the new weights, put the new classifier into the pipeline, and save the
# pipeline like any other: ``skdigits.save(pipeline, "mine.safetensors")``.
pipeline.steps[-1] = ("cnn", mixed)

# The model trained on the mixture makes fewer mistakes than before on new images, and
# hardly any additional ones on known images. The model trained on the corrections alone
# makes more mistakes on new images, and misreads about a tenth of the known ones.
assert with_known[0] > as_it_is[0]
assert with_known[1] > as_it_is[1] - 0.01
assert on_its_own[0] < as_it_is[0]
assert on_its_own[1] < as_it_is[1] - 0.05
