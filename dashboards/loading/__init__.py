"""Transformers and lines: how far loaded, and because of whom."""
