"""Federated learning, counted: train for real, keep a trace, price it on any fleet."""
