"""Callbacks that measure a training and tell ``setsuden.progress`` how far it is: one module for each framework.

    from setsuden.callbacks.lightning import EnergyCallback       Trainer(callbacks=[EnergyCallback()])
    from setsuden.callbacks.transformers import EnergyCallback    Trainer(..., callbacks=[EnergyCallback()])
    from setsuden.callbacks.keras import EnergyCallback           model.fit(..., callbacks=[EnergyCallback()])

All take the arguments of ``progress`` from ``evaluation`` on. Under a meter or ``setsuden run`` the training is part of
what those measure; elsewhere a callback opens a meter and keeps the training as a run of its own. Importing this
package imports no framework.
"""
