"""Times the platform's SDK on `shapeline serve --wallaroo`: argv is the server's URL, an unused folder, a workspace, the
pipeline to call, and a record for it as JSON. Prints one JSON object."""

import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../test/oracles/wallaroo"))
from server_connection import client  # noqa: E402

import pandas as pd  # noqa: E402
from wallaroo.version import __version__  # noqa: E402

workspace, name, record = sys.argv[3:6]
client.set_current_workspace(client.get_workspace(workspace))


def seconds(work, calls, warm_up):
    """The median of some calls, after others."""
    times = []
    for i in range(warm_up + calls):
        begin = time.perf_counter()
        work()
        if i >= warm_up:
            times.append(time.perf_counter() - begin)
    return statistics.median(times)


listed = client.list_pipelines()
pipeline = client.get_pipeline(name)
frame = pd.DataFrame([json.loads(record)])
print(json.dumps({
    "release": __version__,
    "listed": len(listed),
    "list_s": seconds(client.list_pipelines, 5, 1),
    "table_s": seconds(type(listed)(listed[:100])._repr_html_, 1, 0),
    "infer_ms": 1000 * seconds(lambda: pipeline.infer(frame), 100, 20),
}))
