"""The displays: what a report, a training or a search looks like."""
