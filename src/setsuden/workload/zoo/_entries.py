"""The list of models: facts only, readable without torch."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from setsuden.errors import InputError

Domain = Literal["image", "audio", "text", "tabular"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)


@dataclass(frozen=True, slots=True)
class ZooEntry:
    """One model of the zoo.

    name          what ``build`` takes, lower case with hyphens
    family        models that share an architecture idea
    domain        what it is made for; a ``tabular`` model flattens its input and takes any numbers
    input_shape   of one sample, without the batch: (channels, height, width), (channels, samples), (tokens,)
    num_classes   of the default head
    title         the name in print
    reference     the paper that introduced it
    smallest      the smallest size after the channels that still leaves one output position
    vocabulary    number of distinct tokens, text only
    """

    name: str
    family: str
    domain: Domain
    input_shape: tuple[int, ...]
    num_classes: int
    title: str
    reference: str
    smallest: tuple[int, ...]
    vocabulary: int | None = None
    builder: str = field(default="", repr=False)
    options: tuple[tuple[str, int], ...] = field(default=(), repr=False)

    def refusal(self, input_shape: Sequence[int], domain: Domain | None = None) -> str | None:
        """Why this model cannot take samples of that shape, or None when it can."""
        shape = tuple(input_shape)
        if not shape or any(side < 1 for side in shape):
            return "every side of an input must be at least 1"
        if domain is not None and (domain == "text") != (self.domain == "text"):
            return f"it takes {'token numbers' if self.domain == 'text' else 'numbers, not tokens'}"
        if self.domain == "tabular":
            return None
        if len(shape) != len(self.input_shape):
            return f"it takes samples of {len(self.input_shape)} dimensions such as {_printed(self.input_shape)}"
        sides = shape[len(shape) - len(self.smallest) :]
        if any(side < least for side, least in zip(sides, self.smallest, strict=True)):
            return f"it needs at least {_printed(self.smallest)}"
        return None


def _image(
    name: str, family: str, title: str, reference: str, builder: str, *, smallest: int = 1, **options: int
) -> ZooEntry:
    return ZooEntry(
        name,
        family,
        "image",
        (3, 32, 32),
        10,
        title,
        reference,
        (smallest, smallest),
        builder=builder,
        options=tuple(options.items()),
    )


_VGG = "Simonyan and Zisserman 2015, arXiv:1409.1556"
_TABLE: tuple[ZooEntry, ...] = (
    _image("lenet", "LeNet", "LeNet-5", "LeCun et al. 1998", "plain:lenet", smallest=16),
    _image("vgg-11", "VGG", "VGG-11", _VGG, "plain:vgg", depth=11),
    _image("vgg-16", "VGG", "VGG-16", _VGG, "plain:vgg", depth=16),
    _image("vgg-19", "VGG", "VGG-19", _VGG, "plain:vgg", depth=19),
    _image("resnet-20", "ResNet", "ResNet-20", "He et al. 2016, arXiv:1512.03385", "residual:resnet20"),
    _image("resnet-18", "ResNet", "ResNet-18", "He et al. 2016, arXiv:1512.03385", "residual:resnet18"),
    _image(
        "preact-resnet-18",
        "ResNet",
        "PreActResNet-18",
        "He et al. 2016, arXiv:1603.05027",
        "residual:preact_resnet18",
    ),
    _image("senet-18", "SENet", "SENet-18", "Hu et al. 2018, arXiv:1709.01507", "residual:senet18"),
    _image("resnext-29", "ResNeXt", "ResNeXt-29 2x64d", "Xie et al. 2017, arXiv:1611.05431", "residual:resnext29"),
    _image(
        "regnetx-200mf",
        "RegNet",
        "RegNetX-200MF",
        "Radosavovic et al. 2020, arXiv:2003.13678",
        "residual:regnetx_200mf",
    ),
    _image("mobilenet", "MobileNet", "MobileNet", "Howard et al. 2017, arXiv:1704.04861", "plain:mobilenet"),
    _image(
        "mobilenet-v2",
        "MobileNet",
        "MobileNetV2",
        "Sandler et al. 2018, arXiv:1801.04381",
        "inverted:mobilenet_v2",
    ),
    _image(
        "efficientnet-b0",
        "EfficientNet",
        "EfficientNet-B0",
        "Tan and Le 2019, arXiv:1905.11946",
        "inverted:efficientnet_b0",
    ),
    _image(
        "densenet-121",
        "DenseNet",
        "DenseNet-121",
        "Huang et al. 2017, arXiv:1608.06993",
        "branching:densenet121",
        smallest=8,
    ),
    _image("dpn-26", "DPN", "DPN-26", "Chen et al. 2017, arXiv:1707.01629", "branching:dpn26"),
    _image("googlenet", "Inception", "GoogLeNet", "Szegedy et al. 2015, arXiv:1409.4842", "branching:googlenet"),
    _image("simple-dla", "DLA", "SimpleDLA", "Yu et al. 2018, arXiv:1707.06484", "branching:simple_dla"),
    _image("small-cnn", "small", "Small CNN", "this package", "plain:small_cnn"),
    _image("depthwise-cnn", "small", "Small depth-wise CNN", "this package", "plain:depthwise_cnn"),
    ZooEntry(
        "m5", "M5", "audio", (1, 16000), 35, "M5", "Dai et al. 2017, arXiv:1610.00087", (1100,), builder="keyword:m5"
    ),
    ZooEntry(
        "ds-cnn",
        "DS-CNN",
        "audio",
        (1, 49, 10),
        35,
        "DS-CNN (small)",
        "Zhang et al. 2017, arXiv:1711.07128",
        (1, 2),
        builder="keyword:ds_cnn",
    ),
    ZooEntry(
        "ds-cnn-1d",
        "DS-CNN",
        "audio",
        (1, 16000),
        35,
        "DS-CNN on raw sound",
        "this package, after Zhang et al. 2017, arXiv:1711.07128",
        (160,),
        builder="keyword:ds_cnn_1d",
    ),
    ZooEntry(
        "lstm",
        "LSTM",
        "text",
        (128,),
        4,
        "LSTM classifier",
        "Hochreiter and Schmidhuber 1997",
        (1,),
        vocabulary=10_000,
        builder="text:lstm",
    ),
    ZooEntry(
        "transformer",
        "Transformer",
        "text",
        (128,),
        4,
        "Small Transformer classifier",
        "Vaswani et al. 2017, arXiv:1706.03762",
        (1,),
        vocabulary=10_000,
        builder="text:transformer",
    ),
    ZooEntry(
        "logistic", "linear", "tabular", (64,), 10, "Logistic regression", "Cox 1958", (), builder="plain:logistic"
    ),
    ZooEntry(
        "mlp", "MLP", "tabular", (64,), 10, "Multi-layer perceptron", "Rumelhart et al. 1986", (), builder="plain:mlp"
    ),
)
_BY_NAME = {entry.name: entry for entry in _TABLE}


def names(domain: Domain | None = None) -> list[str]:
    """Names of the models, in the order of the table; only those made for ``domain`` when it is given."""
    if domain is not None and domain not in DOMAINS:
        raise InputError("unknown domain", value=domain, remedy=f"Use one of: {', '.join(DOMAINS)}.")
    return [entry.name for entry in _TABLE if domain is None or entry.domain == domain]


def entry(name: str) -> ZooEntry:
    """The entry of a model; case, hyphens and underscores do not matter. InputError names near ones."""
    if (known := spelled(name)) is not None:
        return _BY_NAME[known]
    raise InputError(
        "no such model in the zoo",
        value=name,
        remedy=f"{meant(name)}Known: {', '.join(_BY_NAME)}; or give your own as package.module:factory.",
    )


def meant(name: str) -> str:
    """The question which model an unknown name was meant to be, with a space behind it; nothing where none is near."""
    near = difflib.get_close_matches(name.lower(), _BY_NAME, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}? " if near else ""


def spelled(name: str) -> str | None:
    """How the zoo spells ``name``, whatever its case, hyphens and underscores; None for a name it does not have."""
    wanted = _folded(name)
    return next((known for known in _BY_NAME if _folded(known) == wanted), None)


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _printed(sides: tuple[int, ...]) -> str:
    return "x".join(str(side) for side in sides)
