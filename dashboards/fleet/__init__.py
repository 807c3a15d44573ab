"""What the cars do, and one car's life."""
