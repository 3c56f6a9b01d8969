"""A profile for people: totals, the module tree folded to a depth, the heaviest operators, what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.language import Language, Messages
from setsuden.language.columns import table
from setsuden.quantity import Estimate, Provenance, render
from setsuden.workload.profile.result import Profile
from setsuden.workload.profile.roofline import Roofline
from setsuden.workload.profile.tree import Node

_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_ROWS = 40
_SHAPES = 3
_NEVER_RUN = ("meta", "onnx", "jaxpr")


def text(profile: Profile, language: Language = "en", *, depth: int = 2, roofline: Roofline | None = None) -> str:
    """The terminal table; ``depth`` levels of modules, 0 for the totals only."""
    say = Messages("profile", language).say
    lines = [_title(profile, language), ""]
    first, *rest = _totals(profile, language, roofline)
    lines += table(first, rest, left=2)
    if profile.macs or profile.tree.children:
        heads = [say(key) for key in ("module", "parameters", "macs", "share", "bytes", "intensity")]
        lines += ["", *table(heads, _modules(profile, depth))]
        heads = [say(key) for key in ("operator", "calls", "macs", "share", "bytes")]
        lines += ["", *table(heads, _operators(profile, language))]
    if profile.unknown_operators:
        lines += ["", say("incomplete", share=percent(profile.unknown_share))]
        lines += [f"  {op.operator}  x{op.calls}  {percent(op.share)}" for op in profile.unknown_operators]
    lines += [say("note", text=note) for note in profile.notes]
    return "\n".join(lines)


def _title(profile: Profile, language: Language) -> str:
    say = Messages("profile", language).say
    shapes_alone = profile.device in _NEVER_RUN
    return say(
        "title",
        name=profile.name,
        input=_shapes(profile.input_shapes, profile.batch_size),
        output=_output(profile, language),
        batch_size=profile.batch_size,
        how=say("from_shapes") if shapes_alone else say("by_running", device=profile.device),
    )


def _output(profile: Profile, language: Language) -> str:
    from setsuden.workload import zoo

    shapes = profile.output_shapes
    if profile.name in zoo.names() and len(shapes) == 1 and len(shapes[0]) == 2:  # the zoo holds classifiers only
        return Messages("profile", language).say("classes", count=shapes[0][1])
    return _shapes(shapes, profile.batch_size)


def _shapes(shapes: Sequence[Sequence[int]], batch_size: int) -> str:
    """3x32x32 of one sample; with the batch where a shape does not begin with it."""
    shown = [shape[1:] if len(shape) > 1 and shape[0] == batch_size else shape for shape in shapes]
    parts = ["x".join(map(str, shape)) or "1" for shape in shown[:_SHAPES]]
    return ", ".join([*parts, "..."] if len(shown) > _SHAPES else parts) or "-"


def count(number: float) -> str:
    """1234567 as 1.235 M; exact below a thousand."""
    for scale, prefix in _PREFIXES:
        if abs(number) >= scale:
            return f"{number / scale:.4g} {prefix}"
    return f"{number:.4g}"


def size(number: float) -> str:
    """Bytes with a fitting decimal prefix."""
    return render(Estimate.exact(float(number), "B", Provenance.ESTIMATED))


def percent(share: float | None) -> str:
    """0.123 as 12.3 %; a question mark where it is not known."""
    return "? %" if share is None else f"{100 * share:.3g} %"


def _totals(profile: Profile, language: Language, roofline: Roofline | None) -> list[list[str]]:
    say = Messages("profile", language).say
    share = percent(profile.trainable_share) if profile.trainable_share is not None else "-"
    rows = [
        [
            say("parameters"),
            say("parameters_value", count=count(profile.parameters), share=share, size=size(profile.parameter_bytes)),
        ],
        [
            say("forward"),
            say(
                "forward_value",
                macs=count(profile.macs),
                flops=count(profile.flops),
                per_sample=count(profile.macs_per_sample),
            ),
        ],
    ]
    if profile.macs_with_elementwise != profile.macs:
        rows.append([say("with_elementwise"), say("with_elementwise_value", macs=count(profile.macs_with_elementwise))])
    if profile.macs_per_parameter is not None:
        rows.append([say("per_parameter"), f"{profile.macs_per_parameter:.4g}"])
    if profile.training_macs is not None:
        ratio = f"{profile.training_ratio:.3f}" if profile.training_ratio is not None else "-"
        flops = count(2 * profile.training_macs)
        rows.append(
            [say("training"), say("training_value", macs=count(profile.training_macs), flops=flops, ratio=ratio)]
        )
    activations = say(
        "activations_value", elements=count(profile.activation_elements), size=size(profile.activation_bytes)
    )
    rows.append([say("activations"), activations])
    for key, figure in (("saved", profile.saved_for_backward_bytes), ("optimizer", profile.optimizer_bytes)):
        if figure is not None:
            rows.append([say(key), size(figure)])
    intensity = f"{profile.arithmetic_intensity:.3g}" if profile.arithmetic_intensity is not None else "-"
    traffic = say(
        "traffic_value", read=size(profile.bytes_read), written=size(profile.bytes_written), intensity=intensity
    )
    rows.append([say("traffic"), traffic])
    if profile.peak_bytes is not None:
        rows.append([say("peak"), size(profile.peak_bytes)])
    if roofline is not None:
        value = say(
            "roofline_value",
            time=render(roofline.time_s),
            precision=roofline.device.precision,
            phase=say(f"phase_{roofline.phase}"),
            share=percent(roofline.compute_bound_share),
        )
        rows.append([say("roofline", device=roofline.device.name), value])
    return rows


def _modules(profile: Profile, depth: int) -> list[list[str]]:
    rows = []
    for level, node in profile.tree.walk():
        if level <= depth and (node.macs or node.bytes_written or not level):
            rows.append(_module(node, level, profile.macs))
    return rows


def _module(node: Node, level: int, total: int) -> list[str]:
    intensity = f"{node.arithmetic_intensity:.3g}" if node.arithmetic_intensity is not None else "-"
    return [
        f"{'  ' * level}{node.name} ({node.kind})",
        count(node.parameters),
        count(node.macs),
        percent(node.macs / total) if total else "-",
        size(node.bytes_read + node.bytes_written),
        intensity,
    ]


def _operators(profile: Profile, language: Language) -> list[list[str]]:
    say = Messages("profile", language).say
    total = profile.training_macs if profile.training_macs is not None else profile.macs
    rows = []
    for operator in profile.operators[:_ROWS]:
        moved = size(operator.bytes_read + operator.bytes_written)
        macs = say("not_counted") if operator.unknown else count(operator.training_macs)
        share = percent(operator.training_macs / total) if total and not operator.unknown else "-"
        rows.append([operator.operator, str(operator.calls), macs, share, moved])
    if len(profile.operators) > _ROWS:
        rows.append([say("more", count=len(profile.operators) - _ROWS), "", "", "", ""])
    return rows
