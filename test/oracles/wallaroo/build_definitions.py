"""Builds pipelines with the builder of the installed platform SDK, without a server, and writes their definitions.

usage: python build_definitions.py OUT.json

Each case: {"name", "kind", "calls": [[method, ...args]], "text": the definition in the body of the SDK's request}.
The test replays `calls` on shapeline's builder; models are named. A case whose calls raise has "error" instead of "text".
"""
import hashlib
import json
import math
import sys
import warnings
from importlib.metadata import version

import httpx

warnings.simplefilter("ignore")
from wallaroo.pipeline_config import PipelineConfigBuilder  # noqa: E402

SDK = version("wallaroo")
OLD = SDK < "2023.4.2"
# These models accept each other's outputs; `tiny` has a port of every kind.
MODELS = ["ccfraud", "ccfraud-xgb", "ccfraud-rf", "house", "small"]


class FakeModel:
    """The four methods of a model version that the builder calls."""

    def __init__(self, name):
        self._name = name

    def name(self):
        return self._name

    def version(self):
        return "1"

    def sha(self):
        return hashlib.sha256(self._name.encode()).hexdigest()

    def config(self):
        outer = self

        class Config:
            def model_version(self):
                return outer

        return Config()


M = {name: FakeModel(name) for name in [*MODELS, "tiny"]}

def model(name):
    return M[name]


def sent(definition):
    """The text of a definition in a request of the SDK's HTTP client."""
    return httpx.Request("POST", "http://localhost", json=definition).content.decode()


def builder(name):
    return PipelineConfigBuilder(client=None, pipeline_name=name)


def play(b, calls, check):
    for method, *args in calls:
        if method == "model":
            b.add_model_step(model(args[0]))
        elif method == "models":
            b.add_multi_model_step([model(m) for m in args[0]])
        elif method == "audit":
            b.add_audit(args[0])
        elif method == "select":
            b.add_select(args[0])
        elif method == "keySplit":
            b.add_key_split(model(args[1]), args[0], {k: model(v) for k, v in args[2].items()})
        elif method == "randomSplit":
            weights = [(w, model(m)) for w, m in args[0]]
            b.add_random_split(weights, *([args[1]] if args[1] is not None else []))
        elif method == "shadow":
            b.add_shadow_deploy(model(args[0]), [model(m) for m in args[1]])
        elif method == "multiOut":
            b.add_multi_out()
        elif method == "validate":
            check(b, args[0], None)
        elif method == "replaceModel":
            b.replace_with_model_step(args[0], model(args[1]))
        elif method == "replaceModels":
            b.replace_with_multi_model_step(args[0], [model(m) for m in args[1]])
        elif method == "replaceAudit":
            b.replace_with_audit(args[0], args[1])
        elif method == "replaceSelect":
            b.replace_with_select(args[0], args[1])
        elif method == "replaceKeySplit":
            b.replace_with_key_split(args[0], model(args[2]), args[1], {k: model(v) for k, v in args[3].items()})
        elif method == "replaceRandomSplit":
            b.replace_with_random_split(args[0], [(w, model(m)) for w, m in args[1]], args[2])
        elif method == "replaceShadow":
            b.replace_with_shadow_deploy(args[0], model(args[1]), [model(m) for m in args[2]])
        elif method == "replaceValidate":
            check(b, args[1], args[0])
        elif method == "remove":
            b.remove_step(args[0])
        elif method == "clear":
            b.clear()
        else:
            raise ValueError(method)


def polars_check(b, exprs, index):
    import polars as pl  # noqa: F401

    values = {name: evaluate(text) for name, text in exprs}
    if index is None:
        b.add_validations(**values)
    else:
        b.replace_with_validations(index, **values)


def evaluate(text):
    if OLD:
        from wallaroo import checks
        from datetime import timedelta

        space = {
            "out": lambda m, *k: variable(checks, m, "output", k),
            "inp": lambda m, *k: variable(checks, m, "input", k),
            "absolute": checks.DefinedFunction("abs"),
            "timedelta": timedelta,
        }
        return eval(text, space)
    import polars as pl

    return eval(text, {"pl": pl, "col": pl.col, "lit": pl.lit, "nan": math.nan, "inf": math.inf, "when": pl.when})


