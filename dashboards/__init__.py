"""The dashboard: looks at a results folder, and starts runs as processes."""
