"""ONNX files, read and counted without onnx, onnxruntime or torch."""

from setsuden.workload.profile.targets.onnx.work import OnnxWork

__all__ = ["OnnxWork"]
