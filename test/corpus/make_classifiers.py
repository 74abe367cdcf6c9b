"""Writes the classifiers of test/fixtures/models/classifiers, and their classes according to scikit-learn and ONNX Runtime.

    python -m venv venv && venv/bin/pip install -r test/corpus/requirements.txt scikit-learn==1.9.1 skl2onnx==1.20.0
    venv/bin/python test/corpus/make_classifiers.py test/fixtures/models/classifiers
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

out = Path(sys.argv[1])
random = np.random.default_rng(7)
x = random.normal(size=(60, 4)).astype(np.float32)
which = np.digitize(x[:, 0], [-0.5, 0.5])
names = np.array(["setosa", "versicolor", "virginica, or so"])[which]
numbers = np.array([-1, 7, 2**40])[which]


def forest():
    return RandomForestClassifier(3, max_depth=3, random_state=0)


# File name -> model, classes, with or without the ZipMap
models = {
    "linear_names": (LogisticRegression(), names, True),
    "linear_names_no_zipmap": (LogisticRegression(), names, False),
    "linear_numbers": (LogisticRegression(), numbers, False),
    "forest_names": (forest(), names, False),
    "forest_numbers": (forest(), numbers, True),
    "pipeline": (make_pipeline(StandardScaler(), forest()), names, False),
    "svc_probability": (SVC(probability=True, random_state=0), names, False),
    "svc_scores": (SVC(random_state=0), names, False),
    "two_outputs": (MultiOutputClassifier(forest()), np.stack([names, names[::-1]], 1), False),
}


def runtime_classes(path):
    """The classes that ONNX Runtime returns: the keys of the ZipMap's maps, and the predicted labels."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    answers = dict(zip((o.name for o in session.get_outputs()), session.run(None, {"X": x})))
    keys = {name: [str(key) for key in answer[0]] for name, answer in answers.items() if isinstance(answer, list) and isinstance(answer[0], dict)}
    columns = {name: list(answer.shape) for name, answer in answers.items() if isinstance(answer, np.ndarray)}
    return {"keys": keys, "shapes": columns, "answers": sorted({str(a) for name, answer in answers.items() if name.endswith("label") for a in np.ravel(answer)})}


def main():
    out.mkdir(parents=True, exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    expected = {}
    for name, (model, classes, zipmap) in models.items():
        model.fit(x, classes)
        path = out / f"{name}.onnx"
        made = to_onnx(model, x[:1], options={"zipmap": zipmap})
        path.write_bytes(made.SerializeToString())
        own = model.classes_
        expected[path.name] = {"classes": [str(c) for c in (own[0] if isinstance(own, list) else own)], **runtime_classes(path)}
    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print(json.dumps(expected, indent=1))


main()
