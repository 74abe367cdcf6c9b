"""Deploys the same pipelines twice on `shapeline serve --wallaroo`: as this release of the SDK builds them, and as
compile_pipelines.mjs compiles them from TypeScript. Each pair must give the same rows. argv is the server's URL and the
folder of the recordings."""

import json
import os
import subprocess
import uuid

from server_connection import client, input_file, model_file, release, url

import httpx
import pandas as pd
from wallaroo.framework import Framework
from wallaroo.version import __version__

dialect = "checks" if release <= (2023, 4) else "polars"
mark = uuid.uuid4().hex[:6]
workspace = client.create_workspace(f"same-{mark}")
client.set_current_workspace(workspace)
files = {
    "ccfraud": ("ccfraud.onnx", "tensor"),
    "ccfraud-xgb": ("xgboost_ccfraud.onnx", "tensor"),
    "ccfraud-rf": ("modelA.onnx", "tensor"),
    "house-control": ("gbr_model.onnx", "tensor"),
    "house-challenger": ("rf_model.onnx", "tensor"),
    "embedder": ("embedder.onnx", "tensor"),
    "sentiment": ("sentiment_model.onnx", "flatten_1"),
}
models = {
    name: client.upload_model(name, model_file(file), framework=Framework.ONNX).configure(tensor_fields=[column])
    for name, (file, column) in files.items()
}
fraud, xgb, forest, control, challenger, embedder, sentiment = models.values()


def rows(name, count):
    found = pd.read_json(input_file(name), orient="records")
    return found.rename(columns={found.columns[0]: "tensor"}).head(count)


def check(pipeline, name, older, newer):
    """A validation that must hold, in this release's dialect; polars stores when it fails."""
    if dialect == "checks":
        return pipeline.add_validation(name, older())
    import polars

    return pipeline.add_validations(**{name: ~newer(polars.col)})


cards = pd.concat([rows("ccfraud-1k.df.json", 50), rows("ccfraud-high.json", 1)], ignore_index=True)
houses = rows("house-normal.df.json", 50)
keyed = houses.assign(segment=["gold" if i % 3 == 0 else "plain" for i in range(len(houses))])
hashed = houses.assign(session_id=[f"s{i}" for i in range(len(houses))])
texts = rows("imdb-1.df.json", 1)


def fraud_check(p):
    return check(p, "fraud", lambda: fraud.outputs[0][0] < 0.9, lambda col: col("out.dense_1").list.get(0) < 0.9)


def low_check(p):
    return check(p, "low", lambda: fraud.outputs[0][0] > 0.001, lambda col: col("out.dense_1").list.get(0) > 0.001)


def input_check(p):
    return check(p, "first", lambda: fraud.inputs[0][0] > 0.0, lambda col: col("in.tensor").list.get(0) > 0.0)


def text_check(p):
    return check(p, "positive", lambda: sentiment.outputs[0][0] > 0.5, lambda col: col("out.dense_1").list.get(0) > 0.5)


def forest_check(p):
    newer = "out_ccfraud-rf.variable"
    return check(p, "beside", lambda: forest.outputs[0][0] < 0.5, lambda col: col(newer).list.get(0) < 0.5)


def price_check(p):
    newer = "out.variable"
    return check(p, "dear", lambda: challenger.outputs[0][0] < 710000.0, lambda col: col(newer).list.get(0) < 710000.0)


several = [control, challenger]
built = {
    "single": (cards, lambda p: p.add_model_step(fraud)),
    "validated": (cards, lambda p: fraud_check(p.add_model_step(fraud))),
    "twice": (cards, lambda p: low_check(fraud_check(p.add_model_step(fraud)))),
    "requested": (cards, lambda p: input_check(p.add_model_step(fraud))),
    "chain": (texts, lambda p: text_check(p.add_model_step(embedder).add_model_step(sentiment))),
    "shadow": (cards, lambda p: p.add_shadow_deploy(fraud, [xgb, forest])),
    "beside": (cards, lambda p: forest_check(p.add_shadow_deploy(fraud, [xgb, forest]))),
    "selected": (houses, lambda p: p.add_multi_model_step(several).add_audit("1:").add_select(0)),
    "second": (houses, lambda p: price_check(p.add_multi_model_step(several).add_select(1))),
    "keyed": (keyed, lambda p: p.add_key_split(control, "segment", {"gold": challenger})),
    "hashed": (hashed, lambda p: p.add_random_split([(2, control), (1, challenger)], "session_id")),
}


def fetched(name):
    """A handle that the SDK makes of what the server says."""
    return client.get_pipeline(name) if hasattr(client, "get_pipeline") else client.pipelines_by_name(name)[0]


def post(path, content):
    answer = httpx.post(f"{url}/v1/api/{path}", content=content)
    if answer.status_code != 200:
        raise SystemExit(f"{__version__}: {path}: {answer.status_code} {answer.text}")
    return answer.json()


def deployed_as_text(name, definition):
    """Deploys a definition that the SDK did not build, with the calls of the SDK."""
    body = f'{{"pipeline_id":"{name}","workspace_id":{workspace.id()},"definition":{definition}}}'
    version = post("pipelines/create", body)["pipeline_variant_pk_id"]
    call = {"deploy_id": name, "pipeline_version_pk_id": version, "engine_config": {}}
    if dialect == "checks":
        # Later releases leave the choice of a model's configuration to the server: the newest one.
        call["model_configs"] = [each.config().id() for key, each in models.items() if f'"name": "{key}"' in definition]
    post("pipelines/deploy", json.dumps(call))
    return fetched(name)


named = {name: {"version": each.version(), "sha": each.sha()} for name, each in models.items()}
here = os.path.dirname(os.path.abspath(__file__))
program = ["node", os.path.join(here, "compile_pipelines.mjs"), dialect, json.dumps(named)]
definitions = json.loads(subprocess.run(program, check=True, capture_output=True, text=True).stdout)
if set(definitions) != set(built):
    raise SystemExit(f"the two programs have other pipelines: {sorted(definitions)}, {sorted(built)}")

compared = flagged = 0
for name, (frame, build) in built.items():
    pipeline = client.build_pipeline(f"{name}-{mark}")
    build(pipeline)
    pipeline.deploy()
    own = pipeline.infer(frame).drop(columns="time")
    compiled = deployed_as_text(f"ours-{name}-{mark}", definitions[name])
    ours = compiled.infer(frame).drop(columns="time")
    if list(own.columns) != list(ours.columns):
        raise SystemExit(f"{__version__}: {name}: columns {list(own.columns)} and {list(ours.columns)}")
    for column in own.columns:
        if own[column].tolist() != ours[column].tolist():
            raise SystemExit(f"{__version__}: {name}: {column}: {own[column].tolist()} and {ours[column].tolist()}")
    compared += len(own)
    flagged += int((own["check_failures" if dialect == "checks" else "anomaly.count"] > 0).sum()) if any(
        column in own.columns for column in ("check_failures", "anomaly.count")) else 0
    pipeline.undeploy()
    compiled.undeploy()
if flagged == 0:
    raise SystemExit(f"{__version__}: no row fails a validation, so that the validations were not compared")
print(f"\nwallaroo {__version__}: {len(built)} pipelines of TypeScript and of the SDK give the same {compared} rows; {flagged} fail a validation")
