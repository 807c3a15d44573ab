"""The runs in a results folder: listed, noted, checked, thrown away."""
