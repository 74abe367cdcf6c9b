"""Calls `shapeline serve` with the clients of Triton and of KServe.

`clients.py models DIR` writes a model for each datatype that returns its input. `clients.py check URL FIELD` calls them,
and the field models with their expected answers from the folder FIELD. Ends with 1 at the first difference.
"""

import asyncio
import json
import os
import socket
import sys
import urllib.parse

import numpy as np

DATATYPES = {
    "BOOL": np.array([[True, False, True], [False, False, True]]),
    "UINT8": np.array([[0, 255, 7], [1, 2, 3]], np.uint8),
    "UINT16": np.array([[0, 65535, 7], [1, 2, 3]], np.uint16),
    "UINT32": np.array([[0, 2**32 - 1, 7], [1, 2, 3]], np.uint32),
    "UINT64": np.array([[0, 2**64 - 1, 2**53 + 1], [1, 2, 3]], np.uint64),
    "INT8": np.array([[-128, 127, 0], [1, -2, 3]], np.int8),
    "INT16": np.array([[-(2**15), 2**15 - 1, 0], [1, -2, 3]], np.int16),
    "INT32": np.array([[-(2**31), 2**31 - 1, 0], [1, -2, 3]], np.int32),
    "INT64": np.array([[-(2**63), 2**63 - 1, 2**53 + 1], [1, -2, 3]], np.int64),
    "FP16": np.array([[65504, 2**-24, -0.0], [0.1, 1, -2]], np.float16),
    "FP32": np.array([[3.4e38, 1e-45, -0.0], [0.1, 1, -2]], np.float32),
    "FP64": np.array([[1.7e308, 5e-324, -0.0], [0.1, 1 / 3, -2]], np.float64),
    "BYTES": np.array([["", 'naïve 🦊 "quoted" \\ \n', "NaN"], ["null", "a", "bc"]], dtype=object),
}
checks = 0


def check(what, got, expected):
    global checks
    checks += 1
    if got != expected:
        sys.exit(f"{what}: expected {expected!r}, got {got!r}")


def same(what, got, expected):
    global checks
    checks += 1
    if got is None:
        sys.exit(f"{what}: no such output")
    if expected.dtype == object:
        got = np.array([x.decode() if isinstance(x, bytes) else x for x in got.flatten()], object).reshape(got.shape)
        equal = got.shape == expected.shape and (got == expected).all()
    else:
        got = np.asarray(got).astype(expected.dtype) if got.dtype != expected.dtype else got
        equal = got.shape == expected.shape and got.tobytes() == np.ascontiguousarray(expected).tobytes()
    if not equal:
        sys.exit(f"{what}: expected {expected!r}, got {got!r}")


def write_models(folder):
    import onnx
    from onnx import TensorProto as P, helper

    types = {"BOOL": P.BOOL, "FP16": P.FLOAT16, "FP32": P.FLOAT, "FP64": P.DOUBLE, "BYTES": P.STRING}
    for datatype in DATATYPES:
        kind = types.get(datatype) or getattr(P, datatype)
        x, y = (helper.make_tensor_value_info(name, kind, ["batch", 3]) for name in "xy")
        graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "echo", [x], [y])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, os.path.join(folder, f"echo-{datatype.lower()}.onnx"))


