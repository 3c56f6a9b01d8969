"""Federations that are simulated or planned, as users declare them; nothing is trained."""
