"""Shared by the train.py scripts: writes models and rows, and checks them."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx

OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8


def from_sklearn(model, *, name, inputs, outputs, batch, keep=None):
    """Convert a fitted scikit-learn model.

    `inputs` and `outputs` are each one (port name, length) pair. `keep` is the
    name of the converter's output to keep; by default it has just one.
    """
    sample = np.zeros((1, inputs[1]), dtype=np.float32)
    options = {id(model): {"zipmap": False}} if keep else None
    converted = to_onnx(model, sample, name=name, target_opset=OPSET, options=options)
    graph = converted.graph
    kept = keep or graph.output[0].name
    nodes = _needed_nodes(graph, kept)
    _rename(nodes, {graph.input[0].name: inputs[0], kept: outputs[0]})
    used = {tensor for node in nodes for tensor in node.input}
    weights = [w for w in graph.initializer if w.name in used]
    return _model(name, nodes, weights, inputs, outputs, batch)


def from_layers(layers, *, name, inputs, outputs, batch, divide_by=None):
    """Build a chain of dense layers: (weights, bias, use relu) each."""
    nodes, weights, last = [], [], inputs[0]
    if divide_by is not None:
        weights.append(numpy_helper.from_array(np.float32(divide_by), "divisor"))
        nodes.append(helper.make_node("Div", [last, "divisor"], ["scaled"]))
        last = "scaled"
    for i, (w, b, relu) in enumerate(layers):
        weights.append(numpy_helper.from_array(np.asarray(w, np.float32), f"weight_{i}"))
        weights.append(numpy_helper.from_array(np.asarray(b, np.float32), f"bias_{i}"))
        nodes.append(helper.make_node("Gemm", [last, f"weight_{i}", f"bias_{i}"], [f"dense_{i}"]))
        last = f"dense_{i}"
        if relu:
            nodes.append(helper.make_node("Relu", [last], [f"relu_{i}"]))
            last = f"relu_{i}"
    _rename(nodes, {last: outputs[0]})
    return _model(name, nodes, weights, inputs, outputs, batch)


def _needed_nodes(graph, output):
    """The nodes that `output` depends on, in execution order."""
    needed, kept = {output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    return kept[::-1]


def _rename(nodes, names):
    for node in nodes:
        node.input[:] = [names.get(n, n) for n in node.input]
        node.output[:] = [names.get(n, n) for n in node.output]


def _model(name, nodes, weights, inputs, outputs, batch):
    # If `batch` is None, dimension 0 is dynamic and has no name.
    def port(pair):
        return helper.make_tensor_value_info(pair[0], TensorProto.FLOAT, [batch, pair[1]])

    used_domains = {node.domain for node in nodes} | {""}
    model = helper.make_model(
        helper.make_graph(nodes, name, [port(inputs)], [port(outputs)], weights),
        opset_imports=[helper.make_opsetid(d, v) for d, v in OPSET.items() if d in used_domains],
        ir_version=IR_VERSION,
        producer_name="shapeline-examples",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def save(model, path: Path):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
    print(f"wrote {path.name}: {path.stat().st_size} bytes")


def run(path: Path, x):
    """The only output of the model file for the batch `x`."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (port,) = session.get_inputs()
    (result,) = session.run(None, {port.name: x.astype(np.float32)})
    return result


def check(path: Path, x, expected, tolerance=1e-5):
    """Run the model file and stop if it disagrees with scikit-learn."""
    result = run(path, x)
    expected = np.asarray(expected).reshape(result.shape)
    worst = float(np.abs(result - expected).max())
    print(f"{path.name}: at most {worst:.1e} away from scikit-learn on {len(x)} rows")
    if not worst <= tolerance:
        raise SystemExit(f"{path.name} does not reproduce scikit-learn")
    return result


def write_rows(path: Path, column, rows):
    """Write pandas records, one row per line, and return the rows as read from the file."""
    lines = (
        '{"%s":[%s]}' % (column, ",".join(format(float(v), ".7g") for v in row)) for row in rows
    )
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"wrote {path.name}: {len(rows)} rows, {path.stat().st_size} bytes")
    return np.array([r[column] for r in json.loads(path.read_text())], dtype=np.float32)
