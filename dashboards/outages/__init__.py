"""Outages: who was dark, who stayed alight on the own car, and what came after."""