def variable(checks, m, position, key):
    v = checks.Variables(m, position)[key[0]]
    for k in key[1:]:
        v = v[k]
    return v


def checks_check(b, exprs, index):
    for name, text in exprs:
        if index is None:
            b.add_validation(name, evaluate(text))
        else:
            b.replace_with_validation(index, name, evaluate(text))


CHECK = checks_check if OLD else polars_check

# Columns of the model `tiny`, declared in test/wallaroo/sdk.ts: doubles, floats, integers, booleans, strings; lists and scalars.
POLARS = [
    line.strip()
    for line in """
col('out.d') > 0.9
col('out.d') >= 0.9
col('out.d') < 0.1
col('out.d') <= 1
col('out.d') == 0.5
col('out.d') != 0.5
0.9 < col('out.d')
0.1 >= col('out.d')
col('out.d') > 3.6536061763763428
col('out.d') > 1e-7
col('out.d') > 1e16
col('out.d') > 2147483647
col('out.d') > 9007199254740993
col('out.d') > -1
col('out.d') < -0.0
col('out.list').list.get(0) > 0.9
col('out.list').list.get(1) <= 0.1
col('out.list').list.get(-1) > 0.5
col('out.list').list.first() > 0.5
col('out.list').list.last() > 0.5
col('out.list').list.get(7) > 0.5
col('out.list').list.contains(1.0)
col('out.list').list.contains(1)
col('out.list').list.sum() > 1
col('out.list').list.slice(0, 1).list.get(0) > 1
~(col('out.list').list.get(0) > 0.9)
(col('out.list').list.get(0) > 0.9) & (col('out.d') < 1)
(col('out.list').list.get(0) > 0.9) | (col('out.d') < 1)
(col('out.list').list.get(0) > 0.9) ^ (col('out.d') < 1)
col('out.list').list.get(0) > col('out.list').list.get(1)
col('out.open').list.get(0) > 0.9
col('out.open').list.get(1) > 0.9
~(col('out.open').list.get(1) > 0.9)
col('out.open').list.get(1) != 0.9
~(col('out.open').list.get(1) != 0.9)
col('out.open').list.get(1).is_null()
col('out.open').list.get(1).is_not_null()
col('out.open').list.get(1).fill_null(0.0) > 0.5
(col('out.open').list.get(1) > 0.5).fill_null(True)
(col('out.open').list.get(1) > 0.5).fill_null(False)
col('out.open').list.get(1) + 1 > 0.5
(col('out.open').list.get(1) + 1).is_null()
(col('out.open').list.get(1) + 1).is_nan()
(col('out.open').list.get(1) + 1).fill_null(2.0) > 1.5
col('out.open').list.get(1).is_nan()
col('out.open').list.get(1).is_not_nan()
col('out.open').list.get(1).is_finite()
col('out.open').list.get(-1) > 0.5
(col('out.open').list.get(0) > 0.5) & (col('out.d') > 0)
(col('out.open').list.get(0) > 0.5) | (col('out.d') > 0)
~((col('out.open').list.get(0) > 0.5) & (col('out.d') > 0))
~((col('out.open').list.get(0) > 0.5) | (col('out.d') > 0))
(col('out.open').list.get(0) > 0.5) ^ (col('out.d') > 0)
col('out.open').list.get(0).abs() > 0.5
col('out.open').list.get(0).eq_missing(0.9)
col('out.open').list.get(0).ne_missing(0.9)
col('out.open').list.get(0).is_in([0.9, 1.0])
~col('out.open').list.get(0).is_in([0.9, 1.0])
pl.coalesce(col('out.open').list.get(0), col('out.open').list.get(1), 0.0) > 0.5
when(col('out.open').list.get(0) > 0.5).then(col('out.d')).otherwise(0.0) > 0.25
when(col('out.d') > 0.5).then(col('out.open').list.get(0)).otherwise(0.0) > 0.25
~(when(col('out.d') > 0.5).then(col('out.open').list.get(0)).otherwise(0.0) > 0.25)
col('out.f').list.get(0) > 0.9
col('out.f').list.get(0) >= 0.9
col('out.f').list.get(0) < 0.9
col('out.f').list.get(0) <= 0.9
col('out.f').list.get(0) > 0.1
col('out.f').list.get(0) >= 0.1
col('out.f').list.get(0) < 0.1
col('out.f').list.get(0) <= 0.1
col('out.f').list.get(0) == 0.1
col('out.f').list.get(0) != 0.1
col('out.f').list.get(0) == 0.5
col('out.f').list.get(0) > 16777217
col('out.f').list.get(0) > col('out.d')
col('out.f').list.get(0) > col('out.f').list.get(1)
col('out.f').list.get(0) + 0.1 > 1
col('out.f').list.get(0) * col('out.d') > 1
-col('out.f').list.get(0) > 0.5
col('out.f').list.get(0).abs() > 0.9
col('out.f').list.get(0).floor() == 1
col('out.f').list.get(0).sqrt() > 1
col('out.f').list.get(0).round(0) > 1
col('out.f').list.get(0).cast(pl.Float64) <= 0.1
col('out.f').list.get(0).cast(pl.Float64) + 0.1 > 1
col('out.f').list.get(0).is_in([0.1, 0.9])
col('out.f').list.get(0).clip(0.1, 0.9) > 0.5
col('out.f').list.contains(0.5)
when(col('out.b')).then(col('out.f').list.get(0)).otherwise(0.1) >= 0.1
col('out.i') > 3
col('out.i') > 1.5
col('out.i') == 2
col('out.i') + 1 > 3
col('out.i') * 1.5 > 3
col('out.i') / 2 > 1
col('out.i') // 2 > 1
col('out.i') % 2 == 0
col('out.i').cast(pl.Float64) + 1 > 3
col('out.i').is_in([1, 2, 3])
col('out.i').abs() > 1
-col('out.i') > 1
col('out.i') > col('out.d')
col('out.u8') > 300
col('out.u8') > -1
col('out.u8') > 1.5
col('out.n') == 9007199254740993
col('out.n') > 5
col('out.n') > 1.5
col('out.n') == 2.5
col('out.n') > 9007199254740992.0
col('out.n') + 1 > 5
col('out.n') > col('out.i')
col('out.n') > col('out.m')
col('out.n').is_in([1, 9007199254740993])
col('out.q') > 5
col('out.q') > -1
col('out.q') == 18446744073709551615
col('out.q') > col('out.n')
col('out.b')
~col('out.b')
col('out.b') == True
col('out.b') == False
col('out.b') & col('out.c')
col('out.b') | col('out.c')
col('out.b') ^ col('out.c')
col('out.b') == col('out.c')
col('out.b') != col('out.c')
~(col('out.b') & ~col('out.c'))
pl.any_horizontal('out.b', 'out.c')
pl.all_horizontal('out.b', 'out.c')
col('out.b').is_null()
col('out.b') + 1 > 1
col('out.s') == 'abc'
col('out.s') != 'abc'
col('out.s') > 'abc'
col('out.s') == 'q"\\\\\\n\\u2028é😀'
col('out.s').is_in(['a', 'b'])
col('out.s').is_in(['a'])
col('out.s').is_in([])
col('out.s').str.starts_with('a')
col('out.s').str.ends_with('c')
col('out.s').str.contains('b')
col('out.s').str.contains('a.c')
col('out.s').str.contains('a.c', literal=True)
~col('out.s').str.contains('b', literal=True)
col('out.s').str.lengths() > 3
col('out.s').str.n_chars() > 3
when(col('out.b')).then(col('out.s')).otherwise(lit('z')) == 'z'
col('out.d') + col('out.e') > 1
col('out.d') - col('out.e') > 1
col('out.d') * col('out.e') > 1
col('out.d') / col('out.e') > 1
col('out.d') // col('out.e') > 1
col('out.d') % col('out.e') > 1
col('out.d') + 1 > 2
1 - col('out.d') > 0.5
2 * col('out.d') > 1
col('out.d') / 3 > 0.25
-col('out.d') > 0.5
(col('out.d') - col('out.e')).abs() > 0.1
(col('out.d') - col('out.e')).abs() / col('out.e') > 0.1
col('out.d').abs() > 0.5
col('out.d').floor() == 0
col('out.d').ceil() == 1
col('out.d').sign() > 0
col('out.d').sign() == -1
col('out.d').sqrt() > 0.5
col('out.d').round(0) == 2
col('out.d').round(2) == 2
col('out.d').exp() > 2
col('out.d').log() > 2
col('out.d').log(10) > 2
col('out.d').log1p() > 2
col('out.d') ** 2 > 0.5
col('out.d').pow(0.5) > 0.5
col('out.d').clip(0.0, 1.0) > 0.5
col('out.d').clip(0, 1) > 0.5
col('out.d').clip_min(0.0) > 0.5
col('out.d').clip_max(1.0) > 0.5
col('out.d').is_nan()
col('out.d').is_not_nan()
col('out.d').is_finite()
col('out.d').is_infinite()
col('out.d').is_null()
col('out.d').is_not_null()
col('out.d').is_between(0, 1)
~col('out.d').is_between(0.1, 0.9)
col('out.d').is_between(0, 1, closed='none')
col('out.d').is_in([0.1, 0.5])
col('out.d').is_in([1, 2])
col('out.d').is_in([0.5])
col('out.d').fill_nan(0.0) > 0.5
col('out.d').fill_null(0.0) > 0.5
col('out.d').eq_missing(col('out.e'))
col('out.d').ne_missing(col('out.e'))
col('out.d') == col('out.e')
col('out.d') != col('out.e')
col('out.d') > col('out.e')
col('out.d').cast(pl.Float64) > 0.5
col('out.d').cast(pl.Float32) > 0.5
col('out.d').cast(pl.Int64) > 0
when(col('out.d') > 0).then(col('out.e')).otherwise(0.0) > 0.5
when(col('out.d') > 0).then(1).otherwise(0) == 1
when(col('out.d') > 0).then(1) == 1
when(col('out.d') > 0).then(1.0).when(col('out.e') > 0).then(2.0).otherwise(3.0) > 1.5
when(col('out.d') > col('out.e')).then(col('out.d')).otherwise(col('out.e')) > 0.5
col('in.x').list.get(0) > 0.5
(col('in.x').list.get(0) > 0.5) & (col('out.d') > 0.5)
col('in.nothing').list.get(0) > 0.5
col('out.nothing') > 0.5
col('time') > 0
col('out.grid').list.get(0).list.get(1) > 0.5
(col('out.d') > 0.9).alias('inner') & col('out.b')
lit(True)
lit(1) > lit(2)
col('out.d') > lit(inf)
col('out.d') == lit(nan)
col('out.d').is_in([nan, 0.1])
col('out.d') > lit(1, dtype=pl.Int64)
col('out.d') > lit(0.1, dtype=pl.Float64)
(col('out.d') > 0.1) & (col('out.d') > 0.2) & (col('out.d') > 0.3) & (col('out.d') > 0.4)
(col('out.d') > 0.1) | (col('out.d') > 0.2) | (col('out.d') > 0.3) | (col('out.d') > 0.4)
((col('out.d') > 0.1) | (col('out.e') > 0.2)) & ~((col('out.d') > 0.3) | (col('out.e') > 0.4))
""".splitlines()
    if line.strip()
]

