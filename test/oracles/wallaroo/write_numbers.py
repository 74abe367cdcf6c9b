"""Writes literals as polars 0.18.15 does, with the numbers that it reads back.

usage: python write_numbers.py OUT.txt COUNT

Lines for doubles: the 16 hex digits of the bits, the text in polars' JSON, and the bits that polars reads from that text.
Lines for integers: `int`, the digits, and the literal that Python's polars writes.
"""
import random
import struct
import sys

import polars as pl


PREFIX = '{"Literal":{"Float64":'


def bits(value):
    return struct.pack(">d", value).hex()


EDGES = [0.0, -0.0, 1.0, -1.0, 0.1, 0.9, 1e-5, 1e-6, 9.999e-6, 1e15, 1e16, 1.5e16, 9007199254740993.0, 1e22, 1e23, 1e100, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 3.6536061763763428, 123456789.125]


def doubles(count):
    rng = random.Random(20261122)
    yield from EDGES
    for i in range(count - len(EDGES)):
        kind = i % 4
        if kind == 0:
            value = struct.unpack(">d", rng.getrandbits(64).to_bytes(8, "big"))[0]
            while value != value or value in (float("inf"), float("-inf")):
                value = struct.unpack(">d", rng.getrandbits(64).to_bytes(8, "big"))[0]
        elif kind == 1:
            value = rng.uniform(-10, 10)
        elif kind == 2:
            value = round(rng.uniform(-1000, 1000), rng.randrange(7))
        else:
            value = rng.uniform(-1, 1) * 10.0 ** rng.randrange(-20, 25)
        yield value


INTEGERS = [n + d for n in (0, 2**31, -(2**31), 2**32, 2**53, -(2**53), 2**63, -(2**63), 2**64) for d in range(-3, 4)]


def main(out, count):
    misread = 0
    with open(out, "w", encoding="ascii") as file:
        for value in doubles(count):
            expr = pl.lit(value)
            text = expr.meta.write_json()
            read = pl.select(pl.Expr.from_json(text)).item()
            misread += read != value
            file.write(f'{bits(value)} {text[len(PREFIX):-2]} {bits(read)}\n')
        for value in INTEGERS:
            try:
                text = pl.lit(value).meta.write_json()
                file.write(f"int {value} {text}\n")
            except BaseException as error:  # polars panics
                file.write(f"int {value} {type(error).__name__}\n")
    print(f"polars {pl.__version__}: {count} doubles, {misread} misread by its own reader; {len(INTEGERS)} integers -> {out}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
