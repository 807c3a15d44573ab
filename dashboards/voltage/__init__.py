"""Voltages along the feeder, over time and by customer."""
