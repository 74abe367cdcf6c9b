"""Writes an LSTM quantized dynamically, whose answers depend on the rows of a run and on the number of threads.

    venv/bin/python test/corpus/make_quantized_lstm.py test/fixtures/models/quantized-lstm
"""
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

FEATURES, HIDDEN = 8, 16
random = np.random.default_rng(0)


def weights(name, *shape):
    return numpy_helper.from_array(random.normal(0, 0.3, shape).astype("float32"), name)


def model():
    nodes = [
        helper.make_node("Transpose", ["x"], ["steps"], perm=[1, 0, 2]),
        helper.make_node("LSTM", ["steps", "w", "r", "b"], ["all", "last"], hidden_size=HIDDEN),
        helper.make_node("Squeeze", ["last", "direction"], ["y"]),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "time", FEATURES])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", HIDDEN])]
    initializers = [
        weights("w", 1, 4 * HIDDEN, FEATURES),
        weights("r", 1, 4 * HIDDEN, HIDDEN),
        weights("b", 1, 8 * HIDDEN),
        numpy_helper.from_array(np.array([0], "int64"), "direction"),
    ]
    graph = helper.make_graph(nodes, "lstm", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
plain = folder / "plain.onnx"
onnx.save(model(), plain)
quantize_dynamic(plain, folder / "quantized-lstm.onnx", weight_type=QuantType.QInt8)
plain.unlink()
