"""PyTorch modules and callables: inputs, the stand-in to run, and the way back from meta when a model needs data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from setsuden.errors import InputError
from setsuden.workload.profile.build import build
from setsuden.workload.profile.isolate import moved, on_meta, stand_in
from setsuden.workload.profile.optimizers import maker
from setsuden.workload.profile.result import Profile
from setsuden.workload.profile.run import record, tensors_in


@dataclass(slots=True)
class TorchWork:
    """A module or callable with its arguments, ready to run."""

    name: str
    fn: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    batch_size: int
    disposable: bool = False  # made for us: may be run without a stand-in

    @classmethod
    def of(
        cls,
        fn: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        input_shape: Sequence[int] | None,
        batch_size: int | None,
        name: str | None = None,
        disposable: bool = False,
    ) -> TorchWork:
        """A module or callable; inputs are made up from ``input_shape`` where no arguments are given."""
        if isinstance(fn, torch.export.ExportedProgram):
            if not args and not kwargs and input_shape is None and fn.example_inputs is not None:
                args, kwargs = fn.example_inputs
            fn = fn.module()
        module = isinstance(fn, torch.nn.Module)
        if isinstance(fn, torch.nn.Module):
            fn = getattr(fn, "_orig_mod", fn)  # what torch.compile wrapped
        if not args and not kwargs and input_shape is not None:
            batch_size = batch_size or 1
            args = (made_up(fn, (batch_size, *input_shape)),)
        elif not args and not kwargs and isinstance(fn, torch.nn.Module) and _takes_input(fn.forward):
            raise InputError(
                "no input was given",
                place=name or type(fn).__name__,
                remedy="Give the shape of one sample (--input-shape 3x32x32, input_shape=(3, 32, 32)) or inputs.",
            )
        if batch_size is None:
            found = tensors_in((args, kwargs)) if module else []
            batch_size = int(found[0].shape[0]) if found and found[0].dim() else 1
        if name is None:
            name = type(fn).__name__ if module else str(getattr(fn, "__name__", type(fn).__name__))
        return cls(name, fn, args, kwargs, batch_size, disposable)

    @classmethod
    def from_zoo(cls, name: str, input_shape: Sequence[int] | None, batch_size: int | None) -> TorchWork:
        """A model of the zoo, built for ``input_shape``, its own by default."""
        from setsuden.workload import zoo

        batch_size = batch_size or 1
        example = zoo.example_input(name, batch_size, input_shape)
        return cls(name, zoo.build(name, input_shape=input_shape), (example,), {}, batch_size, disposable=True)

    def profile(
        self, *, train: bool, loss: Callable[[Any], Any] | None, optimizer: Any, device: str, strict: bool
    ) -> Profile:
        """Run and count; on meta first where asked, then where the model lives if it must see data."""
        device = str(torch.device(device))
        if not isinstance(self.fn, torch.nn.Module):
            return self._run(
                self.fn, self._where_it_lives(), (), train, loss, optimizer, strict, self.args, self.kwargs
            )
        if device != "meta":
            return self._on(device, (), train, loss, optimizer, strict)
        try:
            return self._on("meta", (), train, loss, optimizer, strict)
        except InputError:
            raise
        except Exception as error:
            home = self._where_it_lives()
            if home == "meta":
                raise InputError(
                    f"the model cannot run on shapes alone: {type(error).__name__}: {_first_line(error)}",
                    place=self.name,
                    remedy="Check the input shape, or give a model whose weights exist and device='cpu'.",
                ) from error
            reason = f"ran on {home}, because on meta: {type(error).__name__}: {_first_line(error)}"
            try:
                return self._on(home, (reason,), train, loss, optimizer, strict)
            except InputError:
                raise
            except Exception as again:
                raise InputError(
                    f"the model cannot take this input: {type(again).__name__}: {_first_line(again)}",
                    place=self.name,
                    remedy="Check the input shape and the batch size.",
                ) from again

    def _on(
        self,
        device: str,
        notes: tuple[str, ...],
        train: bool,
        loss: Callable[[Any], Any] | None,
        optimizer: Any,
        strict: bool,
    ) -> Profile:
        assert isinstance(self.fn, torch.nn.Module)
        twin = self.fn
        if not (device == "meta" and self._harmless(twin, train)):
            twin = stand_in(self.fn, device, own_weights=optimizer is not None)
        if not train:
            twin.eval()
        elif not any(part.training for part in twin.modules()):
            twin.train()
        move = on_meta if device == "meta" else (lambda tensor: _filled(tensor, device))
        args, kwargs = moved(tuple(self.args), move), moved(dict(self.kwargs), move)
        return self._run(twin, device, notes, train, loss, optimizer, strict, args, kwargs)

    def _run(
        self,
        fn: Callable[..., Any],
        device: str,
        notes: tuple[str, ...],
        train: bool,
        loss: Callable[[Any], Any] | None,
        optimizer: Any,
        strict: bool,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Profile:
        recording = record(
            fn,
            args,
            kwargs,
            name=self.name,
            train=train,
            loss=loss,
            optimizer=maker(optimizer) if optimizer is not None and train else None,
            strict=strict,
        )
        return build(recording, name=self.name, batch_size=self.batch_size, device=device, notes=notes)

    def _harmless(self, module: torch.nn.Module, train: bool) -> bool:
        """Whether the module itself may be run on meta: made for us, or with neither data nor a mode to change."""
        if not all(tensor.is_meta for tensor in (*module.parameters(), *module.buffers())):
            return False
        return self.disposable or (not train and not any(part.training for part in module.modules()))

    def _where_it_lives(self) -> str:
        owned = [*self.fn.parameters(), *self.fn.buffers()] if isinstance(self.fn, torch.nn.Module) else []
        for tensor in (*owned, *tensors_in((self.args, self.kwargs))):
            return str(tensor.device)
        return "cpu"


def made_up(fn: Callable[..., Any], shape: Sequence[int]) -> torch.Tensor:
    """An input on meta: token numbers where the first layer with weights is an embedding, else floating point."""
    if isinstance(fn, torch.nn.Module):
        for part in fn.modules():
            weight = next(iter(part._parameters.values()), None)
            if weight is not None:
                if isinstance(part, (torch.nn.Embedding, torch.nn.EmbeddingBag)):
                    return torch.empty(tuple(shape), dtype=torch.long, device="meta")
                kind = weight.dtype if weight.is_floating_point() else torch.float32
                return torch.empty(tuple(shape), dtype=kind, device="meta")
    return torch.empty(tuple(shape), device="meta")


def _takes_input(forward: Callable[..., Any]) -> bool:
    """Whether it cannot be called without arguments."""
    try:
        inspect.signature(forward).bind()
    except TypeError:
        return True
    except ValueError:  # a built-in that does not say what it takes
        return False
    return False


def _filled(tensor: torch.Tensor, device: str) -> torch.Tensor:
    """A copy of the tensor on a real device, as running may write into it; zeros where it had no data."""
    if tensor.is_meta:
        return torch.zeros(tensor.shape, dtype=tensor.dtype, device=device, requires_grad=tensor.requires_grad)
    return tensor.detach().to(device, copy=True).requires_grad_(tensor.requires_grad)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else "no message"
