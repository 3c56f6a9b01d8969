"""Compute against data exchange: where to run a model, with both views of what a network costs side by side."""
