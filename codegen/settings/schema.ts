import { z } from "zod";
import { formatIssue } from "../../src/config/format-issue.js";
import { didYouMean } from "../../src/util/did-you-mean.js";
import { joinNames } from "../../src/util/join-names.js";

/** What the settings say of one model beyond its file. */
export interface ModelOverride {
  /** What the pipeline, the config and the platform call it: lower-case letters, digits and inner dashes, under 64. */
  readonly name?: string;
  /** `"1"` when left out. */
  readonly version?: string;
  /** Names for dimensions that the file leaves open, by port and axis: `{ tokens: { 1: "seq" } }`. */
  readonly symbols?: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /** What the values of an output stand for, in their order: `{ risk: ["legit", "fraud"] }`. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Names for ports, by those that the file gives them: `{ dense_1: "score" }`; the file keeps its own. */
  readonly ports?: Readonly<Record<string, string>>;
  /** Further files or metadata URLs that describe the same model; where they disagree, nothing is written. */
  readonly sources?: readonly string[];
}

/** What `shapeline.config.ts` and `shapeline.config.json` may hold. Paths are relative to the file's folder; the command line wins. */
export interface Settings {
  /** Model files, folders, globs of `*`, `**` and `?`, or metadata URLs; `["models/*.onnx"]` when left out. */
  readonly models?: readonly string[];
  /** The file that `shapeline generate` writes; `models.gen.ts` when left out. */
  readonly out?: string;
  /** One file a model, with `out` as their index. */
  readonly split?: boolean;
  /** By the name that a model's file gives it, such as `house-price-keras` for `house_price_keras.onnx`. */
  readonly overrides?: Readonly<Record<string, ModelOverride>>;
  /** Defaults of the commands that talk to a target. */
  readonly targets?: {
    readonly local?: {
      /** The folder of the model files. */
      readonly models?: string;
      /** The data folder. */
      readonly data?: string;
    };
  };
}

const text = z.string().min(1);
const label = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "expected lower-case letters, digits and inner dashes")
  .max(63);
// Records that hold such a key do not survive every reader of JSON.
const portName = text.refine((name) => name !== "__proto__", "expected another name than '__proto__'");
const axis = z.string().regex(/^\d{1,3}$/, "expected the number of an axis");

const override = z.strictObject({
  name: label.optional(),
  version: text.optional(),
  symbols: z.record(text, z.record(axis, text)).optional(),
  labels: z.record(text, z.array(z.string()).min(1)).optional(),
  ports: z.record(text, portName).optional(),
  sources: z.array(text).min(1).optional(),
});
const local = z.strictObject({ models: text.optional(), data: text.optional() });
const targets = z.strictObject({ local: local.optional() });
const settings = z.strictObject({
  $schema: z.string().optional(),
  models: z.array(text).min(1).optional(),
  out: text.optional(),
  split: z.boolean().optional(),
  overrides: z.record(text, override).optional(),
  targets: targets.optional(),
});

/** The settings that `data` holds, or every finding as a line. */
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
    return `${formatIssue({ ...issue, keys: [key] }, data)}${guess === "" ? `; there is ${joinNames(known)}` : guess}`;
  });
}

function keysAt([first, second]: readonly PropertyKey[]): readonly string[] {
  const schema =
    first === "overrides" ? override : first === "targets" ? (second === undefined ? targets : local) : settings;
  return Object.keys(schema.shape).filter((key) => key !== "$schema");
}

/**
 * Gives the settings of `shapeline.config.ts` back as they are, typed.
 *
 * @param config see the fields of `Settings`; the commands check it when they load it
 * @example
 * export default defineConfig({ models: ["models/*.onnx"], overrides: { "rf-model": { name: "control" } } });
 */
export function defineConfig(config: Settings): Settings {
  return config;
}