def triton(url):
    import tritonclient.http as http
    from tritonclient.utils import InferenceServerException

    client = http.InferenceServerClient(url.removeprefix("http://"))
    check("is_server_live", client.is_server_live(), True)
    check("is_server_ready", client.is_server_ready(), True)
    check("extensions", client.get_server_metadata()["extensions"], ["binary_tensor_data"])
    for datatype, values in DATATYPES.items():
        model = f"echo-{datatype.lower()}"
        check("is_model_ready", client.is_model_ready(model), True)
        metadata = client.get_model_metadata(model)
        check(model, metadata["inputs"], [{"name": "x", "datatype": datatype, "shape": [-1, 3]}])
        # Triton's client does not write FP16 as JSON.
        for binary_in in [True] if datatype == "FP16" else [True, False]:
            for binary_out in [True] if datatype == "FP16" else [True, False, None]:
                for compression in (None, "gzip", "deflate"):
                    tensor = http.InferInput("x", list(values.shape), datatype)
                    tensor.set_data_from_numpy(values, binary_data=binary_in)
                    outputs = None if binary_out is None else [http.InferRequestedOutput("y", binary_data=binary_out)]
                    result = client.infer(
                        model,
                        [tensor],
                        outputs=outputs,
                        request_id="r-1",
                        request_compression_algorithm=compression,
                        response_compression_algorithm=compression,
                    )
                    check("id", result.get_response()["id"], "r-1")
                    same(f"triton {model} in={binary_in} out={binary_out} {compression}", result.as_numpy("y"), values)

    # Numbers that JSON lacks, which Triton's client writes bare.
    odd = np.array([[np.nan, np.inf, -np.inf]], np.float32)
    for binary in (True, False):
        tensor = http.InferInput("x", [1, 3], "FP32")
        tensor.set_data_from_numpy(odd, binary_data=binary)
        result = client.infer("echo-fp32", [tensor], outputs=[http.InferRequestedOutput("y", binary_data=binary)])
        same(f"triton NaN binary={binary}", result.as_numpy("y"), odd)

    # An answer that is long enough to be packed.
    long = np.arange(30_000, dtype=np.float32).reshape(-1, 3)
    for algorithm in ("gzip", "deflate"):
        tensor = http.InferInput("x", list(long.shape), "FP32")
        tensor.set_data_from_numpy(long)
        result = client.infer("echo-fp32", [tensor], response_compression_algorithm=algorithm)
        same(f"triton long {algorithm}", result.as_numpy("y"), long)

    # Versions, and the time of a request in microseconds.
    version = client.get_model_metadata("echo-fp32")["versions"][0]
    tensor = http.InferInput("x", [1, 3], "FP32")
    tensor.set_data_from_numpy(odd)
    client.infer("echo-fp32", [tensor], model_version=version, timeout=10_000_000, priority=1)

    def refused(what, name, shape, datatype, values, status, says, model="echo-fp32", outputs=None):
        tensor = http.InferInput(name, shape, datatype)
        tensor.set_data_from_numpy(values)
        tensor._shape = shape
        try:
            client.infer(model, [tensor], outputs=outputs)
        except InferenceServerException as error:
            check(what, (error.status(), says in error.message()), (status, True))
        else:
            sys.exit(f"{what}: was not refused")

    ones = np.ones([1, 3], np.float32)
    refused("datatype", "x", [1, 3], "INT32", np.ones([1, 3], np.int32), "400", "input 'x' is float32, got int32")
    refused("shape", "x", [1, 2], "FP32", ones[:, :2], "400", "the shape [1, 2] does not fit; give [rows, 3]")
    refused("name", "z", [1, 3], "FP32", ones, "400", "input 'x' of pipeline 'echo-fp32' is missing; found 'z'")
    refused("model", "x", [1, 3], "FP32", ones, "404", "no pipeline or model 'echo' is served", model="echo")
    refused(
        "output", "x", [1, 3], "FP32", ones, "400", "has no output 'z'", outputs=[http.InferRequestedOutput("z")]
    )
    client.close()