CHECKS = [
    line.strip()
    for line in """
out('tiny', 0, 0) < 0.95
out('tiny', 0, 0) <= 0.95
out('tiny', 0, 0) > 0.95
out('tiny', 0, 0) >= 0.95
out('tiny', 0, 0) == 0.95
out('tiny', 0, 0) < 1
out('tiny', 0, 0) < -1.5
out('tiny', 0, 0) < 1e21
out('tiny', 0, 0) < 1e-7
out('tiny', 0, 0) < 1e16
out('tiny', 0, 0) < 123456789.125
out('tiny', 0, 1) < out('tiny', 0, 0)
out('tiny', 0, 0) + out('tiny', 0, 1) < 1.0
out('tiny', 0, 0) - out('tiny', 0, 1) < 1.0
out('tiny', 0, 0) + 1 < 2
absolute(out('tiny', 0, 0)) < 0.5
absolute(out('tiny', 0, 0) - out('tiny', 0, 1)) < 0.1
out('tiny', 0, 0).one_of(1.0, 2.0)
out('tiny', 0, 0).one_of(1, 2)
out('tiny', 0, 0).one_of(1.0)
out('tiny', 0, 7) < 1.0
out('tiny', 9, 0) < 1.0
out('tiny', 0) < 1.0
out('tiny', 2, 0, 1) < 1.0
inp('tiny', 0, 0) > 0.0
inp('tiny', 0, 0) + out('tiny', 0, 0) > 0.0
inp('tiny', 1, 0) > 0.0
out('tiny', 0, 0) < 'abc'
out('tiny', 0, 0) < timedelta(minutes=5)
out('house', 0, 0) < 1.0
out('tiny', 0, 0)
out('tiny', 1, 0) < 5
out('tiny', 1, 0) == 9007199254740993
out('tiny', 1, 0) < 5.5
out('tiny', 0, 0) == out('tiny', 0, 0)
0 < out('tiny', 0, 0) < 1
""".splitlines()
    if line.strip()
]


