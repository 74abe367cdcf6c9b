import type { TransformedFile } from "./transform.js";

/** The code with its source map in a comment at the end, for tools that take the map from there. */
export const withInlineMap = ({ code, map }: TransformedFile): string =>
  `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}\n`;
