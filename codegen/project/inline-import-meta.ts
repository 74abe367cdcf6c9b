import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { ts } from "../typescript.js";
import { applyEdits, type Edit } from "../lambda/attach/text-edits.js";
import { parseFile } from "../lambda/parse.js";
import { walk } from "../lambda/walk-ast.js";

/**
 * Replaces `import.meta.url`, `dirname` and `filename` by the values of the original file, which bundling would change.
 */
export function inlineImportMeta(code: string, path: string): string {
  if (!code.includes("import.meta")) return code;
  const kind = /x$/.test(path) ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = parseFile(path, code, kind, false);
  if (file === null) return code;
  const values = new Map([
    ["url", pathToFileURL(path).href],
    ["dirname", dirname(path)],
    ["filename", path],
  ]);
  const edits: Edit[] = [];
  walk(file, (node) => {
    if (
      ts.isPropertyAccessExpression(node) &&
      ts.isMetaProperty(node.expression) &&
      node.expression.keywordToken === ts.SyntaxKind.ImportKeyword
    ) {
      const value = values.get(node.name.text);
      if (value !== undefined) edits.push({ start: node.getStart(file), end: node.end, text: JSON.stringify(value) });
    }
    return true;
  });
  return applyEdits(code, edits);
}
