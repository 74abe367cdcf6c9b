"""Lives a whole life with the platform's SDK against `shapeline serve --wallaroo`: argv is the server's URL and the
folder of the recordings. Prints a line for each thing that holds; the first that does not ends the run."""

import json
import os
import tempfile
import time
import uuid
from datetime import datetime, timedelta, timezone

from server_connection import client, input_file, model_file, release

import pandas as pd
import pyarrow as pa
from wallaroo.framework import Framework
from wallaroo.version import __version__

checks_dialect = release <= (2023, 4)
done = 0


def holds(what, condition, found=None):
    global done
    if not condition:
        raise SystemExit(f"{__version__}: {what}: found {found!r}")
    done += 1


def raises(what, words, call):
    try:
        answer = call()
    except Exception as error:  # the SDK's own classes differ between releases
        holds(what, words in f"{type(error).__name__}: {error}", f"{type(error).__name__}: {error}")
        return
    raise SystemExit(f"{__version__}: {what}: no error, but {answer!r}")


def near(found, expected):
    return abs(found - expected) <= abs(expected) * 1e-5 + 1e-9


def frame(name, column):
    rows = pd.read_json(input_file(name), orient="records")
    return rows.rename(columns={rows.columns[0]: column})


mark = uuid.uuid4().hex[:6]
start = client.get_current_workspace()
holds("a workspace to start in", start.id() > 0)
workspace = client.create_workspace(f"life-{mark}")
client.set_current_workspace(workspace)
holds("the created workspace is listed", f"life-{mark}" in [each.name() for each in client.list_workspaces()])


def upload(name, file, **settings):
    model = client.upload_model(name, model_file(file), framework=Framework.ONNX)
    return model.configure(**settings) if settings else model


champion = upload("ccfraud", "ccfraud.onnx", tensor_fields=["tensor"])
xgb = upload("ccfraud-xgb", "xgboost_ccfraud.onnx", tensor_fields=["tensor"])
forest = upload("ccfraud-rf", "modelA.onnx", tensor_fields=["tensor"])
holds("a model's digest", champion.sha() == "bc85ce596945f876256f41515c7501c399fd97ebcb9ab3dd41bf03f8937b4507"
      or len(champion.sha()) == 64, champion.sha())
raises("a file that is no model is refused", "", lambda: client.upload_model("broken", __file__, framework=Framework.ONNX))


def build(name, steps):
    pipeline = client.build_pipeline(name)
    steps(pipeline)
    deployed = pipeline.deploy()
    holds(f"{name} runs", pipeline.status()["status"] == "Running", pipeline.status())
    return deployed


row = frame("ccfraud-1.df.json", "tensor")
high = frame("ccfraud-high.json", "tensor")

# One model with a validation.


def one_model(pipeline):
    pipeline.add_model_step(champion)
    if checks_dialect:
        pipeline.add_validation("fraud", champion.outputs[0][0] < 0.9)
    else:
        import polars as pl

        pipeline.add_validations(fraud=pl.col("out.dense_1").list.get(0) > 0.9)


single = build(f"single-{mark}", one_model)
answer = single.infer(row)
holds("the recorded figure", near(answer["out.dense_1"][0][0], 0.0014974177), answer)
count = "check_failures" if checks_dialect else "anomaly.count"
holds("no failure", answer[count][0] == 0, answer.columns)
answer = single.infer(high)
holds("the recorded anomaly", near(answer["out.dense_1"][0][0], 0.981199) and answer[count][0] == 1, answer.to_dict())
if not checks_dialect:
    holds("its flag", bool(answer["anomaly.fraud"][0]) is True, answer.to_dict())
    holds("columns of later releases", list(answer.columns) == ["time", "in.tensor", "out.dense_1", "anomaly.count", "anomaly.fraud"], list(answer.columns))
table = pa.table({"tensor": pa.array([list(row["tensor"][0])], pa.list_(pa.float32()))})
answer = single.infer(table)
holds("Arrow in, Arrow out", isinstance(answer, pa.Table) and near(answer["out.dense_1"][0].as_py()[0], 0.0014974177))
holds("time in milliseconds", answer.schema.field("time").type == pa.timestamp("ms"), answer.schema)
answer = single.infer({"tensor": [list(row["tensor"][0])]})
holds("a dictionary", near(answer[0]["outputs"][0]["Float"]["data"][0], 0.0014974177), answer)
answer = single.infer_from_file(input_file("ccfraud-1k.df.json")) if list(
    json.load(open(input_file("ccfraud-1k.df.json")))[0]) == ["tensor"] else single.infer(frame("ccfraud-1k.df.json", "tensor"))
holds("1,000 rows", len(answer) >= 1000, len(answer))
answer = single.infer(row, dataset=["*", "metadata"])
holds("metadata columns", "metadata.last_model" in answer.columns and "ccfraud" in answer["metadata.last_model"][0], list(answer.columns))
answer = single.infer(row, dataset=["time", "out.dense_1"])
holds("selected columns", [name for name in answer.columns if name != "check_failures"] == ["time", "out.dense_1"], list(answer.columns))
raises("a wrong column is refused", "", lambda: single.infer(row.rename(columns={"tensor": "nothing"})))

