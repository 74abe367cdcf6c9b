import * as z from "zod";
import { formatIssue } from "../../src/config/format-issue.js";
import { didYouMean } from "../../src/util/did-you-mean.js";
import { joinNames } from "../../src/util/join-names.js";
import { urlProblem } from "../../src/util/files/url-problem.js";

/** A fixed value of an input: one value, or nested lists. */
export type ConstantSetting = number | bigint | string | boolean | readonly ConstantSetting[];

/** Changes to one model that its file does not contain. */
export interface ModelOverride {
  /** The name for pipelines, configs and the platform: at most 63 lower-case letters, digits and inner dashes. */
  readonly name?: string;
  /** The version of the model. Default: `"1"`. */
  readonly version?: string;
  /** Names for dimensions of unknown size, by port and axis: `{ tokens: { 1: "seq" } }`. */
  readonly symbols?: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /**
   * The axis along which the rows of a request are stacked, by port: `{ image: 0, logits: 1 }`. Inputs that are not
   * listed have one value for all rows. `false`: the model is whole, so it runs once for each row. Port names are the
   * file's. Default: decided from the file.
   */
  readonly rows?: Readonly<Record<string, number>> | false;
  /** Rows that one run takes, if the model accepts no other number. Default: as the file fixes it. */
  readonly batchSize?: number;
  /**
   * Shapes that the file declares wrongly, by port: `{ logits: ["time", "batch", 64] }`. `"batch"` is the row axis,
   * null an unknown size.
   */
  readonly shapes?: Readonly<Record<string, readonly (number | string | null)[]>>;
  /** Class labels of an output, in the order of its values: `{ risk: ["legit", "fraud"] }`. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** New names for ports, by their names in the file: `{ dense_1: "score" }`. The file is not changed. */
  readonly ports?: Readonly<Record<string, string>>;
  /**
   * Fixed values of inputs, which are then no inputs of the handle: `{ sr: 16000 }`, or nested lists. For int64 and
   * uint64, whole numbers, bigints or strings of digits.
   */
  readonly constants?: Readonly<Record<string, ConstantSetting>>;
  /** Optional inputs to feed. The others are left out. */
  readonly inputs?: readonly string[];
  /** More files or metadata URLs that describe the same model. If they disagree, nothing is written. */
  readonly sources?: readonly string[];
}

/**
 * The content of `shapeline.config.ts` or `shapeline.config.json`. Paths are relative to the file's folder. Command
 * line options take precedence.
 */
export interface Settings {
  /** Model files, folders, globs of `*`, `**` and `?`, or metadata URLs. Default: `["models/*.onnx"]`. */
  readonly models?: readonly string[];
  /** The file that `shapeline generate` writes. Default: `models.gen.ts`. */
  readonly out?: string;
  /** Write one file per model; `out` exports them all. */
  readonly split?: boolean;
  /**
   * By the name derived from the model's file, such as `house-price-keras` for `house_price_keras.onnx`, or by its
   * path, where two files have one name.
   */
  readonly overrides?: Readonly<Record<string, ModelOverride>>;
  /** Defaults for commands with a target. */
  readonly targets?: {
    readonly local?: {
      /** Folder of the model files. */
      readonly models?: string;
      /** Folder for deployments and logs. */
      readonly data?: string;
      /** The data folder may belong to another user. */
      readonly sharedFolder?: boolean;
      /** The most memory of the log's database: bytes, or a string such as "1GB". */
      readonly databaseMemory?: number | string;
      /** When `shapeline serve` stores the rows of a request: before the answer, soon after it, or never. */
      readonly durability?: "commit" | "relaxed" | "off";
      /** What `shapeline deploy` leaves out of the log; names are flat columns such as `in.email`, or groups. */
      readonly log?: {
        readonly exclude?: readonly string[];
        readonly redact?: readonly string[];
        readonly maxElements?: number | null;
      };
    };
  };
}

const text = z.string().min(1);
const localPath = text.superRefine((path, context) => {
  const message = urlProblem(path);
  if (message !== null) context.addIssue({ code: "custom", message });
});
const label = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "expected lower-case letters, digits and inner dashes")
  .max(63);
