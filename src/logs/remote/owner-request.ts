import * as z from "zod";
import type { LogQuery } from "../pipeline-log.js";

/** Milliseconds since 1970 UTC that a Date can hold. */
const time = z.int().min(-8.64e15).max(8.64e15);

const request = z.strictObject({
  protocol: z.number(),
  method: z.enum(["owner", "versions", "pipelines", "layouts", "readLog", "compare"]),
  pipeline: z.string().max(1000),
  query: z.strictObject({
    limit: z.int().min(0).optional(),
    start: time.optional(),
    end: time.optional(),
    valid: z.boolean().optional(),
    bytes: z.int().min(1).optional(),
    metadata: z.boolean().optional(),
    inputs: z.boolean().optional(),
    within: z.number().min(0).optional(),
    after: z
      .string()
      .regex(/^\d{1,19}$/)
      .optional(),
  }),
});

/** A request to the process that owns a data folder. Dates are milliseconds, row ids are strings. */
export type OwnerRequest = z.infer<typeof request>;

/** Checks a request; null if it is none. */
export function parseRequest(text: string): OwnerRequest | null {
  try {
    return request.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function toLogQuery({ start, end, after, ...rest }: OwnerRequest["query"]): LogQuery {
  return {
    ...(rest as Omit<LogQuery, "start" | "end" | "after">),
    ...(start === undefined ? {} : { start: new Date(start) }),
    ...(end === undefined ? {} : { end: new Date(end) }),
    ...(after === undefined ? {} : { after: BigInt(after) }),
  };
}
