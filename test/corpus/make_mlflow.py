"""Writes the MLmodel files of test/fixtures/models/mlflow with the real mlflow package, and each signature as mlflow reads it.

    python -m venv venv && venv/bin/pip install mlflow-skinny==3.17.2 numpy pandas scipy
    venv/bin/python test/corpus/make_mlflow.py test/fixtures/models/mlflow

Each version of mlflow writes to its own folder, `<version>/<case>/MLmodel`. The oldest versions with useful signatures are
mlflow 1.13.1, which has only columns, and mlflow-skinny 1.30.1. mlflow 1.13.1 needs Python 3.8, numpy<1.22, pandas<1.4,
protobuf<3.21, sqlalchemy<1.4 and setuptools<60. mlflow-skinny 1.30.1 needs numpy<1.24, pandas<2 and setuptools<60.
"""

import json
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import Model
from mlflow.models.signature import ModelSignature, infer_signature
from mlflow.types import ColSpec, DataType, Schema

try:
    from mlflow.types import TensorSpec
except ImportError:  # before 1.14
    TensorSpec = None

# Fields that differ between runs are removed.
UNSTABLE = ("run_id", "utc_time_created", "model_uuid", "model_id")


def tensor(dtype, shape, name=None):
    return TensorSpec(np.dtype(dtype), shape, name) if name else TensorSpec(np.dtype(dtype), shape)


def tensor_dtypes():
    types = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "str", "object", "complex64"]
    return Schema([tensor(dtype, (-1, 2), f"x_{dtype}") for dtype in types])


def frame():
    # mlflow infers times since the version with tensors.
    when = {} if TensorSpec is None else {"when": pd.to_datetime(["2024-01-01", "2024-01-02"])}
    return pd.DataFrame(
        {
            "amount": [1.5, 2.5],
            "count": np.array([1, 2], dtype=np.int64),
            "small": np.array([1, 2], dtype=np.int32),
            "ratio": np.array([1, 2], dtype=np.float32),
            "flag": [True, False],
            "word": ["a", "b"],
            **when,
        }
    )


def newer():
    """Signatures that only some versions support."""
    cases = {}
    try:
        optional = {"required": False}
        ColSpec(DataType.double, "x", **optional)
    except TypeError:
        optional = {"optional": True}
    try:
        cases["optional_column"] = ModelSignature(Schema([ColSpec(DataType.double, "a"), ColSpec(DataType.string, "b", **optional)]), Schema([ColSpec(DataType.double, "y")]))
    except TypeError:
        pass
    try:
        from mlflow.types.schema import Array, Object, Property

        cases["arrays_and_objects"] = ModelSignature(
            Schema(
                [
                    ColSpec(Array(DataType.float), "embedding"),
                    ColSpec(Array(Array(DataType.long)), "grid"),
                    ColSpec(Object([Property("a", DataType.string), Property("b", DataType.double, required=False)]), "record"),
                ]
            ),
            Schema([ColSpec(Array(DataType.double), "scores")]),
        )
        from mlflow.types.schema import Map

        cases["map"] = ModelSignature(Schema([ColSpec(Map(DataType.double), "features")]), Schema([ColSpec(DataType.double, "y")]))
        from mlflow.types.schema import AnyType

        cases["any"] = ModelSignature(Schema([ColSpec(AnyType(), "x")]), Schema([ColSpec(DataType.double, "y")]))
    except ImportError:
        pass
    try:
        from mlflow.types import ParamSchema, ParamSpec

        cases["params"] = ModelSignature(Schema([tensor("float32", (-1, 3), "x")]), Schema([tensor("float32", (-1, 1), "y")]), ParamSchema([ParamSpec("temperature", "double", 0.5)]))
    except ImportError:
        pass
    return cases


def column_cases():
    columns = Schema([ColSpec(kind, kind.name) for kind in DataType])
    return {
        "column_types": ModelSignature(columns, Schema([ColSpec(DataType.double, "y")])),
        "frame": infer_signature(frame(), pd.Series([0.5, 1.5], name="y")),
        "unnamed_column": ModelSignature(Schema([ColSpec(DataType.double, "x")]), Schema([ColSpec(DataType.long)])),
        "strange_names": ModelSignature(Schema([ColSpec(DataType.double, 'a "b"'), ColSpec(DataType.double, "größe 模型"), ColSpec(DataType.double, "*/ x: y")]), Schema([ColSpec(DataType.double, "y")])),
        "no_signature": None,
    }


def cases():
    if TensorSpec is None:
        return column_cases()
    return {
        **column_cases(),
        "named_tensors": ModelSignature(Schema([tensor("float32", (-1, 29), "dense_input")]), Schema([tensor("float32", (-1, 1), "dense_1")])),
        "several_tensors": ModelSignature(
            Schema([tensor("int64", (-1, -1), "ids"), tensor("uint8", (-1, 3, 224, 224), "image")]), Schema([tensor("float32", (-1, 2), "a"), tensor("int64", (4,), "b")])
        ),
        "tensor_dtypes": ModelSignature(tensor_dtypes(), Schema([tensor("float32", (-1, 1), "y")])),
        "unnamed_tensors": infer_signature(np.zeros((4, 29), np.float32), np.zeros((4, 1), np.float32)),
        "dictionary_of_tensors": infer_signature({"a": np.zeros((2, 3)), "b": np.array(["x", "y"])}, np.zeros(2, np.int64)),
        "frame_to_array": infer_signature(frame()[["amount", "ratio"]], np.zeros((2, 3))),
        "no_outputs": ModelSignature(Schema([tensor("float32", (-1, 3), "x")])),
        **newer(),
    }


def read_specs(schema):
    """The schema as read from the file by mlflow's own classes."""
    if schema is None:
        return None
    found = []
    for spec in schema.columns if TensorSpec is None else schema.inputs:
        if TensorSpec is not None and isinstance(spec, TensorSpec):
            found.append({"name": spec.name, "tensor": str(spec.type), "shape": [int(size) for size in spec.shape]})
        else:
            found.append({"name": spec.name, "column": spec.type.name if isinstance(spec.type, DataType) else str(spec.type)})
    return found


def main():
    out = Path(sys.argv[1]) / mlflow.__version__
    expected = {}
    for name, signature in cases().items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        made = Model(artifact_path="model", flavors={"python_function": {"loader_module": "mlflow.onnx", "data": "model.onnx"}}, **({} if signature is None else {"signature": signature}))
        made.save(str(folder / "MLmodel"))
        back = Model.load(str(folder / "MLmodel"))
        lines = (folder / "MLmodel").read_text().splitlines(keepends=True)
        (folder / "MLmodel").write_text("".join(line for line in lines if not line.startswith(UNSTABLE)))
        expected[name] = None if back.signature is None else {"inputs": read_specs(back.signature.inputs), "outputs": read_specs(back.signature.outputs)}
    (out / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    print(f"mlflow {mlflow.__version__}: {len(expected)} signatures")


main()