// Some JSON readers drop or misread this key.
const portName = text.refine((name) => name !== "__proto__", "expected a name other than '__proto__'");
const axis = z.string().regex(/^\d{1,3}$/, "expected an axis number");

const size = z.int().min(1, "expected a number of rows of at least 1").max(1_000_000);
const rowAxis = z.int().min(0, "expected an axis number from 0").max(255);
const shape = z.array(z.union([z.int().min(0), text, z.null()], "expected a size, a symbol or null")).max(256);

/** Deeper lists than any tensor are refused before they use up the stack. */
function isConstantSetting(value: unknown, depth = 0): value is ConstantSetting {
  if (Array.isArray(value)) return depth < 32 && value.every((item) => isConstantSetting(item, depth + 1));
  return ["number", "bigint", "string", "boolean"].includes(typeof value);
}
const constantValue = z.custom<ConstantSetting>(
  (value) => isConstantSetting(value),
  "expected a number, a bigint, text, true, false or nested lists of them",
);

const override = z.strictObject({
  name: label.optional(),
  version: text.optional(),
  symbols: z.record(text, z.record(axis, text)).optional(),
  rows: z.union([z.literal(false), z.record(text, rowAxis)], "expected { port: axis } or false").optional(),
  batchSize: size.optional(),
  shapes: z.record(text, shape).optional(),
  labels: z.record(text, z.array(z.string()).min(1)).optional(),
  ports: z.record(text, portName).optional(),
  constants: z.record(text, constantValue).optional(),
  inputs: z.array(text).min(1).optional(),
  sources: z.array(text).min(1).optional(),
});
const log = z.strictObject({
  exclude: z.array(text).optional(),
  redact: z.array(text).optional(),
  maxElements: z.int().min(1, "expected a number of elements of at least 1").nullable().optional(),
});
const local = z.strictObject({
  models: localPath.optional(),
  data: localPath.optional(),
  sharedFolder: z.boolean().optional(),
  databaseMemory: z.union([z.int().min(1), text], "expected bytes or a size such as 1GB").optional(),
  durability: z.enum(["commit", "relaxed", "off"]).optional(),
  log: log.optional(),
});
const targets = z.strictObject({ local: local.optional() });
const settings = z.strictObject({
  $schema: z.string().optional(),
  models: z.array(text).min(1).optional(),
  out: localPath.optional(),
  split: z.boolean().optional(),
  overrides: z.record(text, override).optional(),
  targets: targets.optional(),
});

/** Parses settings; returns one line per problem if they are invalid. */
export function parseSettings(data: unknown): { readonly settings: Settings } | { readonly issues: readonly string[] } {
  const parsed = settings.safeParse(data);
  if (parsed.success) return { settings: parsed.data as Settings };
  return { issues: parsed.error.issues.flatMap((issue) => issueLines(issue, data)) };
}

function issueLines(issue: z.core.$ZodIssue, data: unknown): readonly string[] {
  if (issue.code === "invalid_key")
    return [formatIssue({ ...issue, message: issue.issues[0]?.message ?? issue.message }, data)];
  if (issue.code !== "unrecognized_keys") return [formatIssue(issue, data)];
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const guess = didYouMean(key, known);
    return `${formatIssue({ ...issue, keys: [key] }, data)}${guess === "" ? `; the keys are ${joinNames(known)}` : guess}`;
  });
}

function keysAt([first, second, third]: readonly PropertyKey[]): readonly string[] {
  const target = second === undefined ? targets : third === undefined ? local : log;
  const schema = first === "overrides" ? override : first === "targets" ? target : settings;
  return Object.keys(schema.shape).filter((key) => key !== "$schema");
}

/**
 * Returns `config` unchanged; gives the settings in `shapeline.config.ts` their type.
 *
 * @param config the settings; commands validate them when they load the file
 * @example
 * export default defineConfig({ models: ["models/*.onnx"], overrides: { "rf-model": { name: "control" } } });
 */
export function defineConfig(config: Settings): Settings {
  return config;
}
