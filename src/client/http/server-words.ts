import { isRecord } from "../../util/objects.js";
import { oneLine } from "./one-line.js";

/** The text of an error's body: `{"error"}`, `{"detail"}` of FastAPI, `{"message"}`, or plain text. */
export function serverWords(body: string): string {
  const text = body.trim();
  if (text.startsWith("<")) {
    const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1]?.trim();
    return `an HTML page${title === undefined || title === "" ? "" : `, ${oneLine(title)}`}`;
  }
  // The reason is at the end of a traceback of Python.
  if (text.startsWith("Traceback ")) return oneLine(text.split("\n").findLast((line) => /^\S/.test(line)) ?? text);
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed)
      ? oneLine(wordsOf(parsed["error"] ?? parsed["detail"] ?? parsed["message"] ?? parsed))
      : oneLine(text);
  } catch {
    return oneLine(text);
  }
}

/** FastAPI lists what is wrong as `{ loc, msg }`. */
function wordsOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(wordsOf).join("; ");
  if (!isRecord(value)) return String(value);
  const { msg, message, loc } = value;
  const text = msg ?? message;
  if (typeof text !== "string") return JSON.stringify(value);
  return Array.isArray(loc) ? `${loc.join(".")}: ${text}` : text;
}
