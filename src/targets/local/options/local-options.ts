import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { TargetError } from "../../../../dsl/errors.js";
import { describeValue, formatValue } from "../../../util/format-value.js";
import { isDictionary } from "../../../util/is-record.js";
import type { Retention } from "../../../logs/store.js";
import { parseRetention } from "./retention.js";
import { didYouMean } from "../../../util/did-you-mean.js";
import { joinNames } from "../../../util/join-names.js";

/** Where the embedded engine finds models and keeps its data, and what it promises of the log. */
export interface LocalOptions {
  /** The folder of the `.onnx` files; they are found by digest, not by name. `./models` unless given. */
  readonly models?: string;
  /** The folder of the log and of what is deployed. `.shapeline` beside the nearest package.json unless given. */
  readonly data?: string;
  /**
   * What an answer of `infer` says of its rows in the log:
   * - `"commit"` (unless given): they are on disk. A crash of the process, even `kill -9`, loses none that was answered;
   * - `"relaxed"`: they will be within 50 ms or 1,000 rows. A crash may lose those, the end of the script does not;
   * - `"off"`: there is no log, and `logs()` says so.
   *
   * Challengers' results follow their rows within 50 ms in any case.
   */
  readonly durability?: "commit" | "relaxed" | "off";
  /**
   * - `"log"` (unless given): challengers run on a thread of their own once the answer is out, and only the log holds what
   *   they gave; those that a validation reads are awaited;
   * - `"return"`: the answer waits for all challengers, for at most half of the time it has left, and holds what they gave.
   */
  readonly challengers?: "log" | "return";
  /**
   * The most requests that a deployment answers at once, 1,024 unless given. One more is refused with SL6013 and waits
   * nowhere: a queue without end would only move the trouble to the heap.
   */
  readonly concurrency?: number;
  /**
   * What is kept of the log, looked after when the pipeline starts and every minute; everything unless given. Rows within the bounds
   * are never deleted. `age` is milliseconds, or a text such as "30d" or "12h"; `size` is what the database may take, as bytes (16 MiB
   * at least) or a text such as "10GB". It holds for all pipelines of the data folder.
   */
  readonly retention?: { readonly age?: number | string; readonly size?: number | string };
  /** A whole number: random splits without a hash key then draw the same sequence in every process. For tests. */
  readonly seed?: number;
}

export interface LocalSettings extends Required<Omit<LocalOptions, "seed" | "retention">> {
  readonly seed: number | null;
  readonly retention: Retention | null;
}

const choices = { durability: ["commit", "relaxed", "off"], challengers: ["log", "return"] } as const;
const names = ["models", "data", "durability", "challengers", "concurrency", "retention", "seed"];

/** The options with their defaults. Throws TargetError SL6011 for one that is not known or not valid. */
export function parseLocalOptions(options: LocalOptions): LocalSettings {
  const given: unknown = options;
  if (!isDictionary(given)) {
    throw new TargetError(
      "SL6011",
      `local() takes an object of options, such as { models: "./models" }, got ${describeValue(given)}`,
    );
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new TargetError(
        "SL6011",
        `local(): there is no option '${name}'${didYouMean(name, names)}; it takes ${joinNames(names)}`,
        { option: name },
      );
    }
  }
  for (const name of ["models", "data"] as const) {
    const value: unknown = options[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      throw new TargetError(
        "SL6011",
        `local(): the option '${name}' is ${JSON.stringify(value)}; give the path of a folder`,
        { option: name },
      );
    }
  }
  const { durability = "commit", challengers = "log" } = options;
  for (const [name, value] of Object.entries({ durability, challengers }) as [keyof typeof choices, string][]) {
    const allowed: readonly string[] = choices[name];
    if (!allowed.includes(value)) {
      throw new TargetError(
        "SL6011",
        `local(): the option '${name}' is ${JSON.stringify(value)}; it is one of ${allowed.map((choice) => `"${choice}"`).join(", ")}`,
        { option: name },
      );
    }
  }
  const { seed = null } = options;
  if (seed !== null && !Number.isSafeInteger(seed)) {
    throw new TargetError("SL6011", `local(): the option 'seed' is ${formatValue(seed)}; give a whole number`, {
      option: "seed",
    });
  }
  const { concurrency = 1024 } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new TargetError(
      "SL6011",
      `local(): the option 'concurrency' is ${formatValue(concurrency)}; give a whole number of requests, 1 or more`,
      { option: "concurrency" },
    );
  }
  return {
    models: resolve(options.models ?? "models"),
    data: resolve(options.data ?? defaultData()),
    durability,
    challengers,
    concurrency,
    seed,
    retention: parseRetention(options.retention),
  };
}

function defaultData(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return join(folder, ".shapeline");
    if (dirname(folder) === folder) return ".shapeline";
  }
}
