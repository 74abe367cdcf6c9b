import { HttpError } from "../http/errors.js";

/** The route of all models: a name may hold slashes. */
export const modelsRoute = "/v2/models/*";

/** What a path under `/v2/models/` names. */
export interface ModelPath {
  readonly model: string;
  readonly version: string | undefined;
  readonly action: "infer" | "ready" | "metadata";
}

const path = /^(.+?)(?:\/versions\/([^/]+))?(?:\/(infer|ready))?$/s;

/**
 * Reads `{model}[/versions/{version}][/infer|/ready]`, without the percent signs.
 *
 * @throws HttpError 404 for an empty name
 */
export function modelPath(text: string): ModelPath {
  const [, model, version, action = "metadata"] = path.exec(text) ?? [];
  if (model === undefined) throw new HttpError(404, "the path names no model: /v2/models/{model}");
  return { model, version, action: action as ModelPath["action"] };
}
