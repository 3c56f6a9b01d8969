"""A declared federation: trained, counted, and compared with training in one place."""
