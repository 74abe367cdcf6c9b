import type { FastifyRequest } from "fastify";
import { modelPath } from "../open-inference/model-path.js";

/** The pipeline or model that a request's path names; null if it names none. */
export function nameInPath({ params }: Pick<FastifyRequest, "params">): string | null {
  const { name, "*": path } = (params ?? {}) as Readonly<Record<string, string | undefined>>;
  if (name !== undefined) return name;
  return path === undefined || path === "" ? null : modelPath(path).model;
}
