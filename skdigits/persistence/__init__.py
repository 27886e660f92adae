"""A fitted classifier or pipeline in one file."""
