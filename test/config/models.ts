import { defineModel, tensor } from "shapeline";

const model = <const N extends string>(name: N, digit: string) =>
  defineModel({
    name,
    sha256: digit.repeat(64),
    inputs: { x: tensor("float32", ["batch", 2]) },
    outputs: { x: tensor("float32", ["batch", 2]) },
  });

/** Models that accept each other's outputs. */
export const [a, b, c] = [model("a", "1"), model("b", "2"), model("c", "3")];
