"""Calls every public method of the SDK's Pipeline, PipelineVersion, Model, ModelVersion and Workspace once against
`shapeline serve --wallaroo --user-file`: argv is the server's URL, the folder of the recordings, and a user who is added
to a workspace. Each works, or is refused in
the way that docs/wallaroo-server.md says. A method without an entry here ends the run."""

import asyncio
import inspect
import os
import sys
import tempfile
import uuid

from server_connection import client, input_file, model_file, release

import httpx
import pandas as pd
from wallaroo.framework import Framework
from wallaroo.model import Model
from wallaroo.model_version import ModelVersion
from wallaroo.pipeline import Pipeline
from wallaroo.pipeline_version import PipelineVersion
from wallaroo.version import __version__
from wallaroo.workspace import Workspace

user = sys.argv[3]
checks_dialect = release <= (2023, 4)
mark = uuid.uuid4().hex[:6]
workspace = client.create_workspace(f"methods-{mark}")
client.set_current_workspace(workspace)


def upload(name, file):
    uploaded = client.upload_model(name, model_file(file), framework=Framework.ONNX)
    return uploaded.configure(tensor_fields=["tensor"])


one = upload("ccfraud", "ccfraud.onnx")
two = upload("ccfraud-xgb", "xgboost_ccfraud.onnx")
pipeline = client.build_pipeline(f"methods-{mark}").add_model_step(one)
pipeline.deploy()
rows = pd.read_json(input_file("ccfraud-1.df.json"), orient="records")
rows = rows.rename(columns={rows.columns[0]: "tensor"})
pipeline.infer(rows)


def steps():
    """A pipeline of one step, to be changed."""
    return client.build_pipeline(f"steps-{mark}").clear().add_model_step(one)


def validation():
    if checks_dialect:
        return steps().add_validation("low", one.outputs[0][0] < 0.9)
    import polars

    return steps().add_validations(low=polars.col("out.dense_1").list.get(0) > 0.9)


async def infer_async(deployed):
    async with httpx.AsyncClient() as session:
        return await deployed.async_infer(rows, session)