def field(url, folder):
    """Rows at any axis, shared inputs and whole models: what each row answered alone in Python's ONNX Runtime."""
    import tritonclient.http as http

    client = http.InferenceServerClient(url.removeprefix("http://"))
    with open(os.path.join(folder, "expected.json"), encoding="utf8") as file:
        cases = json.load(file)
    for name, case in cases.items():
        if "->" in name:
            continue
        model = os.path.splitext(os.path.basename(name))[0].replace("_", "-")
        metadata = client.get_model_metadata(model)
        axes = {} if case["rowAxis"] == "whole" else case["rowAxis"]
        for row, answer in zip(case["rows"], case["answers"]):
            tensors = []
            for port in metadata["inputs"]:
                value = {**row, **case["shared"]}[port["name"]]
                dtype = {"FP32": np.float32, "INT64": np.int64, "UINT8": np.uint8}[port["datatype"]]
                axis = axes.get(port["name"]) if port["name"] in row else None
                array = np.asarray(value, dtype)
                array = array if axis is None else np.expand_dims(array, axis)
                tensors.append(http.InferInput(port["name"], list(array.shape), port["datatype"]))
                tensors[-1].set_data_from_numpy(array)
            result = client.infer(model, tensors)
            for port, value in answer.items():
                axis = axes.get(port)
                expected = np.asarray(value, np.float32)
                expected = expected if axis is None else np.expand_dims(expected, axis)
                got = result.as_numpy(port)
                check(f"{name} {port} shape", got.shape, expected.shape)
                check(f"{name} {port}", bool(np.allclose(got, expected, rtol=1e-6, atol=1e-6)), True)
    client.close()


async def kserve(url):
    import httpx
    from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=1))
    check("kserve live", await client.is_server_live(url), True)
    check("kserve ready", await client.is_server_ready(url), True)
    for datatype, values in DATATYPES.items():
        model = f"echo-{datatype.lower()}"
        check("kserve model ready", await client.is_model_ready(url, model), True)
        for binary in (True, False):
            if datatype == "FP16" and not binary:
                continue
            tensor = InferInput("x", list(values.shape), datatype)
            tensor.set_data_from_numpy(values, binary_data=binary)
            parameters = {"binary_data_output": binary}
            request = InferRequest(model, [tensor], request_id="r-2", parameters=parameters)
            headers = {}
            answer = await client.infer(url, request, model_name=model, response_headers=headers)
            check("kserve id", answer.id, "r-2")
            same(f"kserve {model} binary={binary}", answer.outputs[0].as_numpy(), values)
    for what, tensor, says in [
        ("datatype", InferInput("x", [1, 3], "INT32", [1, 2, 3]), "input 'x' is float32, got int32"),
        ("shape", InferInput("x", [1, 2], "FP32", [1, 2]), "does not fit; give [rows, 3]"),
        ("count", InferInput("x", [2, 3], "FP32", [1, 2, 3]), "'shape' [2, 3] is 6 elements, 'data' has 3"),
        ("name", InferInput("z", [1, 3], "FP32", [1, 2, 3]), "input 'x' of pipeline 'echo-fp32' is missing"),
    ]:
        try:
            await client.infer(url, InferRequest("echo-fp32", [tensor]), model_name="echo-fp32")
        except httpx.HTTPStatusError as error:
            answer = error.response
            check(f"kserve {what}", (answer.status_code, says in answer.json()["error"]), (400, True))
        else:
            sys.exit(f"kserve {what}: was not refused")
    await client.close()


def truncated(url):
    """A body that ends before its length: the connection is closed, and the server goes on."""
    where = urllib.parse.urlparse(url)
    for body in (b'{"inputs":[{"name":"x"', b""):
        with socket.create_connection((where.hostname, where.port), timeout=10) as sock:
            head = f"POST /v2/models/echo-fp32/infer HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 500\r\n\r\n"
            sock.sendall(head.encode() + body)
            sock.shutdown(socket.SHUT_WR)
            answer = sock.recv(65536)
            check("truncated body", answer == b"" or answer.startswith(b"HTTP/1.1 400"), True)


if sys.argv[1] == "models":
    write_models(sys.argv[2])
else:
    _, _, url, field_folder = sys.argv
    triton(url)
    field(url, field_folder)
    asyncio.run(kserve(url))
    truncated(url)
    print(f"{checks} checks passed with tritonclient and KServe's client")
