"""How networks learn: the one door to TensorFlow."""
