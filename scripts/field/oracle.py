"""Runs models row by row with Python's ONNX Runtime.

Usage: oracle.py <jobs.json>, a list of { name, model, out }. Writes to each `out` the ports, the rows and the answers;
arrays are { dtype, shape, data }, with the bytes in base64.
"""

import base64
import json
import sys

import numpy as np
import onnxruntime

from rows import rows_of


def encode(array):
    array = np.ascontiguousarray(array) if array.ndim else np.asarray(array)
    if array.dtype == object:
        return {"dtype": "string", "shape": list(array.shape), "data": [str(text) for text in array.reshape(-1)]}
    return {
        "dtype": str(array.dtype),
        "shape": list(array.shape),
        "data": base64.b64encode(array.tobytes()).decode(),
    }


def ports(values):
    return [{"name": port.name, "type": port.type, "shape": port.shape} for port in values]


def answers_of(job):
    options = onnxruntime.SessionOptions()
    # One thread: sums have one order, and the answers are the same on every machine.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    rows = []
    for feeds in rows_of(job["name"], session.get_inputs()):
        outputs = session.run(None, feeds)
        rows.append(
            {
                "feeds": {name: encode(array) for name, array in feeds.items()},
                "answers": {name: encode(np.asarray(array)) for name, array in zip(names, outputs)},
            }
        )
    return {"inputs": ports(session.get_inputs()), "outputs": ports(session.get_outputs()), "rows": rows}


def main():
    onnxruntime.set_default_logger_severity(4)
    for job in json.load(open(sys.argv[1], encoding="utf-8")):
        try:
            result = answers_of(job)
        except Exception as error:  # reported in the table; the other models go on
            result = {"error": str(error)}
        with open(job["out"], "w", encoding="utf-8") as file:
            json.dump(result, file)


main()
