"""The network on a map at any instant."""
