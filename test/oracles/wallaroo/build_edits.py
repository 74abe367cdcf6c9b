"""Edits pipelines with the builder of the installed platform SDK, without a server, and writes what it would send.

usage: python build_edits.py OUT.jsonl.gz

Each line: {"calls": [[method, ...args]], "text": the definition in the body of the SDK's request}, "alerts" where there
are some, or "error" instead of "text". Models are named. A validation has the condition that must hold, as a lambda.
"""
import gzip
import json
import random
import sys
import warnings
from datetime import timedelta

warnings.simplefilter("ignore")
from build_definitions import MODELS, OLD, SDK, builder, model, sent, variable  # noqa: E402

COUNT = 420
SLICES = ["1:", "0:", ":1", ":2", "0:1", "0:2", "1:2", "2:"]
OUT = "x.out.dense_1[0]"

if OLD:
    from wallaroo import checks, functions, notify

    def out(m):
        return variable(checks, m, "output", (0, 0))

    def inp(m):
        return variable(checks, m, "input", (0, 0))

    # What must hold, for the platform and as a lambda, of the last and the first model.
    CONDITIONS = [
        (lambda last, first: out(last) < 0.95, f"(x) => {OUT} < 0.95"),
        (lambda last, first: out(last) >= 0.25, f"(x) => {OUT} >= 0.25"),
        (lambda last, first: out(last) == 1.0, f"(x) => {OUT} === 1"),
        (lambda last, first: out(last) + inp(first) <= 2.0, f"(x) => {OUT} + x.in.dense_1[0] <= 2"),
        (lambda last, first: inp(first) - out(last) > -1e-7, f"(x) => x.in.dense_1[0] - {OUT} > -1e-7"),
        (lambda last, first: functions.abs(out(last) - inp(first)) < 0.1, f"(x) => Math.abs({OUT} - x.in.dense_1[0]) < 0.1"),
        (lambda last, first: out(last).one_of(0.0, 1.0), f"(x) => {OUT} === 0 || {OUT} === 1"),
    ]
    ALERTS = [
        (lambda e: functions.count(e, timedelta(minutes=5)) > 10, "> 10", "5m"),
        (lambda e: functions.count(e, timedelta(hours=1)) >= 0.5, ">= 0.5", "1h"),
        (lambda e: functions.count(e, timedelta(seconds=90)) < 3, "< 3", "90s"),
        (lambda e: functions.count(e, timedelta(days=1)) == 7, "=== 7", "1d"),
    ]
else:
    import polars as pl

    col, o, i = pl.col, pl.col("out.dense_1").list.get(0), pl.col("in.dense_1").list.get(0)
    # The rows that fail, for the platform; and what must hold, as a lambda.
    CONDITIONS = [
        (lambda last, first: o > 0.5, f"(x) => !({OUT} > 0.5)"),
        (lambda last, first: o >= 0.25, f"(x) => !({OUT} >= 0.25)"),
        (lambda last, first: o < -1.5, f"(x) => !({OUT} < -1.5)"),
        (lambda last, first: o <= 1e-7, f"(x) => !({OUT} <= 1e-7)"),
        (lambda last, first: o == 0.75, f"(x) => !({OUT} === 0.75)"),
        (lambda last, first: i > 2.0, "(x) => !(x.in.dense_1[0] > 2)"),
        (lambda last, first: o > i, f"(x) => !({OUT} > x.in.dense_1[0])"),
        (lambda last, first: (o > 0.5) & (i < 0.25), f"(x) => !({OUT} > 0.5 && x.in.dense_1[0] < 0.25)"),
        (lambda last, first: (o > 0.5) | (i < 0.25), f"(x) => !({OUT} > 0.5 || x.in.dense_1[0] < 0.25)"),
        (lambda last, first: o.is_nan(), f"(x) => !Number.isNaN({OUT})"),
    ]


