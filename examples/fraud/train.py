"""Train the fraud example: was a handwritten digit on a cheque altered?

    python train.py

Writes models/*.onnx and rows.df.json next to this file. Every random choice is
seeded, so a second run writes the same bytes.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from onnx_export import check, from_layers, from_sklearn, run, save, write_rows  # noqa: E402

SEED = 7
ROWS = 1000
ALTERED_EVERY = 16  # rows 16, 32, 48, ... (counting from 1) are altered
COPIES = 4  # copies of each training scan, each with new noise
GENUINE, ALTERED = 0.0, 2.0
EMBEDDING = 16

# The digits that a digit can become by adding ink.
BECOMES = {
    0: (6, 8, 9),
    1: (4, 7, 9),
    3: (8, 9),
    4: (9,),
    5: (6, 8, 9),
    6: (8,),
    7: (9,),
    9: (8,),
}


def shift_sideways(scan, by):
    square = np.roll(scan.reshape(8, 8), by, axis=1)
    if by > 0:
        square[:, :by] = 0
    elif by < 0:
        square[:, by:] = 0
    return square.ravel()


def tamper(scans, digits, count, rng):
    """Overlay `count` of the scans with a digit that they can become.

    The second hand writes with a pen of its own (60 to 100 % of the ink) and
    may miss by one pixel to either side.
    """
    able = np.flatnonzero(np.isin(digits, list(BECOMES)))
    altered = []
    for i in rng.choice(able, count, replace=count > len(able)):
        target = rng.choice(BECOMES[int(digits[i])])
        strokes = scans[rng.choice(np.flatnonzero(digits == target))]
        strokes = shift_sideways(strokes, rng.integers(-1, 2)) * rng.uniform(0.6, 1.0)
        altered.append(np.maximum(scans[i], strokes))
    return np.array(altered)


def rescan(scans, rng):
    """Add scanner noise, the same for genuine and altered scans; pixels are integers from 0 to 16."""
    noisy = np.rint(scans + rng.normal(0, 0.5, scans.shape))
    return np.clip(noisy, 0, 16) + 0.0  # no negative zeros


def embed(network, pixels):
    """The second hidden layer of the network, in single precision."""
    hidden = pixels / 16
    for weights, bias in list(zip(network.coefs_, network.intercepts_))[:-1]:
        hidden = np.maximum(hidden @ weights + bias, 0)
    return hidden.astype(np.float32)


def main():
    rng = np.random.default_rng(SEED)
    digits = load_digits()
    altered_rows = np.arange(ALTERED_EVERY - 1, ROWS, ALTERED_EVERY)
    genuine_rows = np.setdiff1d(np.arange(ROWS), altered_rows)
    train, test, train_digits, test_digits = train_test_split(
        digits.data,
        digits.target,
        test_size=len(genuine_rows),
        stratify=digits.target,
        random_state=SEED,
    )

    # Training set: as many altered scans as genuine ones.
    genuine = np.vstack([train] * COPIES)
    altered = tamper(train, train_digits, len(genuine), rng)
    pixels = rescan(np.vstack([genuine, altered]), rng)
    risk = np.r_[np.full(len(genuine), GENUINE), np.full(len(altered), ALTERED)]
    classes = np.r_[np.tile(train_digits, COPIES), np.full(len(altered), 10)]

    # Rows: each held-out scan once, and altered scans made only from held-out ones.
    rows = np.empty((ROWS, 64))
    rows[genuine_rows] = test
    rows[altered_rows] = tamper(test, test_digits, len(altered_rows), rng)
    rows = write_rows(HERE / "rows.df.json", "pixels", rescan(rows, rng))

    # The embedder learns to classify the ten digits and "altered". Its last
    # hidden layer is the embedding.
    network = MLPClassifier(
        hidden_layer_sizes=(96, EMBEDDING), alpha=1e-3, max_iter=60, random_state=SEED
    )
    network.fit(pixels / 16, classes)
    a = from_layers(
        [(w, b, True) for w, b in list(zip(network.coefs_, network.intercepts_))[:-1]],
        name="a",
        inputs=("pixels", 64),
        outputs=("embedding", EMBEDDING),
        batch="batch",
        divide_by=16,
    )
    save(a, HERE / "models/a.onnx")
    embedding = embed(network, pixels)

    champ = GradientBoostingRegressor(
        n_estimators=120, max_depth=3, learning_rate=0.08, subsample=0.8, random_state=SEED
    ).fit(embedding, risk)
    c1 = Ridge(1.0).fit(embedding, risk)
    c2 = MLPRegressor(hidden_layer_sizes=(32,), alpha=0.1, max_iter=60, random_state=SEED)
    c2.fit(embedding, risk)

    # The port names differ on purpose: an only output feeds an only input.
    exported = {
        "champ": from_sklearn(
            champ,
            name="champ",
            inputs=("embedding", EMBEDDING),
            outputs=("risk", 1),
            batch="batch",
        ),
        "c1": from_layers(
            [(c1.coef_.reshape(-1, 1), [c1.intercept_], False)],
            name="c1",
            inputs=("float_input", EMBEDDING),
            outputs=("variable", 1),
            batch=None,
        ),
        "c2": from_sklearn(
            c2, name="c2", inputs=("x", EMBEDDING), outputs=("score", 1), batch="N"
        ),
    }

    check(HERE / "models/a.onnx", rows, embed(network, rows))
    embedding = run(HERE / "models/a.onnx", rows)
    is_altered = np.isin(np.arange(ROWS), altered_rows)
    for (name, model), fitted in zip(exported.items(), (champ, c1, c2)):
        path = HERE / f"models/{name}.onnx"
        save(model, path)
        score = check(path, embedding, fitted.predict(embedding)).ravel()
        fails = ~(score < 1)
        if not np.array_equal(fails, ~(fitted.predict(embed(network, rows)) < 1)):
            raise SystemExit(f"{name}: the chain of models gives other verdicts than scikit-learn")
        print(
            f"  {type(fitted).__name__}: {fails.sum()} of {ROWS} rows fail out < 1: "
            f"{(fails & is_altered).sum()} of {is_altered.sum()} altered, "
            f"{(fails & ~is_altered).sum()} of {(~is_altered).sum()} genuine; "
            f"AUC {roc_auc_score(is_altered, score):.3f}"
        )


if __name__ == "__main__":
    # The networks train for a fixed number of rounds.
    warnings.simplefilter("ignore", ConvergenceWarning)
    with threadpool_limits(1):  # one thread, so that the order of summation is fixed
        main()