folder = tempfile.mkdtemp()
refused = "refused"
# What each method is called with, and whether the call is refused. A function makes the call by itself.
calls = {
    Pipeline: {
        "logs": lambda p: p.logs(limit=1),
        "export_logs": lambda p: p.export_logs(directory=folder, limit=1),
        "deploy": lambda p: p.deploy(),
        "infer": lambda p: p.infer(rows),
        "async_infer": lambda p: asyncio.run(infer_async(p)),
        "parallel_infer": lambda p: asyncio.run(p.parallel_infer([rows] if checks_dialect else rows)),
        "infer_from_file": lambda p: p.infer_from_file(os.path.join(folder, "rows.df.json")),
        "remove_step": lambda p: steps().remove_step(0),
        "add_model_step": lambda p: steps(),
        "replace_with_model_step": lambda p: steps().replace_with_model_step(0, two),
        "add_multi_model_step": lambda p: steps().add_multi_model_step([one, two]),
        "replace_with_multi_model_step": lambda p: steps().replace_with_multi_model_step(0, [one, two]),
        "add_audit": lambda p: steps().add_audit("1:"),
        "replace_with_audit": lambda p: steps().replace_with_audit(0, "1:"),
        "add_select": lambda p: steps().add_select(0),
        "replace_with_select": lambda p: steps().replace_with_select(0, 0),
        "add_key_split": lambda p: steps().add_key_split(one, "k", {"gold": two}),
        "replace_with_key_split": lambda p: steps().replace_with_key_split(0, one, "k", {"gold": two}),
        "add_random_split": lambda p: steps().add_random_split([(2, one), (1, two)], "k"),
        "replace_with_random_split": lambda p: steps().replace_with_random_split(0, [(2, one), (1, two)], "k"),
        "add_shadow_deploy": lambda p: steps().add_shadow_deploy(one, [two]),
        "replace_with_shadow_deploy": lambda p: steps().replace_with_shadow_deploy(0, one, [two]),
        "add_validations": lambda p: validation(),
        "add_validation": lambda p: validation(),
        "clear": lambda p: steps().clear(),
        "publish": (refused, lambda p: p.publish()),
        "openai_completion": (refused, lambda p: p.openai_completion(prompt="x")),
        "openai_chat_completion": (refused, lambda p: p.openai_chat_completion(messages=[])),
        "get_sidekick_pod_logs": (refused, lambda p: p.get_sidekick_pod_logs("none")),
        "get_sidekick_pods_history": (refused, lambda p: p.get_sidekick_pods_history()),
        "get_external_url": (refused, lambda p: p.get_external_url()),
        "generate_api_spec": (None, lambda p: p.generate_api_spec(os.path.join(folder, "spec.json"))),
        "get_explainability_config": (refused, lambda p: p.get_explainability_config(str(uuid.uuid4()))),
        "create_explainability_config": (refused, lambda p: p.create_explainability_config(["a"])),
        "logs_shadow_deploy": (None, lambda p: p.logs_shadow_deploy()),
        "add_alert": (None, lambda p: steps().add_alert("a", one.outputs[0][0] < 0.9, [])),
        "replace_with_alert": (None, lambda p: steps().replace_with_alert(0, "a", one.outputs[0][0] < 0.9, [])),
    },
    PipelineVersion: {
        "deploy": lambda v: v.deploy(f"methods-{mark}", [one.config()]),
        "publish": (refused, lambda v: v.publish()),
    },
    Model: {},
    ModelVersion: {
        "configure": lambda m: m.configure(tensor_fields=["tensor"]),
        "logs": (refused, lambda m: m.logs()),
        "get_upload_logs": (refused, lambda m: m.get_upload_logs()),
        "deploy": lambda m: m.deploy(f"direct-{mark}"),
    },
    Workspace: {
        "list_workspaces": lambda w: Workspace.list_workspaces(client),
        "get_workspace": lambda w: Workspace.get_workspace(client, f"methods-{mark}"),
        "add_user": lambda w: w.add_user(user),
        "add_owner": lambda w: w.add_owner(user),
        "remove_user": lambda w: w.remove_user(user),
        "list_connections": (refused, lambda w: w.list_connections()),
        "add_connection": (refused, lambda w: w.add_connection("none")),
        "remove_connection": (refused, lambda w: w.remove_connection("none")),
    },
}
rows.to_json(os.path.join(folder, "rows.df.json"), orient="records")
subjects = {
    Pipeline: pipeline,
    PipelineVersion: pipeline.versions()[0],
    ModelVersion: one,
    Workspace: workspace,
}
models = workspace.models()
subjects[Model] = models[0]
worked, no, wrong = [], [], []
for kind, subject in subjects.items():
    names = [name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]
    # Undeploying comes last, and an owner and a removed user are users before.
    for name in sorted(names, key=lambda each: (each in ("add_owner", "remove_user", "undeploy"), each)):
        entry = calls[kind].get(name, lambda each, name=name: getattr(each, name)())
        expected, call = entry if isinstance(entry, tuple) else ("works", entry)
        try:
            call(subject)
            found = "works"
        except Exception as error:
            found = refused
            text = f"{type(error).__name__}: {str(error)[:160]}"
        what = f"{kind.__name__}.{name}"
        if expected is not None and found != expected:
            wrong.append(f"{what} {found}: {text if found == refused else ''}")
        (worked if found == "works" else no).append(what if found == "works" else f"{what}: {text}")
if "--all" in sys.argv:
    print("\n".join(no))
if wrong:
    raise SystemExit(f"{__version__}:\n" + "\n".join(wrong))
print(f"\nwallaroo {__version__}: {len(worked)} methods work, {len(no)} are refused as documented")