# Logs.
time.sleep(1.1)
logs = single.logs(limit=5)
holds("logs", len(logs) == 5 and near(logs["out.dense_1"][0][0], 0.0014974177), logs)
holds("newest first", logs["time"].is_monotonic_decreasing, logs["time"])
failed = single.logs(limit=5, valid=False)
holds("failures", len(failed) >= 1 and all(failed[count] > 0), failed)
end = datetime.now(timezone.utc)
ranged = single.logs(start_datetime=end - timedelta(minutes=10), end_datetime=end)
holds("logs of a time range, oldest first", len(ranged) > 5 and ranged["time"].is_monotonic_increasing, len(ranged))
logs = single.logs(limit=3, dataset=["*", "metadata"])
holds("logged metadata", "metadata.last_model" in logs.columns, list(logs.columns))
holds("logs as Arrow", isinstance(single.logs(limit=3, arrow=True), pa.Table))
folder = tempfile.mkdtemp()
single.export_logs(directory=folder, file_prefix="out", limit=50)
lines = [line for name in os.listdir(folder) for line in open(os.path.join(folder, name))]
holds("exported rows", len(lines) == 50, len(lines))
single.export_logs(directory=folder, file_prefix="arrow", limit=50, arrow=True)
exported = pa.ipc.open_file(os.path.join(folder, "arrow-1.arrow")).read_all()
holds("exported Arrow", exported.num_rows == 50, exported.num_rows)

# Shadow, splits, audit, select, several models.
shadow = build(f"shadow-{mark}", lambda p: p.add_shadow_deploy(champion, [xgb, forest]))
answer = shadow.infer(row)
holds("the champion", near(answer["out.dense_1"][0][0], 0.0014974177), answer.to_dict())
time.sleep(1.1)
logs = shadow.logs(limit=1)
holds("the challengers' recorded figures", near(logs["out_ccfraud-xgb.variable"][0][0], 0.0005066991)
      and near(logs["out_ccfraud-rf.variable"][0][0], 1.0), list(logs.columns))
shadow.undeploy()

control = upload("house-control", "gbr_model.onnx", tensor_fields=["tensor"])
challenger = upload("house-challenger", "rf_model.onnx", tensor_fields=["tensor"])
house = frame("house-1.df.json", "tensor")
split = build(f"split-{mark}", lambda p: p.add_random_split([(2, control), (1, challenger)], "session_id"))
keyed = house.copy()
keyed["session_id"] = ["abc"] * len(keyed)
figure = split.infer(keyed)["out.variable"][0][0]
holds("a random split with a key", near(figure, 704901.9) or near(figure, 718013.7), figure)
split.undeploy()
routed = build(f"keyed-{mark}", lambda p: p.add_key_split(control, "segment", {"gold": challenger}))
two = pd.concat([house, house], ignore_index=True)
two["segment"] = ["gold", "plain"]
answer = routed.infer(two)
holds("a key split, row by row", near(answer["out.variable"][0][0], 718013.7) and near(answer["out.variable"][1][0], 704901.9), answer["out.variable"])
routed.undeploy()
several = build(f"several-{mark}", lambda p: p.add_multi_model_step([control, challenger]).add_audit("1:").add_select(0))
holds("several models, audit, select", near(several.infer(house)["out.variable"][0][0], 704901.9))
several.undeploy()
embed = upload("embedder", "embedder.onnx", tensor_fields=["tensor"])
sentiment = upload("sentiment", "sentiment_model.onnx", tensor_fields=["flatten_1"])
chain = build(f"chain-{mark}", lambda p: p.add_model_step(embed).add_model_step(sentiment))
imdb = frame("imdb-1.df.json", "tensor")
holds("a chain", near(chain.infer(imdb)["out.dense_1"][0][0], 0.37142318))
chain.undeploy()

# Versions, tags, listing, undeploy.


def again():
    """A handle that has read nothing yet."""
    if hasattr(client, "get_pipeline"):
        return client.get_pipeline(f"single-{mark}")
    return client.pipelines_by_name(f"single-{mark}")[0]


handle = again()
holds("versions", len(handle.versions()) == 2, [each.name() for each in handle.versions()])
tag = client.create_tag("tagged")
tag.add_to_pipeline(handle.id())
holds("a pipeline's tag", "tagged" in [each.tag() for each in again().tags()])
tag.remove_from_pipeline(handle.id())
listed = client.list_pipelines()
holds("listed", f"single-{mark}" in [each.name() for each in listed])
holds("the table of pipelines", f"single-{mark}" in listed._repr_html_())
holds("models are listed", "ccfraud" in [each.name() for each in workspace.models()])
if release > (2023, 4):
    holds("a workspace's models", "ccfraud" in [each.name() for each in client.list_models()])
holds("a pipeline's own table", f"single-{mark}" in handle._repr_html_())
raises("a definition that cannot run", "expects float32", lambda: client.build_pipeline(f"wrong-{mark}").add_model_step(embed).add_model_step(control).deploy())
raises("a pipeline that nobody created", "", lambda: client.get_pipeline("nobody-made-this"))
single.undeploy()
raises("inference after undeploy", "", lambda: single.infer(row))
holds("the log of an undeployed pipeline", len(single.logs(limit=5)) == 5)
# A notebook of the next day: the model has the renamed fields that were configured before.
fetched = again()
fetched.deploy()
holds("a pipeline fetched by name and deployed again", len(fetched.infer(row)) == 1)
fetched.undeploy()
print(f"\nwallaroo {__version__}: {done} checks hold")
