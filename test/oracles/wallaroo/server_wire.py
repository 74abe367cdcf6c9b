"""Lives the life of compare_wire.mjs with the platform's SDK: argv is the URL of the recording proxy, a folder (unused),
and the model's file. Before each part it names the part to the proxy."""

import sys
import urllib.request

url, model_path = sys.argv[1], sys.argv[3]


def part(name):
    urllib.request.urlopen(urllib.request.Request(f"{url}/part/{name}", method="POST")).read()


part("connect")
from server_connection import client, release  # noqa: E402

import pandas as pd  # noqa: E402
from wallaroo.framework import Framework  # noqa: E402
from wallaroo.version import __version__  # noqa: E402

part("workspace")
workspace = client.create_workspace(f"wire-{'-'.join(__version__.split('.'))}")
client.set_current_workspace(workspace)

part("upload")
model = client.upload_model("champ", model_path, framework=Framework.ONNX)

part("create")
pipeline = client.build_pipeline("wire")
pipeline.add_model_step(model)

part("deploy")
pipeline.deploy()

part("infer")
rows = pd.DataFrame({"embedding": [[i / 16 for i in range(16)]]})
assert len(pipeline.infer(rows)) == 1

part("logs")
assert len(pipeline.logs(limit=5)) == 1

part("versions")
assert [version.definition() for version in pipeline.versions()]

part("undeploy")
pipeline.undeploy()
part("end")
print(__version__)
