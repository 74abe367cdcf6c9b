import { isRecord } from "../../util/objects.js";

/**
 * The text of an error that the platform answers, in any of its forms: `{ code, msg }` of REST calls, `[{ error_type,
 * error }]` of inference up to 2024, `{ code, status, error, source }` of inference since then, `{ errors: [{ message
 * }] }` of GraphQL, `{ error, error_description }` of the token endpoint.
 *
 * @param body the parsed body
 * @returns null if the body has none of these forms
 */
export function errorWords(body: unknown): string | null {
  if (Array.isArray(body)) return joined(body.map(errorWords));
  if (!isRecord(body)) return null;
  if (Array.isArray(body["errors"])) return joined(body["errors"].map(errorWords));
  for (const key of ["msg", "error_description", "error", "message"]) {
    const text = body[key];
    if (typeof text === "string" && text !== "") {
      const source = body["source"];
      return key === "error" && typeof source === "string" && source !== "" ? `${text} (${source})` : text;
    }
  }
  return null;
}

function joined(words: readonly (string | null)[]): string | null {
  const found = words.filter((each) => each !== null);
  return found.length === 0 ? null : found.join("; ");
}
