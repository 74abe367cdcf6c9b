import { defineModel, type DType } from "shapeline";

/** Two rows of three extreme values for each dtype: the first and last of its range, and what JSON rounds. */
export const extremes: Readonly<Record<DType, readonly (readonly unknown[])[]>> = {
  bool: [
    [true, false, true],
    [false, false, true],
  ],
  uint8: [
    [0, 255, 7],
    [1, 2, 3],
  ],
  uint16: [
    [0, 65535, 7],
    [1, 2, 3],
  ],
  uint32: [
    [0, 4294967295, 7],
    [1, 2, 3],
  ],
  uint64: [
    [0n, 2n ** 64n - 1n, 2n ** 53n + 1n],
    [1n, 2n, 3n],
  ],
  int8: [
    [-128, 127, 0],
    [1, -2, 3],
  ],
  int16: [
    [-32768, 32767, 0],
    [1, -2, 3],
  ],
  int32: [
    [-2147483648, 2147483647, 0],
    [1, -2, 3],
  ],
  int64: [
    [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n],
    [1n, -2n, 3n],
  ],
  float16: [
    [65504, 2 ** -24, -0],
    [0.0999755859375, 1, -2],
  ],
  float32: [
    [3.4028234663852886e38, 1.401298464324817e-45, -0],
    [Math.fround(0.1), 1, -2],
  ],
  float64: [
    [Number.MAX_VALUE, Number.MIN_VALUE, -0],
    [0.1, 1 / 3, -2],
  ],
  string: [
    ["", 'naïve 🦊 "quoted" \\ \n', "\ufeffbom"],
    ["NaN", "null", "a"],
  ],
};

/** Float values that JSON has not. */
export const nonFinite = [
  [NaN, Infinity, -Infinity],
  [1, 2, 3],
] as const;

/** A handle of the model that returns its input. */
export function identity(dtype: DType, name: string) {
  return defineModel({
    name,
    sha256: "0".repeat(64),
    inputs: { x: { dtype, shape: ["batch", "n"] } },
    outputs: { x: { dtype, shape: ["batch", "n"] } },
  });
}