def slices():
    return ["1:", "0:", ":", "", "1", "1:2", ":2", "0:3", "2:3", " 1 : 2 ", "+1:", "-3:-1", "3:1", "::2", "1:2:x", "a", "1.5:", "9:"]


def step_cases():
    """Calls of all step kinds, with replacements, removals and mistakes."""
    for m in MODELS:
        yield f"model {m}", [["model", m]]
    yield "chain", [["model", "ccfraud"], ["model", "house"]]
    for n in range(1, 5):
        yield f"models {n}", [["models", MODELS[:n]]]
    yield "no models", [["models", []]]
    for s in slices():
        yield f"audit {s!r}", [["models", MODELS[:3]], ["audit", s]]
        yield f"audit and select {s!r}", [["models", MODELS[:3]], ["audit", s], ["select", 0]]
    for i in [0, 1, 2, 3, -1, "0", None]:
        yield f"select {i!r}", [["models", MODELS[:3]], ["select", i]]
    for routes in [{"gold": "house"}, {"gold": "house", "silver": "small"}, {"b": "house", "a": "small"}, {"": "house"}, {"2": "house", "1": "small"}, {}, {"é\u2028": "house"}]:
        yield f"key split {routes}", [["keySplit", "segment", "ccfraud", routes]]
    yield "key split without a key", [["keySplit", "", "ccfraud", {"gold": "house"}]]
    for weights in [
        [[2, "ccfraud"], [1, "house"]], [[0.5, "ccfraud"], [0.25, "house"], [1, "small"]], [[1, "ccfraud"]], [[2.0, "ccfraud"], [1.0, "house"]],
        [[1e-7, "ccfraud"], [1e22, "house"]], [[-1, "ccfraud"], [1, "house"]], [[0, "ccfraud"], [1, "house"]], [[math.nan, "ccfraud"], [1, "house"]],
        [["2", "ccfraud"], [1, "house"]], [[1, "ccfraud"], [1, "ccfraud"]], [], [[3, "ccfraud"], [5, "house"], [7, "small"], [11, "ccfraud-rf"]],
    ]:
        for key in [None, "session_id"]:
            yield f"random split {weights} {key}", [["randomSplit", weights, key]]
    yield "random split with an empty key", [["randomSplit", [[1, "ccfraud"]], ""]]
    for n in range(0, 4):
        yield f"shadow {n}", [["shadow", "ccfraud", MODELS[1 : 1 + n]]]
    yield "shadow of itself", [["shadow", "ccfraud", ["ccfraud"]]]
    yield "shadow and a step", [["shadow", "ccfraud", ["ccfraud-xgb"]], ["model", "house"]]
    yield "shadow, then select", [["shadow", "ccfraud", ["ccfraud-xgb"]], ["select", 0]]
    yield "multi out alone", [["multiOut"]]
    yield "models and multi out", [["models", MODELS[:2]], ["multiOut"]]
    yield "nothing", []
    for i in [0, 1, -1, 2, 3, -3]:
        base = [["model", "ccfraud"], ["model", "house"]]
        yield f"replace {i} with a model", base + [["replaceModel", i, "small"]]
        yield f"replace {i} with models", base + [["replaceModels", i, ["small", "ccfraud-rf"]]]
        yield f"replace {i} with a shadow", base + [["replaceShadow", i, "small", ["ccfraud-rf"]]]
        yield f"replace {i} with a key split", base + [["replaceKeySplit", i, "k", "small", {"a": "ccfraud-rf"}]]
        yield f"replace {i} with a random split", base + [["replaceRandomSplit", i, [[1, "small"]], None]]
        yield f"remove {i}", base + [["remove", i]]
    audited = [["models", MODELS[:3]], ["audit", "1:"], ["select", 0]]
    yield "replace an audit", audited + [["replaceAudit", 1, ":2"]]
    yield "replace a select", audited + [["replaceSelect", 2, 1]]
    yield "remove an audit", audited + [["remove", 1]]
    yield "remove from a shadow", [["shadow", "ccfraud", ["ccfraud-xgb"]], ["remove", 2]]
    yield "clear", audited + [["clear"], ["model", "small"]]
    yield "the same model twice", [["model", "ccfraud"], ["model", "ccfraud"]]


