"""The error report as a page, and as files."""
