import { lowerLambda, type LoweredLambda } from "../../../codegen/lambda/lower/lower.js";
import { parseLambda } from "../../../codegen/lambda/parse.js";
import type { Surface } from "../../../src/expression/surface/surface.js";

/** Parses and lowers the text of a lambda. */
export function lower(source: string): LoweredLambda {
  const parsed = parseLambda(source);
  if ("diagnostic" in parsed)
    return { lambda: null, diagnostics: [parsed.diagnostic], free: [], calledGlobals: [], source, location: null };
  return lowerLambda(parsed.node, parsed.file);
}

/** The diagnostics of a lambda, one per line: code, the marked text, the message. */
export function findings(source: string): string {
  const { diagnostics, source: text } = lower(source);
  const lines = diagnostics.map((d) => `  ${d.code} at ${JSON.stringify(text.slice(d.start, d.end))}: ${d.message}`);
  return [source, ...(lines.length > 0 ? lines : ["  no diagnostics"])].join("\n");
}

/** A surface tree in a short notation: `(< (. x out) 1)`. */
export function notation(s: Surface): string {
  switch (s.kind) {
    case "number":
      return Object.is(s.value, -0) ? "-0" : String(s.value);
    case "bigint":
      return `${s.value}n`;
    case "string":
      return JSON.stringify(s.value);
    case "boolean":
      return String(s.value);
    case "null":
      return "null";
    case "local":
      return s.name;
    case "free":
      return `free:${s.path.join(".")}`;
    case "member":
      return `(. ${notation(s.object)} ${s.name})`;
    case "index":
      return `(at ${notation(s.object)} ${notation(s.index)})`;
    case "optional":
      return `(? ${notation(s.operand)})`;
    case "spread":
      return `...${notation(s.operand)}`;
    case "list":
      return `[${s.items.map(notation).join(" ")}]`;
    case "apply":
      return `(apply ${[s.callee, ...s.args].map(notation).join(" ")})`;
    case "not":
      return `(not ${notation(s.operand)})`;
    case "negate":
      return `(neg ${notation(s.operand)})`;
    case "binary":
      return `(${s.op} ${notation(s.left)} ${notation(s.right)})`;
    case "conditional":
      return `(if ${notation(s.test)} ${notation(s.then)} ${notation(s.otherwise)})`;
    case "call":
      return `(${[s.callee, ...s.args.map(notation)].join(" ")})`;
    case "method":
      return `(.${s.name} ${[s.object, ...s.args].map(notation).join(" ")})`;
    case "lambda":
      return `(fn [${s.params.join(" ")}] ${notation(s.body)})`;
    case "let":
      return `(let ${s.name} ${notation(s.value)} ${notation(s.body)})`;
  }
}

/** The tree of a lambda in short notation, or its diagnostics if it has no tree. */
export function tree(source: string): string {
  const { lambda } = lower(source);
  return lambda === null ? findings(source) : `${lambda.param} => ${notation(lambda.body)}`;
}
