"""Writes test/fixtures/models/triton: configs and metadata, written with Triton's own protobuf definitions.

    python -m venv venv && venv/bin/pip install "tritonclient[grpc]==2.73.0" protobuf==6.33.6
    venv/bin/python test/corpus/make_triton.py test/fixtures/models/triton

For each model: `config.pbtxt` in five variants of protobuf's text format; `grpc.metadata.json`, the result of
`InferenceServerClient(…).get_model_metadata(…, as_json=True)`; and `metadata.json`, the server's response over HTTP.
"""

import json
import sys
from pathlib import Path

from google.protobuf import text_format
from google.protobuf.json_format import MessageToJson
from tritonclient.grpc import model_config_pb2 as config
from tritonclient.grpc import service_pb2 as service

out = Path(sys.argv[1])
TYPES = [name for name in config.DataType.keys() if name != "TYPE_INVALID"]
ODD = [
    "plain", "größe", "长度", "\U0001f600", 'a"b', "a'b", "back\\slash", "tab\tnewline\nreturn\r", "bell\a\b\f\v", "nul\0one\x01", "7\x017", "octal\x1f8", "x\x7fab", "# no comment", "{}<>[]:,;", " blanks ",
]


def tensor(name, data_type, dims, **more):
    return {"name": name, "data_type": config.DataType.Value(data_type), "dims": dims, **more}


MODELS = {
    "densenet": config.ModelConfig(
        name="densenet", platform="onnxruntime_onnx", max_batch_size=8,
        version_policy=config.ModelVersionPolicy(specific=config.ModelVersionPolicy.Specific(versions=[3])),
        input=[config.ModelInput(**tensor("data_0", "TYPE_FP32", [3, 224, -1], format=config.ModelInput.FORMAT_NCHW, reshape=config.ModelTensorReshape(shape=[1, 3, 224, 224])))],
        output=[config.ModelOutput(**tensor("fc6_1", "TYPE_FP32", [3], label_filename="labels.txt"))],
        instance_group=[config.ModelInstanceGroup(count=2, kind=config.ModelInstanceGroup.KIND_CPU)],
        dynamic_batching=config.ModelDynamicBatching(preferred_batch_size=[4, 8], max_queue_delay_microseconds=100),
        parameters={"threads": config.ModelParameter(string_value="4"), 'odd "key" {': config.ModelParameter(string_value="}\n# x")},
    ),
    "types": config.ModelConfig(
        name="types", backend="python",
        input=[config.ModelInput(**tensor(f"in_{t.lower()}", t, [-1, 2])) for t in TYPES],
        output=[config.ModelOutput(**tensor(f"out_{t.lower()}", t, [2])) for t in TYPES],
    ),
    "odd": config.ModelConfig(
        name="odd", backend="python", max_batch_size=1,
        input=[config.ModelInput(**tensor(name, "TYPE_STRING", [1])) for name in ODD],
        output=[config.ModelOutput(**tensor("y", "TYPE_INT64", [2**40]))],
    ),
    "ensemble": config.ModelConfig(
        name="ensemble", platform="ensemble", max_batch_size=4,
        input=[config.ModelInput(**tensor("raw", "TYPE_UINT8", [-1]))],
        output=[config.ModelOutput(**tensor("score", "TYPE_FP16", [1]))],
        ensemble_scheduling=config.ModelEnsembling(step=[config.ModelEnsembling.Step(model_name="densenet", model_version=-1, input_map={"data_0": "raw"}, output_map={"fc6_1": "score"})]),
    ),
}

PRINTED = {
    "config.pbtxt": {},
    "one-line.pbtxt": {"as_one_line": True},
    "pointy.pbtxt": {"pointy_brackets": True},
    "short.pbtxt": {"use_short_repeated_primitives": True, "use_index_order": True},
    "escaped.pbtxt": {"as_utf8": False, "indent": 4},
}


def metadata(model):
    """The server's metadata for a config: the batch comes before the dims, and strings are BYTES."""
    versions = [str(v) for v in model.version_policy.specific.versions] or ["1", "2"]
    response = service.ModelMetadataResponse(name=model.name, versions=versions, platform=model.platform or model.backend)
    for side, tensors in ((response.inputs, model.input), (response.outputs, model.output)):
        for t in tensors:
            datatype = config.DataType.Name(t.data_type).removeprefix("TYPE_")
            side.add(name=t.name, datatype="BYTES" if datatype == "STRING" else datatype, shape=[*([-1] if model.max_batch_size > 0 else []), *t.dims])
    return response


def numbers(value):
    """HTTP responses have numbers; protobuf's JSON has 64-bit integers as text."""
    return {**value, **{side: [{**t, "shape": [int(size) for size in t["shape"]]} for t in value[side]] for side in ("inputs", "outputs")}}


def main():
    for name, model in MODELS.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, options in PRINTED.items():
            printed = text_format.MessageToString(model, **options)
            assert text_format.Parse(printed, config.ModelConfig()) == model
            (folder / file).write_text(printed, encoding="utf8")
        grpc = MessageToJson(metadata(model), preserving_proto_field_name=True)
        (folder / "grpc.metadata.json").write_text(grpc + "\n")
        (folder / "metadata.json").write_text(json.dumps(numbers(json.loads(grpc)), separators=(",", ":")))
    (out / "densenet" / "labels.txt").write_text("cat\ndog\nbird\n")
    print("\n".join(sorted(str(path.relative_to(out)) for path in out.rglob("*.*"))))


main()
