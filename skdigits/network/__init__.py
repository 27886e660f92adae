"""The network: its layers, its weights and its predictions, without TensorFlow."""

from skdigits.network import records
from skdigits.network._fitted_network import FittedNetwork
from skdigits.network._session import granted_threads, onnx_session
from skdigits.network._spec import NetworkSpec, check_spec, layers_of, weight_shapes


def onnx_graph():
    """Return an empty `Graph`; onnx is imported only here, as that is slow."""
    from skdigits.network._onnx_graph import Graph

    return Graph()


__all__ = [
    "FittedNetwork",
    "NetworkSpec",
    "check_spec",
    "granted_threads",
    "layers_of",
    "onnx_graph",
    "onnx_session",
    "records",
    "weight_shapes",
]
