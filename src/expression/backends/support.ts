import type { AlertExpression, Expression } from "../compile.js";
import { children, type ExpressionTree, type Op } from "../tree/tree.js";
import type { BackEndDefinition } from "./backend.js";
import { type AlertBackEnd, alertBackEndNames, backEnds } from "./back-ends.js";

/** Where a lambda runs. Back-ends of the same support are together, in the order of `back-ends.ts`. */
export interface Support {
  /** The text is the language's own operations. */
  readonly exact: readonly AlertBackEnd[];
  /** Guards are added to these operations, so that they equal JavaScript's. */
  readonly guarded: readonly { readonly ops: readonly Op[]; readonly backEnds: readonly AlertBackEnd[] }[];
  readonly refused: readonly {
    readonly code: string;
    readonly reason: string;
    readonly backEnds: readonly AlertBackEnd[];
  }[];
}

/** Tells for a compiled lambda which back-ends run it as it is, which with guards, and why others do not. */
export function supportOf({ tree, strings, refused }: Expression | AlertExpression): Support {
  const ops = operationsOf(tree);
  const exact: AlertBackEnd[] = [];
  const guarded = new Map<string, { ops: Op[]; backEnds: AlertBackEnd[] }>();
  const reasons = new Map<string, { code: string; reason: string; backEnds: AlertBackEnd[] }>();
  for (const name of alertBackEndNames) {
    const refusal = (refused as AlertExpression["refused"])[name];
    if (refusal !== undefined) {
      const key = `${refusal.code} ${refusal.reason}`;
      const known = reasons.get(key) ?? { ...refusal, backEnds: [] };
      reasons.set(key, known);
      known.backEnds.push(name);
    } else if ((strings as AlertExpression["strings"])[name] !== undefined) {
      const { guards }: BackEndDefinition = backEnds[name];
      const needed = ops.filter((op) => guards[op] !== undefined);
      const known = guarded.get(needed.join(" ")) ?? { ops: needed, backEnds: [] };
      if (needed.length === 0) exact.push(name);
      else guarded.set(needed.join(" "), known);
      known.backEnds.push(name);
    }
  }
  return { exact, guarded: [...guarded.values()], refused: [...reasons.values()] };
}

/** The distinct operations of a tree, in order of first use. */
function operationsOf(tree: ExpressionTree): readonly Op[] {
  const ops = new Set<Op>();
  const visit = (node: ExpressionTree): void => {
    ops.add(node.op);
    children(node).forEach(visit);
  };
  visit(tree);
  return [...ops];
}
