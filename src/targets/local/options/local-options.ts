import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { TargetError } from "../../../../dsl/errors.js";
import { describeValue, formatValue } from "../../../util/format-value.js";
import { isDictionary } from "../../../util/objects.js";
import { urlProblem } from "../../../util/files/url-problem.js";
import type { Retention } from "../../../logs/store.js";
import { type LoggedColumnsOptions, parseLoggedColumns } from "./logged-columns.js";
import type { SessionSettings } from "../../../engine/session-settings.js";
import { defaultDeployTimeoutMs } from "../../../engine/session/trial.js";
import type { RequestLimits } from "../../../engine/input/request-size.js";
import { parseRequestLimits } from "./request-limits.js";
import { parseRetention } from "./retention.js";
import { parseSession } from "./session-options.js";
import { parseByteSize } from "../../../util/quantities/parse-quantity.js";
import { defaultDatabaseMemory } from "../../../logs/duckdb.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import type { InferenceObserver } from "../inference-observer.js";

/** The options of `local()`. */
export interface LocalOptions {
  /** The folder of the `.onnx` files, which are found by digest, not by name. Default: `./models`. */
  readonly models?: string;
  /** The folder for the log and the deployed pipelines. Default: `.shapeline` beside the nearest package.json. */
  readonly data?: string;
  /**
   * `true`: the data folder may belong to another user, and permissions stay as they are: for volumes of a container,
   * or a log that several users read. Default: a folder of another user is refused, and the folder and its files are
   * closed to other users (0700 and 0600).
   */
  readonly sharedFolder?: boolean;
  /**
   * The most memory that the log's database takes: bytes, at least 64 MB, or a string such as "1GB". Default: "256MB",
   * enough for rows of about 100 MB to be logged and read. Where several deployments of a process share a data folder,
   * the first one decides.
   */
  readonly databaseMemory?: number | string;
  /**
   * When the rows of a request are on disk:
   * - `"commit"` (default): before `infer` answers. A crash, even `kill -9`, loses no answered row.
   * - `"relaxed"`: within 50 ms or 1,000 rows. A crash may lose those rows; a normal exit does not.
   * - `"off"`: never. There is no log, and `logs()` fails with SL6010.
   *
   * With a log, challenger results are on disk at most 50 ms after they are computed.
   */
  readonly durability?: "commit" | "relaxed" | "off";
  /**
   * When challengers run:
   * - `"log"` (default): after the answer, on a separate thread. Only the log holds their results. Challengers that a
   *   validation reads run before the answer.
   * - `"return"`: before the answer, which includes their results. It waits at most half of its remaining time for
   *   them.
   */
  readonly challengers?: "log" | "return";
  /**
   * The maximum number of concurrent requests of a deployment. Default: 1,024. Further requests fail at once with
   * SL6013 instead of queueing, because an unbounded queue would exhaust the heap.
   */
  readonly concurrency?: number;
  /**
   * Deletes old log rows, checked at start and every minute. Default: keep everything. Rows within the bounds are never
   * deleted. `age`: milliseconds, or a string such as "30d" or "12h". `size`: the maximum size of the database in bytes
   * (at least 16 MiB), or a string such as "10GB". Applies to all pipelines in the data folder.
   */
  readonly retention?: { readonly age?: number | string; readonly size?: number | string };
  /**
   * What is left out of the log: `{ exclude: ["in.image"], redact: ["in.email"], maxElements: 1000 }`. Default:
   * nothing. Kept with the deployment: later connections use the same, and a later deploy keeps each setting that it
   * does not name. Answers of `infer` are not affected.
   */
  readonly log?: LoggedColumnsOptions;
  /**
   * How ONNX Runtime runs the models: `{ intraOpNumThreads: 4, models: { crnn: { intraOpNumThreads: 1 } } }`. Default:
   * one thread for each model, on the CPU.
   */
  readonly session?: SessionSettings;
  /**
   * Milliseconds in which each model must load and run made-up rows at deploy; then deploy fails with SL3027. Default:
   * 60,000.
   */
  readonly deployTimeoutMs?: number;
  /**
   * Where models run:
   * - `"auto"` (default): short runs on the event loop, long ones and models with loops on threads.
   * - `"threads"`: all on threads. A run costs 0.1 to 0.2 ms more; no model, whatever it does, keeps the event loop
   * from
   *   other work. For model files from somebody else.
   */
  readonly runModels?: "auto" | "threads";
  /**
   * The most that one request may hold over all its inputs: `{ requestBytes: "4GB", requestElements: 1e9 }`. Default:
   * 2 GiB and 268,435,456 elements. A larger request fails with SL5022 before memory is taken for it.
   */
  readonly limits?: { readonly requestBytes?: number | string; readonly requestElements?: number };
  /** For tests: an integer that makes random splits without a hash key repeat the same sequence in every process. */
  readonly seed?: number;
}

