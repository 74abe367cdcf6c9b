import { ts, type TS } from "../../typescript.js";
import { parseFile } from "../../lambda/parse.js";
import { walk } from "../../lambda/walk-ast.js";

/** Globals that read the clock, a random number, the machine or the network, or give access to such globals. */
const globalNames = [
  "Date",
  "Temporal",
  "performance",
  "fetch",
  "crypto",
  "WebSocket",
  "EventSource",
  "XMLHttpRequest",
  "Worker",
  "Deno",
  "Bun",
  "globalThis",
  "global",
  "eval",
  "Function",
  "require",
  "createRequire",
  "WebAssembly",
  "Intl",
  "navigator",
];
const nondeterministicGlobals: ReadonlySet<string> = new Set(globalNames);
/** A file without these words is not parsed. */
const mayUseNondeterminism = new RegExp(
  `\\b(?:${globalNames.join("|")}|random|Math\\s*\\[|process|import\\s*\\(|import\\s*\\.\\s*meta)\\b`,
);
const constantMetaProperties: ReadonlySet<string> = new Set(["url", "dirname", "filename"]);

/** Whether a module, judged by its text, may give different results from run to run. */
export function mayBeNondeterministic(file: string, text: string): boolean {
  if (!mayUseNondeterminism.test(text)) return false;
  const source = parseFile(file, text, /x$/.test(file) ? ts.ScriptKind.TSX : ts.ScriptKind.TS, true);
  if (source === null) return true;
  let found = false;
  walk(source, (node) => {
    found ||= isNondeterministic(node);
    return !found && !ts.isTypeNode(node) && !ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node);
  });
  return found;
}

function isNondeterministic(node: TS.Node): boolean {
  const { parent } = node as { readonly parent: TS.Node | undefined };
  if (ts.isIdentifier(node)) {
    const member = parent !== undefined && ts.isPropertyAccessExpression(parent);
    if (member && parent.name === node) return false;
    if (node.text === "process") return !(member && parent.name.text === "env");
    if (node.text === "Math") return !(member && parent.name.text !== "random");
    return (
      nondeterministicGlobals.has(node.text) &&
      !(parent !== undefined && ts.isPropertyAssignment(parent) && parent.name === node)
    );
  }
  if (ts.isMetaProperty(node))
    return !(
      parent !== undefined &&
      ts.isPropertyAccessExpression(parent) &&
      constantMetaProperties.has(parent.name.text)
    );
  return (
    ts.isCallExpression(node) &&
    node.expression.kind === ts.SyntaxKind.ImportKeyword &&
    !(node.arguments[0] !== undefined && ts.isStringLiteralLike(node.arguments[0]))
  );
}
