"""A form that starts runs."""
