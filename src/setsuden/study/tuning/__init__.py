"""``setsuden tune``: a search for the cheapest training that meets an accuracy floor, run for real and charged."""