SIMPLE = ("out('ccfraud', 0, 0) < 0.95", "out('ccfraud', 0, 0) > 0.5") if OLD else ("col('out.dense_1').list.get(0) > 0.95", "col('out.dense_1').list.get(0) < 0.5")


def check_cases():
    a, b = SIMPLE
    yield "a validation", [["model", "ccfraud"], ["validate", [["amt", a]]]]
    yield "two in one call", [["model", "ccfraud"], ["validate", [["amt", a], ["low", b]]]]
    yield "two calls", [["model", "ccfraud"], ["validate", [["amt", a]]], ["validate", [["low", b]]]]
    yield "two calls, then a third", [["model", "ccfraud"], ["validate", [["amt", a], ["mid", a]]], ["validate", [["low", b]]], ["validate", [["top", b]]]]
    yield "after a shadow", [["shadow", "ccfraud", ["ccfraud-xgb"]], ["validate", [["amt", a]]], ["validate", [["low", b]]]]
    yield "after models, audit and select", [["models", ["ccfraud", "ccfraud-xgb"]], ["audit", "1:"], ["select", 0], ["validate", [["amt", a]]]]
    yield "between models", [["model", "ccfraud"], ["validate", [["amt", a]]], ["model", "ccfraud-xgb"]]
    yield "before a model", [["validate", [["amt", a]]], ["model", "ccfraud"]]
    yield "named count", [["model", "ccfraud"], ["validate", [["count", a]]]]
    yield "named count and another", [["model", "ccfraud"], ["validate", [["count", a], ["amt", b]]]]
    yield "one name twice", [["model", "ccfraud"], ["validate", [["amt", a]]], ["validate", [["amt", b]]]]
    yield "a name that is no identifier", [["model", "ccfraud"], ["validate", [["a b", a]]]]
    yield "replaced", [["model", "ccfraud"], ["validate", [["amt", a]]], ["replaceValidate", 1, [["low", b]]]]
    yield "replaced by a model", [["model", "ccfraud"], ["validate", [["amt", a]]], ["replaceModel", 1, "ccfraud-xgb"]]
    yield "removed", [["model", "ccfraud"], ["validate", [["amt", a]]], ["validate", [["low", b]]], ["remove", 1]]
    for i, text in enumerate(CHECKS if OLD else POLARS):
        yield f"expression: {text}", [["model", "tiny"], ["validate", [[f"v{i}", text]]]]
    if not OLD:
        challenger = "col('out_ccfraud-xgb.dense_1').list.get(0) > 0.5"
        yield "a challenger's column", [["shadow", "ccfraud", ["ccfraud-xgb"]], ["validate", [["beside", challenger]]]]
    else:
        yield "a challenger's tensor", [["shadow", "ccfraud", ["ccfraud-xgb"]], ["validate", [["beside", "out('ccfraud-xgb', 0, 0) < 0.5"]]]]


def case(kind, name, calls):
    b = builder("fraud")
    record = {"kind": kind, "name": name, "calls": json.loads(json.dumps(calls), parse_constant=str)}
    try:
        play(b, calls, CHECK)
        record["text"] = sent(b.config().to_json())
    except BaseException as error:  # polars panics
        record["error"] = type(error).__name__
    return record


def main(out):
    cases = [case("steps", *c) for c in step_cases()] + [case("checks", *c) for c in check_cases()]
    with open(out, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=True) for c in cases) + "\n]\n")
    built = sum("text" in c for c in cases)
    print(f"wallaroo {SDK}: {len(cases)} pipelines, {built} built, {len(cases) - built} refused by the SDK -> {out}")


if __name__ == "__main__":
    main(sys.argv[1])
