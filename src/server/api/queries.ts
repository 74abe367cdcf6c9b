import * as z from "zod";
import { TargetError } from "../../../dsl/errors.js";
import { bounds, exceeded } from "../../util/bounds.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { joinNames } from "../../util/join-names.js";
import { isRecord } from "../../util/objects.js";

const text = z.string().max(bounds.queryText.limit, exceeded(bounds.queryText));
/** A parameter that may be repeated: `dataset=in&dataset=out.risk`. */
const texts = z.union([text.transform((one) => [one]), z.array(text).max(1000)]);
/** Numbers stay texts where they are none: the option's own check then says what is wrong. */
const number = text.transform((value) => (/^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value));
const flag = text.transform((value) => (value === "true" ? true : value === "false" ? false : value));

const datasets = { dataset: texts, datasetExclude: texts, datasetSeparator: text };
const period = { start: number, end: number };
const inference = { ...datasets, timeoutMs: number, values: text, metadata: text };
const logRows = { ...datasets, ...period, limit: number, valid: flag };

/** The parameters of the routes. */
export const queries = {
  none: z.object({}),
  configuration: z.object({ version: text }).partial(),
  report: z.object({ ...period, within: number }).partial(),
  deploy: z.object({ logExclude: texts, logRedact: texts, logMaxElements: number, models: text }).partial(),
  infer: z.object(inference).partial(),
  inferFile: z.object({ ...inference, file: text.min(1), ignoreUnknown: flag, maxBytes: number }).partial(),
  logs: z.object({ ...logRows, batchRows: number }).partial(),
  exportLogs: z.object({ ...logRows, format: text, dataSizeLimit: text, filePrefix: text }).partial(),
} as const;

/**
 * The parameters of a request's URL.
 *
 * @throws TargetError SL6011 for an unknown parameter, or one that is given in a wrong way
 */
export function parseQuery<S extends z.ZodObject>(schema: S, query: unknown): z.output<S> {
  return parseFields(schema, query, "parameter");
}

/** The body of a JSON request for inference: the rows as records or columns, and the options of `infer`. */
export const inferBody = z
  .object({
    records: z.unknown(),
    columns: z.unknown(),
    dataset: z.unknown(),
    datasetExclude: z.unknown(),
    datasetSeparator: z.unknown(),
    timeoutMs: z.unknown(),
    values: z.unknown(),
    metadata: z.unknown(),
  })
  .partial();

/**
 * The members of a request's body.
 *
 * @throws TargetError SL6011 for a body that is no object, or has an unknown member
 */
export function parseFields<S extends z.ZodObject>(
  schema: S,
  value: unknown,
  kind: "parameter" | "member",
): z.output<S> {
  const names = Object.keys(schema.shape);
  const known = names.length === 0 ? `it has none` : `they are ${joinNames(names)}`;
  if (!isRecord(value))
    throw new TargetError("SL6011", `the body of the request is no object; its members: ${known}`, {});
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TargetError(
      "SL6011",
      `the request has no ${kind} '${unknown.slice(0, 100)}'${didYouMean(unknown, names)}; ${known}`,
      { option: unknown },
    );
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const option = String(issue?.path[0] ?? "");
  throw new TargetError("SL6011", `the ${kind} '${option}' of the request is not valid: ${issue?.message ?? ""}`, {
    option,
  });
}
