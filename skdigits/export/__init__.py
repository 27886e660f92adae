"""A fitted classifier as an ONNX graph, which answers without Python."""

from skdigits.export._to_onnx import to_onnx

__all__ = ["to_onnx"]
