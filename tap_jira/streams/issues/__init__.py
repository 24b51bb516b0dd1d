"""The streams that come out of issues."""
