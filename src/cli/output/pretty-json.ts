/**
 * Formats JSON for display: a value that fits on one line stays on one line.
 *
 * @param options `indent`: the indentation of the first line; `width`: the line width
 */
export function prettyJson(
  value: unknown,
  { indent, width }: { readonly indent: number; readonly width: number },
): string {
  const line = oneLine(value);
  if (indent + line.length <= width || typeof value !== "object" || value === null) return line;
  const inner = { indent: indent + 2, width };
  const pad = " ".repeat(inner.indent);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item) => prettyJson(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${prettyJson(item, inner)}`);
  return `${open ?? ""}\n${parts.map((part) => pad + part).join(",\n")}\n${" ".repeat(indent)}${close ?? ""}`;
}

function oneLine(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  const parts = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}
