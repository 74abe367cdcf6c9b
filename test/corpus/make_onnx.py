"""Writes the ONNX corpus of test/fixtures/models/corpus, and the ports of each file according to `onnx` and ONNX Runtime.

    python -m venv venv && venv/bin/pip install -r test/corpus/requirements.txt
    venv/bin/python test/corpus/make_onnx.py test/fixtures/models/corpus

The same package versions write the same bytes.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

FLOAT = TensorProto.FLOAT
out = Path(sys.argv[1])
runtime_version = onnxruntime.__version__


def info(name, element=FLOAT, shape=("N", 3)):
    return helper.make_tensor_value_info(name, element, shape)


def identity(element=FLOAT, shape=("N", 3), name="x", to="y"):
    """One Identity node from one input to one output of the same type."""
    return helper.make_graph(
        [helper.make_node("Identity", [name], [to])], "g", [info(name, element, shape)], [info(to, element, shape)]
    )


def model(graph, opset=17, ir=8, domains=(), **fields):
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, v) for d, v in domains)]
    made = helper.make_model(graph, opset_imports=opsets, producer_name="corpus", producer_version="1", **fields)
    made.ir_version = ir
    return made


def corpus():
    """File name -> model."""
    files = {}
    for name, element in sorted(TensorProto.DataType.items()):
        if name != "UNDEFINED":
            files[f"dtype_{name.lower()}"] = model(identity(element), opset=25 if name.startswith(("FLOAT8", "FLOAT4", "INT4", "UINT4", "INT2", "UINT2")) else 17, ir=13 if "INT2" in name and "INT20" not in name else 11)
    for rank in range(9):
        files[f"rank_{rank}"] = model(identity(shape=[2 + axis for axis in range(rank)]))
        files[f"rank_{rank}_symbolic"] = model(identity(shape=["N", *(f"d{axis}" for axis in range(1, rank))][:rank]))
        files[f"rank_{rank}_anonymous"] = model(identity(shape=[None] * rank))
    for ir in range(3, onnx.IR_VERSION + 1):
        files[f"ir_{ir}"] = model(identity(), opset=8 if ir < 4 else 13, ir=ir)
    files["shape_absent"] = model(identity(shape=None))
    files["shape_zero"] = model(identity(shape=["N", 0]))
    files["shape_square"] = model(identity(shape=["N", "N"]))
    files["shape_large"] = model(identity(shape=["N", 2**31 + 5]))
    files["symbol_called_batch"] = model(identity(shape=["N", "batch"]))
    files["symbol_unicode"] = model(identity(shape=["N", "größe", "长度"]))
    files["symbol_unk"] = model(identity(shape=["unk__1", "unk__2"]))
    files["name_long"] = model(identity(name="x" * 5000, to="y" * 5000))
    files["name_odd"] = model(identity(name='a/b:0 "c" */ `d`', to="__proto__"))
    files["name_unicode"] = model(identity(name="eingabe_größe_模型_\U0001f600", to="y"))
    files["domain_ml"] = model(identity(), domains=[("ai.onnx.ml", 3), ("com.example", 7)])
    documented = model(identity(), doc_string="What it does.\n*/ and more")
    helper.set_model_props(documented, {"author": "me", "stage": "test"})
    files["documented"] = documented
    weights = helper.make_tensor("w", FLOAT, [3], [1.0, 2.0, 3.0])
    add = [helper.make_node("Add", ["x", "w"], ["y"])]
    files["weights_listed"] = model(helper.make_graph(add, "g", [info("x"), info("w", shape=[3])], [info("y")], [weights]), ir=3, opset=8)
    files["weights_not_listed"] = model(helper.make_graph(add, "g", [info("x")], [info("y")], [weights]))
    files["strings"] = model(identity(TensorProto.STRING, ["N", None]))
    files["no_inputs"] = model(helper.make_graph([helper.make_node("Constant", [], ["y"], value=weights)], "g", [], [info("y", shape=[3])]))
    files["no_outputs"] = model(helper.make_graph([], "g", [info("x")], []))
    many = [info(f"x{i}", shape=["N", i]) for i in range(1, 41)]
    files["many_ports"] = model(helper.make_graph([helper.make_node("Identity", [f"x{i}"], [f"y{i}"]) for i in range(1, 41)], "g", many, [info(f"y{i}", shape=["N", i]) for i in range(1, 41)]))
    sequence = helper.make_tensor_sequence_value_info("s", FLOAT, ["N"])
    files["sequence"] = model(helper.make_graph([helper.make_node("SequenceConstruct", ["x"], ["s"])], "g", [info("x", shape=["N"])], [sequence]))
    optional = helper.make_value_info("o", helper.make_optional_type_proto(helper.make_tensor_type_proto(FLOAT, ["N"])))
    files["optional"] = model(helper.make_graph([helper.make_node("Optional", ["x"], ["o"])], "g", [info("x", shape=["N"])], [optional]))
    zipped = helper.make_node("ZipMap", ["x"], ["z"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
    mapped = helper.make_value_info("z", helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(FLOAT, []))))
    files["zipmap"] = model(helper.make_graph([zipped], "g", [info("x", shape=["N", 2])], [mapped]), domains=[("ai.onnx.ml", 1)])
    files["sparse"] = model(helper.make_graph([], "g", [helper.make_sparse_tensor_value_info("x", FLOAT, ["N", 3])], [info("y")]))
    branch = lambda op: helper.make_graph([helper.make_node(op, ["x"], ["b"])], op, [], [info("b")])
    files["subgraphs"] = model(helper.make_graph([helper.make_node("If", ["c"], ["y"], then_branch=branch("Neg"), else_branch=branch("Abs"))], "g", [info("c", TensorProto.BOOL, []), info("x")], [info("y")]))
    local = helper.make_function("local", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)])
    called = helper.make_graph([helper.make_node("Twice", ["x"], ["y"], domain="local")], "g", [info("x")], [info("y")])
    files["functions"] = model(called, domains=[("local", 1)], functions=[local])
    return files


def element_name(element):
    return TensorProto.DataType.Name(element).lower()


def described(value):
    """A port in `onnx`: the element type and dimensions of a tensor, or the kind of another type."""
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        return {"name": value.name, "kind": kind}
    tensor = value.type.tensor_type
    shape = None
    if tensor.HasField("shape"):
        shape = [getattr(dim, dim.WhichOneof("value")) if dim.WhichOneof("value") else None for dim in tensor.shape.dim]
    return {"name": value.name, "element": element_name(tensor.elem_type), "shape": shape}


def onnx_ports(path):
    loaded = onnx.load(path, load_external_data=False)
    weights = {tensor.name for tensor in loaded.graph.initializer}
    return {
        "irVersion": loaded.ir_version,
        "opset": {entry.domain: entry.version for entry in loaded.opset_import},
        "doc": loaded.doc_string,
        "metadata": {entry.key: entry.value for entry in loaded.metadata_props},
        "inputs": [described(value) for value in loaded.graph.input if value.name not in weights],
        "outputs": [described(value) for value in loaded.graph.output],
    }


def runtime_ports(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        return {"refused": str(error).splitlines()[0].replace(str(path.parent) + "/", "")[:120]}
    port = lambda p: {"name": p.name, "type": p.type, "shape": p.shape}
    return {"inputs": [port(p) for p in session.get_inputs()], "outputs": [port(p) for p in session.get_outputs()]}


def main():
    out.mkdir(parents=True, exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    expected = {}
    files = corpus()
    for name, made in files.items():
        onnx.save(made, out / f"{name}.onnx")
    big = np.arange(30, dtype=np.float32).reshape(3, 10)
    tensor = onnx.numpy_helper.from_array(big, "w")
    external = model(helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [info("x")], [info("y", shape=["N", 10])], [tensor]))
    onnx.save_model(external, out / "external_data.onnx", save_as_external_data=True, location="external_data.bin", size_threshold=0)
    for path in sorted(out.glob("*.onnx")):
        expected[path.name] = {"onnx": onnx_ports(path), "runtime": runtime_ports(path)}
    document = {"onnx": onnx.__version__, "onnxruntime": runtime_version, "files": expected}
    (out / "expected.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(expected)} models, of which ONNX Runtime refuses {sum('refused' in e['runtime'] for e in expected.values())}")


main()
