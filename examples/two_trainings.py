"""A training loop of one's own, and two of them compared fairly: warm up, take turns, repeat, until one accuracy."""

from __future__ import annotations

from statistics import mean, stdev

import torch
from sklearn.datasets import load_digits
from torch import nn

import setsuden

TURNS, BATCH, GOAL = 3, 64, 0.90


OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.003),
}


def train(name: str, train_on: list[torch.Tensor], held_out: list[torch.Tensor], seed: int) -> None:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = OPTIMIZERS[name](model.parameters())
    x, y = train_on
    with setsuden.meter(name, tags=[f"two-trainings-{name}"]) as meter:
        for _ in range(100):
            with meter.window("train", phase="train", model="mine", batch_size=BATCH, samples=len(x)):
                for rows in torch.randperm(len(x)).split(BATCH):
                    optimizer.zero_grad()
                    nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
                    optimizer.step()
            with meter.window("validate", phase="infer", model="mine", samples=len(held_out[0])), torch.no_grad():
                accuracy = (model(held_out[0]).argmax(1) == held_out[1]).float().mean().item()
            if accuracy >= GOAL:
                break
        meter.annotate(accuracy=accuracy)


def main() -> None:
    pictures, labels = load_digits(return_X_y=True)
    x, y = torch.tensor(pictures / 16, dtype=torch.float32), torch.tensor(labels)
    train_on, held_out = [x[:1400], y[:1400]], [x[1400:], y[1400:]]
    with setsuden.meter("warm-up", ledger=False):
        train_on[0].mm(train_on[0].T)
    for turn in range(TURNS):
        for name in sorted(OPTIMIZERS, reverse=turn % 2 == 1):
            train(name, train_on, held_out, seed=turn)
    with setsuden.Ledger.open() as ledger:
        for name in OPTIMIZERS:
            runs = [ledger.run(summary.id).root for summary in ledger.runs(tag=f"two-trainings-{name}", limit=TURNS)]
            joules = [setsuden.figures(run)["energy_j"] for run in runs]
            reached = sum(run.attributes["accuracy"] >= GOAL for run in runs)
            print(f"{name}: {mean(joules):.1f} J, {stdev(joules):.1f} J from run to run")
            print(f"    {reached} of {TURNS} reached {GOAL:.0%}; the last one with the sensor's error: {runs[0]}")


if __name__ == "__main__":
    main()
