"""Callbacks that tell ``setsuden.progress`` how far a training is: one module for each framework.

    from setsuden.callbacks.lightning import EnergyCallback       Trainer(callbacks=[EnergyCallback()])
    from setsuden.callbacks.transformers import EnergyCallback    Trainer(..., callbacks=[EnergyCallback()])
    from setsuden.callbacks.keras import EnergyCallback           model.fit(..., callbacks=[EnergyCallback()])

All take the arguments of ``progress`` from ``evaluation`` on. Importing this package imports no framework.
"""
