"""A run at a glance, and where it comes from."""
