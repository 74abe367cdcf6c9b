import type { FastifyBaseLogger } from "fastify";
import * as z from "zod";
import type { Callers } from "../callers.js";
import type { Plane } from "../control-plane.js";

export const id = z.coerce.number().int().nonnegative();
export const name = z.string().min(1).max(255);

/** A call below `/v1/api/`: the body's form, and the answer. */
export interface Call {
  readonly role: "read" | "admin";
  readonly body: z.ZodType;
  readonly answer: (body: never, plane: Plane, caller: Caller) => unknown;
}

/** Who calls, and what else an answer may need. */
export interface Caller {
  readonly user: string;
  readonly callers: Callers;
  /** Sets another status than 200. */
  readonly status: (code: number) => void;
  /** Whether the caller's SDK is older than a release such as "2024". */
  readonly isBefore: (release: string) => boolean;
  /** Whether the SDK sent the call. */
  readonly isSdk: boolean;
  readonly log: FastifyBaseLogger;
}

export const call = <B extends z.ZodType>(
  role: Call["role"],
  body: B,
  answer: (body: z.output<B>, plane: Plane, caller: Caller) => unknown,
): Call => ({ role, body, answer });
