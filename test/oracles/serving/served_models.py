"""The models that both servers serve: the ONNX files of a folder, and for each datatype one that returns its input."""

from pathlib import Path

import onnxruntime

DATATYPES = {
    "tensor(bool)": "BOOL",
    "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(int8)": "INT8",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}


def files(folder):
    """Model name -> path of each file that the runtime can load."""
    found = {}
    for path in sorted(Path(folder).rglob("*.onnx")):
        try:
            session = open_session(path)
        except Exception as error:  # The folder holds files that are broken on purpose.
            print(f"not served: {path.name}: {error}".splitlines()[0])
            continue
        if all(port.type in DATATYPES for port in session.get_inputs() + session.get_outputs()):
            found[path.stem.replace("_", "-")] = path
    return found


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def tensors(ports):
    """Metadata of ports: every size that is not fixed is -1."""
    return [
        {
            "name": port.name,
            "datatype": DATATYPES[port.type],
            "shape": [size if isinstance(size, int) else -1 for size in port.shape],
        }
        for port in ports
    ]


def identities():
    """Model name -> metadata of its only tensor, which it returns."""
    return {
        f"identity-{datatype.lower()}": [{"name": "x", "datatype": datatype, "shape": [-1, -1]}]
        for datatype in DATATYPES.values()
    }
