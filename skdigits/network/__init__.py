"""The network, in NumPy alone."""