export interface LocalSettings extends Required<
  Omit<LocalOptions, "seed" | "retention" | "log" | "session" | "limits" | "databaseMemory">
> {
  /** Bytes. */
  readonly databaseMemory: number;
  readonly seed: number | null;
  readonly retention: Retention | null;
  readonly session: SessionSettings;
  readonly limits: RequestLimits;
  readonly log: LoggedColumnsOptions | null;
  /** Set by servers, not by users. */
  readonly observer?: InferenceObserver;
  /** Set by servers: requests of one row share runs. */
  readonly joinRuns?: boolean;
  /** Set by servers whose options ask for shared runs: the status says why a model has none. */
  readonly tellSeparate?: boolean;
  /** Set by servers: nobody can abort a request between its call and its first run. */
  readonly runAtOnce?: boolean;
  /** Set by servers: the files of models by digest, which are then not searched in the folder `models`. */
  readonly modelPaths?: ReadonlyMap<string, string>;
}

const minDatabaseMemory = 64_000_000;

const choices = {
  durability: ["commit", "relaxed", "off"],
  challengers: ["log", "return"],
  runModels: ["auto", "threads"],
} as const;
export const localOptionNames = [
  ...["models", "data", "sharedFolder", "durability", "challengers", "concurrency", "retention", "log", "session"],
  ...["deployTimeoutMs", "runModels", "limits", "seed", "databaseMemory"],
];

/** Validates the options and applies the defaults. Throws TargetError SL6011 for an unknown or invalid option. */
export function parseLocalOptions(options: LocalOptions): LocalSettings {
  const value: unknown = options;
  if (!isDictionary(value)) {
    throw new TargetError(
      "SL6011",
      `local() takes an object of options, such as { models: "./models" }, got ${describeValue(value)}`,
    );
  }
  requireKnownOptions("local()", options, localOptionNames);
  for (const name of ["models", "data"] as const) {
    const value: unknown = options[name];
    const url = urlProblem(value);
    if (url !== null)
      throw new TargetError("SL6011", `local(): the option '${name}' '${String(value)}' ${url}`, { option: name });
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      throw new TargetError(
        "SL6011",
        `local(): the option '${name}' is ${formatValue(value)}; give the path of a folder`,
        { option: name },
      );
    }
  }
  const { durability = "commit", challengers = "log", runModels = "auto" } = options;
  for (const [name, value] of Object.entries({ durability, challengers, runModels }) as [
    keyof typeof choices,
    string,
  ][]) {
    const allowed: readonly string[] = choices[name];
    if (!allowed.includes(value)) {
      throw new TargetError(
        "SL6011",
        `local(): the option '${name}' is ${JSON.stringify(value)}; use one of ${allowed.map((choice) => `"${choice}"`).join(", ")}`,
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
  const { sharedFolder = false } = options;
  if (typeof sharedFolder !== "boolean") {
    throw new TargetError(
      "SL6011",
      `local(): the option 'sharedFolder' is ${formatValue(sharedFolder)}; give true or false`,
      { option: "sharedFolder" },
    );
  }
  const databaseMemory = parseByteSize(options.databaseMemory ?? defaultDatabaseMemory);
  if (databaseMemory === null || databaseMemory < minDatabaseMemory) {
    throw new TargetError(
      "SL6011",
      `local(): the option 'databaseMemory' is ${formatValue(options.databaseMemory)}; give bytes, at least 64 MB, or a string such as "1GB" or "1.5 GiB"`,
      { option: "databaseMemory" },
    );
  }
  const { concurrency = 1024 } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new TargetError(
      "SL6011",
      `local(): the option 'concurrency' is ${formatValue(concurrency)}; give a whole number of requests, 1 or more`,
      { option: "concurrency" },
    );
  }
  const { deployTimeoutMs = defaultDeployTimeoutMs } = options;
  if (!(typeof deployTimeoutMs === "number" && deployTimeoutMs > 0)) {
    throw new TargetError(
      "SL6011",
      `local(): the option 'deployTimeoutMs' is ${formatValue(deployTimeoutMs)}; give a number of milliseconds above 0`,
      { option: "deployTimeoutMs" },
    );
  }
  return {
    models: resolve(options.models ?? "models"),
    data: resolve(options.data ?? defaultData()),
    sharedFolder,
    databaseMemory,
    durability,
    challengers,
    concurrency,
    deployTimeoutMs,
    runModels,
    seed,
    retention: parseRetention(options.retention),
    log: parseLoggedColumns(options.log),
    session: parseSession(options.session),
    limits: parseRequestLimits(options.limits),
  };
}

function defaultData(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return join(folder, ".shapeline");
    if (dirname(folder) === folder) return ".shapeline";
  }
}
