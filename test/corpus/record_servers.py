"""Records the response of a real server to `GET /v2/models/fraud`, for test/fixtures/models/servers.

    python -m venv venv && venv/bin/pip install mlserver==1.7.1      (Python 3.10)
    venv/bin/python test/corpus/record_servers.py mlserver test/fixtures/models/servers

The servers are `mlserver` 1.7.1 and `kserve` 0.21.0. Each serves one model with the same two inputs and two outputs, on the local machine only.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

TENSORS = {
    "inputs": [{"name": "dense_input", "datatype": "FP32", "shape": [-1, 29]}, {"name": "word", "datatype": "BYTES", "shape": [-1, 1]}],
    "outputs": [{"name": "dense_1", "datatype": "FP32", "shape": [-1, 1]}, {"name": "label", "datatype": "INT64", "shape": [-1]}],
}

MLSERVER = """
from mlserver import MLModel
class Fraud(MLModel):
    async def load(self): return True
"""

KSERVE = """
import json, sys
from kserve import Model, ModelServer
tensors = json.loads(sys.argv.pop(1))
class Fraud(Model):
    def __init__(self):
        super().__init__("fraud")
        self.ready = True
    async def get_input_types(self): return tensors["inputs"]
    async def get_output_types(self): return tensors["outputs"]
if __name__ == "__main__":
    ModelServer(http_port=18080, enable_grpc=False, workers=1).start([Fraud()])
"""

def command(server, folder):
    python = [sys.executable]
    if server == "mlserver":
        (folder / "fraud.py").write_text(MLSERVER)
        (folder / "settings.json").write_text(json.dumps({"host": "127.0.0.1", "http_port": 18080, "grpc_port": 18081, "metrics_port": 18082, "parallel_workers": 0}))
        settings = {"name": "fraud", "implementation": "fraud.Fraud", "platform": "shapeline", "parameters": {"version": "v2"}, **TENSORS}
        (folder / "model-settings.json").write_text(json.dumps(settings, indent=2) + "\n")
        return [*python, "-m", "mlserver.cli.main", "start", str(folder)]
    (folder / "serve.py").write_text(KSERVE)
    return [*python, str(folder / "serve.py"), json.dumps(TENSORS)]


def answer():
    for _ in range(120):
        try:
            return urllib.request.urlopen("http://127.0.0.1:18080/v2/models/fraud", timeout=2).read()
        except OSError:
            time.sleep(1)
    sys.exit("the server does not answer")


def main():
    server, out = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = subprocess.Popen(command(server, folder), cwd=folder, env={**os.environ, "PYTHONPATH": name})
        try:
            body = answer()
        finally:
            process.terminate()
            process.wait()
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{server}.metadata.json").write_bytes(body)
        for written in folder.glob("model-settings.json"):
            (out / "model-settings.json").write_bytes(written.read_bytes())
    print(body.decode())


main()
