"""Triton's own gRPC client against our server: `python triton_grpc.py ADDRESS`, where the server serves
examples/breast-cancer/models. Prints one line if everything is as the protocol says.

    python -m venv .venvs/triton && .venvs/triton/bin/pip install "tritonclient[grpc]==2.73.0"
"""

import sys

import numpy as np
import tritonclient.grpc as triton

MODEL = "gradient-boosting"


def request(array, name="features", datatype="FP32", shape=None):
    tensor = triton.InferInput(name, shape or list(array.shape), datatype)
    tensor.set_data_from_numpy(array)
    return [tensor]


def refused(code, text, call):
    try:
        call()
    except triton.InferenceServerException as error:
        assert error.status() == f"StatusCode.{code}", error
        assert text in error.message(), error
        return
    raise AssertionError(f"not refused: {text}")


def main(address):
    client = triton.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL)
    assert client.get_server_metadata().name == "shapeline"
    metadata = client.get_model_metadata(MODEL)
    assert list(metadata.inputs[0].shape) == [-1, 30] and metadata.inputs[0].datatype == "FP32"

    rows = np.random.default_rng(1).normal(size=(64, 30)).astype(np.float32)
    outputs = [triton.InferRequestedOutput("probabilities")]
    plain = client.infer(MODEL, request(rows), request_id="7")
    assert plain.get_response().id == "7"
    expected = plain.as_numpy("probabilities")
    assert expected.shape == (64, 2) and np.allclose(expected.sum(axis=1), 1, atol=1e-5)
    for compression in (None, "gzip", "deflate"):
        answer = client.infer(MODEL, request(rows), outputs=outputs, compression_algorithm=compression)
        assert (answer.as_numpy("probabilities") == expected).all()
    for row, own in zip(rows[:4], expected):
        alone = client.infer(MODEL, request(row[None])).as_numpy("probabilities")
        assert (alone[0] == own).all()

    refused("NOT_FOUND", "no pipeline or model", lambda: client.infer("other", request(rows)))
    refused("INVALID_ARGUMENT", "'features'", lambda: client.infer(MODEL, request(rows, name="feature")))
    refused("INVALID_ARGUMENT", "float32", lambda: client.infer(MODEL, request(rows.astype(np.float64), datatype="FP64")))
    refused("INVALID_ARGUMENT", "shape", lambda: client.infer(MODEL, request(rows.reshape(30, 64))))
    unknown = [triton.InferRequestedOutput("other")]
    refused("INVALID_ARGUMENT", "other", lambda: client.infer(MODEL, request(rows), outputs=unknown))
    print("tritonclient: metadata, health, 64 rows in three compressions, each row alone, five refusals: as expected")


if __name__ == "__main__":
    main(sys.argv[1])
