"""A runtime for MLServer, and `python mlserver_runtime.py FOLDER MODELS HTTP GRPC METRICS`, which writes the settings of a server
on three ports."""

import json
import sys
from pathlib import Path

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

import served_models


def decode(tensor):
    if tensor.datatype == "BYTES":
        return np.array(StringCodec.decode_input(tensor), dtype=object).reshape(tensor.shape)
    return NumpyCodec.decode_input(tensor)


def encode(name, array):
    if array.dtype == object:
        output = StringCodec.encode_output(name, [str(text) for text in array.flatten()])
    else:
        output = NumpyCodec.encode_output(name, array)
    # The codecs write [3] as [3, 1].
    output.shape = list(array.shape)
    return output


class Runtime(MLModel):
    async def load(self):
        uri = self.settings.parameters.uri
        # Without a file, MLServer gives the folder of the settings.
        self.session = served_models.open_session(uri) if uri.endswith(".onnx") else None
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        feeds = {tensor.name: decode(tensor) for tensor in payload.inputs}
        if self.session is None:
            answers = feeds
        else:
            names = [port.name for port in self.session.get_outputs()]
            answers = dict(zip(names, self.session.run(names, feeds)))
        asked = [output.name for output in payload.outputs or []] or list(answers)
        return InferenceResponse(
            id=payload.id,
            model_name=self.name,
            outputs=[encode(name, np.asarray(answers[name])) for name in asked],
        )


def write_settings(folder, models, http, grpc, metrics):
    folder = Path(folder)
    (folder / "settings.json").write_text(
        json.dumps(
            {"host": "127.0.0.1", "http_port": http, "grpc_port": grpc, "metrics_port": metrics, "parallel_workers": 0}
        )
    )
    entries = {}
    for name, path in served_models.files(models).items():
        session = served_models.open_session(path)
        inputs, outputs = served_models.tensors(session.get_inputs()), served_models.tensors(session.get_outputs())
        entries[name] = {"inputs": inputs, "outputs": outputs, "parameters": {"uri": str(path.resolve())}}
    for name, ports in served_models.identities().items():
        entries[name] = {"inputs": ports, "outputs": ports, "parameters": {}}
    entries["undeclared"] = {"parameters": {}}
    for name, settings in entries.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "model-settings.json").write_text(
            json.dumps({"name": name, "implementation": "mlserver_runtime.Runtime", **settings})
        )


if __name__ == "__main__":
    write_settings(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