class Program:
    """Calls of a builder, which are made and written down."""

    def __init__(self, rng):
        self.rng = rng
        self.b = builder("fraud")
        self.calls = []
        self.names = 0

    def models(self, least, most):
        return self.rng.sample(MODELS, self.rng.randint(least, most))

    def place(self):
        """An index of a step, from the start or from the end."""
        i = self.rng.randrange(len(self.b.steps))
        return i - len(self.b.steps) if self.rng.random() < 0.5 else i

    def name(self):
        self.names += 1
        return f"v{self.names}"

    def ends(self, steps):
        """The last and the first model of steps, where there is one of each."""
        inference = [s for s in steps if s.is_inference_step()]
        name = lambda s: (getattr(s, "models", None) or [getattr(s, "control", None) or s.weights[0].model])[0].name
        return name(inference[-1]), name(inference[0])

    def add(self):
        kind = self.rng.choice(
            ["model", "model", "models", "audit", "select", "keySplit", "randomSplit", "shadow", "validation", "validation"]
            + (["alert"] if OLD else ["validations"]))
        self.step(kind, None)

    def edit(self):
        if not self.b.steps or self.rng.random() < 0.05:
            return self.do("clear", [], lambda: self.b.clear())
        if self.rng.random() < 0.25:
            at = self.place()
            return self.do("removeStep", [at], lambda: self.b.remove_step(at))
        kinds = ["model", "models", "audit", "select", "keySplit", "randomSplit", "shadow", "validation"]
        self.step(self.rng.choice(kinds + (["alert"] if OLD else ["validations"])), self.place())

    def step(self, kind, at):
        b, rng = self.b, self.rng
        head = [] if at is None else [at]
        # The SDK scatters the three steps of a shadow at a negative index.
        if kind == "shadow" and at is not None and at < 0:
            at = at + len(b.steps)
            head = [at]
        m = lambda names: [model(n) for n in names]
        if kind == "model":
            names = self.models(1, 1)
            self.put("ModelStep", head, names, lambda f: f(*head, *m(names)), "model_step")
        elif kind == "models":
            names = self.models(1, 4)
            self.put("MultiModelStep", head, [names], lambda f: f(*head, m(names)), "multi_model_step")
        elif kind == "audit":
            text = rng.choice(SLICES)
            self.put("Audit", head, [text], lambda f: f(*head, text), "audit")
        elif kind == "select":
            index = rng.randrange(4)
            self.put("Select", head, [index], lambda f: f(*head, index), "select")
        elif kind == "keySplit":
            first, *others = self.models(2, 4)
            routes = dict(zip(["gold", "silver", "é\u2028"], others))
            self.put("KeySplit", head, [first, "segment", routes],
                     lambda f: f(*head, model(first), "segment", {k: model(v) for k, v in routes.items()}), "key_split")
        elif kind == "randomSplit":
            weights = [[rng.choice([1, 2, 3, 0.5, 1e-7, 1e22]), n] for n in self.models(1, 4)]
            key = rng.choice([[], ["session_id"]])
            self.put("RandomSplit", head, [weights, *key],
                     lambda f: f(*head, [(w, model(n)) for w, n in weights], *key), "random_split")
        elif kind == "shadow":
            first, *others = self.models(2, 4)
            self.put("ShadowDeploy", head, [first, others], lambda f: f(*head, model(first), m(others)), "shadow_deploy")
        else:
            self.check(kind, at, head)

    def check(self, kind, at, head):
        b, rng = self.b, self.rng
        before = b.steps if at is None else b.steps[:at]
        if not any(s.is_inference_step() for s in before):
            return
        # A replaced check of the older SDK follows an inference step, counted from the start.
        if OLD and at is not None:
            at = at % len(b.steps)
            head = [at]
            if at == 0 or not b.steps[at - 1].is_inference_step():
                return
        last, first = self.ends(b.steps if at is None else b.steps[:at])
        made = [(self.name(), *rng.choice(CONDITIONS)) for _ in range(rng.randint(1, 3) if kind == "validations" else 1)]
        (name, expression, text), *_ = made
        if kind == "alert":
            condition, compared, over = rng.choice(ALERTS)
            alert = condition(expression(last, first))
            source = f"(all) => all.count({text}) {compared}"
            emails = rng.choice([[], ["a@b.c"], ["a@b.c", "d@e.f"]])
            self.put("Alert", head, [name, source, {"over": over, "email": emails}],
                     lambda f: f(*head, name, alert, [notify.Email(e) for e in emails]), "alert")
        elif OLD:
            self.put("Validation", head, [name, text], lambda f: f(*head, name, expression(last, first)), "validation")
        elif kind == "validation":
            self.put("Validation", head, [name, text], lambda f: f(*head, **{name: expression(last, first)}), "validations")
        else:
            self.put("Validations", head, [{n: t for n, _, t in made}],
                     lambda f: f(*head, **{n: e(last, first) for n, e, _ in made}), "validations")

    def put(self, ours, head, args, call, theirs):
        method = getattr(self.b, f"replace_with_{theirs}" if head else f"add_{theirs}")
        self.do(f"replaceWith{ours}" if head else f"add{ours}", [*head, *args], lambda: call(method))

    def do(self, method, args, call):
        self.calls.append([method, *args])
        call()


def case(seed):
    rng = random.Random(seed)
    program = Program(rng)
    line = {"calls": program.calls}
    try:
        for _ in range(rng.randint(1, 4)):
            program.add()
        for _ in range(rng.randint(0, 4)):
            (program.edit if rng.random() < 0.7 else program.add)()
        config = program.b.config()
        line["text"] = sent(config.to_json())
        alerts = [a.to_json() for a in getattr(config, "alert_configurations", [])]
        if alerts:
            line["alerts"] = alerts
    except (IndexError, AssertionError, RuntimeError) as error:
        line["error"] = type(error).__name__
    return line


def main(out):
    lines = [line for line in (case(seed) for seed in range(COUNT)) if line["calls"]]
    # Without a name and a time the file has the same bytes whenever it is written.
    with open(out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as file:
        for line in lines:
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    built = sum("text" in line for line in lines)
    print(f"wallaroo {SDK}: {len(lines)} edited pipelines, {built} built -> {out}")


if __name__ == "__main__":
    main(sys.argv[1])
