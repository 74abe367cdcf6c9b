"""Train the breast cancer example: three classifiers on the same 30 features.

    python train.py

Writes models/*.onnx and rows.df.json next to this file. Every random choice is
seeded, so a second run writes the same bytes.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from onnx_export import check, from_sklearn, save, write_rows  # noqa: E402

SEED = 11
ROWS = 1000
DECIDED = 0.7  # must equal DECIDED in limits.ts

MODELS = {
    "gradient-boosting": (
        GradientBoostingClassifier(
            n_estimators=80, max_depth=3, learning_rate=0.1, subsample=0.8, random_state=SEED
        ),
        "batch",
    ),
    "logistic-regression": (
        make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000)),
        "N",
    ),
    "random-forest": (
        RandomForestClassifier(n_estimators=100, min_samples_leaf=2, random_state=SEED),
        None,
    ),
}


def main():
    data = load_breast_cancer()
    train, test, train_y, test_y = train_test_split(
        data.data.astype(np.float32),
        data.target,
        test_size=0.4,
        stratify=data.target,
        random_state=SEED,
    )

    # Rows: held-out patients, drawn with replacement, with unchanged values.
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(0, len(test), ROWS)
    print(f"{len(np.unique(drawn))} of {len(test)} held-out patients drawn")
    rows = write_rows(HERE / "rows.df.json", "features", test[drawn])

    for name, (model, batch) in MODELS.items():
        model.fit(train, train_y)
        path = HERE / f"models/{name}.onnx"
        exported = from_sklearn(
            model,
            name=name,
            inputs=("features", train.shape[1]),
            outputs=("probabilities", 2),
            batch=batch,
            keep="probabilities",
        )
        save(exported, path)
        p = check(path, rows, model.predict_proba(rows))
        held_out = model.predict_proba(test)[:, 1]
        print(
            f"  held out: accuracy {accuracy_score(test_y, held_out > 0.5):.3f}, "
            f"AUC {roc_auc_score(test_y, held_out):.3f}"
        )
        print(
            f"  rows failing: finite and in [0, 1] {count(~((p >= 0) & (p <= 1)).all(1))}, "
            f"sum to 1 {count(~(np.abs(p.astype(float).sum(1) - 1) < 1e-5))}, "
            f"decided {count(~(p.max(1) > DECIDED))}"
        )
    print(f"rows with a negative feature: {count((rows < 0).any(1))}")


def count(failing):
    return int(failing.sum())


if __name__ == "__main__":
    with threadpool_limits(1):  # one thread, so that the order of summation is fixed
        main()
