"""What is done: models (``zoo``), data sets (``data``), training and inference loops, and the profile of a model.

Knows nothing about watts. Import the part you need: ``setsuden.workload.zoo``, ``.data``, ``.training``,
``.inference``, ``.queueing``, ``.profile``.
"""
