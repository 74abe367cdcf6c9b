import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineModel, tensor } from "shapeline";

/** The folder of three real models with the same input and output ports. */
export const models = fileURLToPath(new URL("../../examples/breast-cancer/models", import.meta.url));

export const rows = (
  JSON.parse(readFileSync(join(models, "../rows.df.json"), "utf8")) as { features: number[] }[]
).slice(0, 20);

function classifier<const N extends string>(name: N) {
  return defineModel({
    name,
    sha256: createHash("sha256")
      .update(readFileSync(join(models, `${name}.onnx`)))
      .digest("hex"),
    inputs: { features: tensor("float32", ["batch", 30]) },
    outputs: { probabilities: tensor("float32", ["batch", 2]) },
  });
}

export const boosting = classifier("gradient-boosting");
export const regression = classifier("logistic-regression");
export const forest = classifier("random-forest");
