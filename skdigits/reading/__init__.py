"""Reading handwriting with a classifier: the model in the box and its making."""
