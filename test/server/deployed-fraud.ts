import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pipeline } from "shapeline";
import { local } from "shapeline/local";
import { a, c1, c2, champ } from "../../examples/fraud/models.gen.js";
import type { AnyPipeline } from "../../dsl/pipeline/any-pipeline.js";
import { folder } from "../engine/make-config.js";

const example = fileURLToPath(new URL("../../examples/fraud", import.meta.url));
export const models = join(example, "models");
/** Forty handwritten amounts. */
export const rows = JSON.parse(readFileSync(join(example, "rows.df.json"), "utf8")) as { pixels: number[] }[];

/** The fraud example with alerts. The second one's condition is too long for a PromQL text. */
export const watchedFraud = pipeline("fraud")
  .model(a)
  .shadow(champ, [c1, c2])
  .validate("amt", (x) => x.out < 1)
  .alert("drift", (all) => all.count() > 5 && all.share((x) => x.out > 0.5) >= 0, { over: "1m", for: "2s" })
  .alert(
    "peak",
    (all) =>
      Math.max(
        all.count(),
        all.max((x) => x.out),
        all.min((x) => x.out),
        all.sum((x) => x.out),
        all.avg((x) => x.out),
      ) > 7,
    { over: "1m" },
  );

/** Deploys a pipeline to a new data folder, and returns the folder. */
export async function deployed(pipelineToDeploy: AnyPipeline = watchedFraud): Promise<string> {
  const data = folder();
  const target = local({ data, models });
  await target.deploy(pipelineToDeploy);
  await target.close();
  return data;
}
