"""A study on one page."""
