"""KServe's Python server with a custom predictor: `python kserve_server.py MODELS PORT`."""

import sys

import numpy as np
import uvicorn
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

import served_models

NUMPY = {np.dtype(object): "BYTES", np.dtype(bool): "BOOL"}


def datatype(array):
    kind = NUMPY.get(array.dtype)
    if kind is not None:
        return kind
    return array.dtype.name.upper().replace("FLOAT", "FP")


class Predictor(Model):
    def __init__(self, name, session, inputs, outputs):
        super().__init__(name)
        self.session, self.inputs, self.outputs = session, inputs, outputs
        self.ready = True

    def get_input_types(self):
        return self.inputs

    def get_output_types(self):
        return self.outputs

    async def predict(self, payload: InferRequest, headers=None, response_headers=None) -> InferResponse:
        feeds = {tensor.name: tensor.as_numpy() for tensor in payload.inputs}
        if self.session is None:
            answers = feeds
        else:
            text = {name: array for name, array in feeds.items() if array.dtype == object}
            feeds.update({name: np.array([as_text(v) for v in a.flatten()], object).reshape(a.shape) for name, a in text.items()})
            names = [port.name for port in self.session.get_outputs()]
            answers = dict(zip(names, self.session.run(names, feeds)))
        outputs = []
        for name, array in answers.items():
            array = np.asarray(array)
            output = InferOutput(name, list(array.shape), datatype(array))
            output.set_data_from_numpy(array, binary_data=False) if array.dtype != np.float16 else output.set_data_from_numpy(array)
            outputs.append(output)
        return InferResponse(
            response_id=payload.id,
            model_name=self.name,
            infer_outputs=outputs,
            requested_outputs=payload.request_outputs,
            use_binary_outputs=payload.use_binary_outputs,
        )


def as_text(value):
    return value.decode() if isinstance(value, bytes) else value


class LoopbackConfig(uvicorn.Config):
    """KServe listens on all addresses and has no option for it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **{**options, "host": "127.0.0.1"})


def main(folder, port):
    uvicorn.Config = LoopbackConfig
    models = []
    for name, path in served_models.files(folder).items():
        session = served_models.open_session(path)
        models.append(
            Predictor(name, session, served_models.tensors(session.get_inputs()), served_models.tensors(session.get_outputs()))
        )
    models += [Predictor(name, None, ports, ports) for name, ports in served_models.identities().items()]
    models.append(Predictor("undeclared", None, [], []))
    ModelServer(http_port=port, enable_grpc=False, workers=1).start(models)


if __name__ == "__main__":
    folder, port = sys.argv[1], int(sys.argv[2])
    sys.argv = sys.argv[:1]
    main(folder, port)
