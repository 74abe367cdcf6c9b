import { didYouMean } from "../../util/did-you-mean.js";
import { joinNames } from "../../util/join-names.js";
import type { Surface } from "../surface/surface.js";
import { constantOf, listLength } from "../tree/tree.js";
import { aggregateHint } from "./aggregates.js";
import { propertyOf } from "./constants.js";
import type { Context } from "./context.js";
import { type Locals, type Resolved, valueOfNode } from "./resolved.js";
import { describe } from "./type-names.js";
import { readPort, reportPastEnd, resolveExternal, treeOf } from "./values.js";

/** `object.name` or `object["name"]`, which `node` is. */
export function resolveMember(
  node: Surface,
  object: Surface,
  name: string,
  locals: Locals | null,
  context: Context,
): Resolved {
  const { reporter, scope } = context;
  const owner = context.resolve(object, locals);
  switch (owner?.kind) {
    case undefined:
      return null;
    case "row":
      if (name === "in") return { kind: "ports", from: "in", ports: scope.inputs };
      if (name === "out") return { kind: "ports", from: "out", ports: scope.outputs };
      if (name !== "models") {
        return reporter.report(
          "SL1104",
          node.span,
          `a row has no '${name}'${didYouMean(name, ["in", "out", "models"])}`,
          "it has in, out and, after a shadow, models",
        );
      }
      if (Object.keys(scope.models).length > 0) return { kind: "models" };
      return reporter.report(
        "SL1103",
        node.span,
        "x.models is not available here",
        "x.models exists after a step that runs several models, such as shadow",
      );
    case "rows":
      return reporter.report(
        "SL1104",
        node.span,
        `the window's rows have no readable property '${name}'`,
        aggregateHint,
      );
    case "models": {
      if (Object.hasOwn(scope.models, name)) {
        const from = name === scope.champion ? "out" : { model: name };
        return { kind: "ports", from, ports: scope.models[name] ?? [] };
      }
      const names = Object.keys(scope.models);
      return reporter.report(
        "SL1103",
        node.span,
        `there is no model '${name}' here${didYouMean(name, names)}`,
        `there are ${joinNames(names)}`,
      );
    }
    case "ports": {
      const port = owner.ports.find((p) => p.name === name);
      if (port !== undefined) {
        const tree = readPort(owner.from, port, node.span, reporter);
        return tree === null ? null : valueOfNode(tree);
      }
      if (name === "length" && owner.ports.length === 1) break;
      const names = owner.ports.map((p) => p.name);
      const several = names.length === 1 ? "its port is" : "its ports are";
      return reporter.report(
        "SL1102",
        node.span,
        `'${reporter.text(object)}' has no port '${name}'${didYouMean(name, names)}`,
        `${several} ${joinNames(names)}`,
      );
    }
    case "object":
      return resolveExternal(propertyOf(owner.value, name, reporter.text(object)), node.span, context);
    case "items":
      if (name === "length") return valueOfNode(constantOf(owner.items.length));
      return reporter.report(
        "SL1104",
        node.span,
        `a list has no property '${name}' that a lambda may read`,
        "lists have length",
      );
    default:
      break;
  }
  return memberOfValue(node, object, owner, name, context);
}

/** A property of a list or scalar: lists have `length`. */
function memberOfValue(node: Surface, object: Surface, owner: Resolved, name: string, context: Context): Resolved {
  const { reporter } = context;
  const tree = treeOf(object, owner, context);
  if (tree === null) return null;
  if (tree.type === "string" && name === "length") {
    return reporter.report(
      "SL1104",
      node.span,
      `the length of '${reporter.text(object)}' counts UTF-16 units, which no target does`,
      "compare the string itself, or use startsWith, endsWith or includes",
    );
  }
  if (tree.type !== "list" || name !== "length") {
    return reporter.report(
      "SL1104",
      node.span,
      `'${reporter.text(object)}' is ${describe(tree)} and has no property '${name}' that a lambda may read`,
      "lists have length",
    );
  }
  const list = tree;
  if (list.nullable) return reportPastEnd(object, context);
  const length = listLength(list);
  return valueOfNode(length === null ? { op: "length", list, type: "number" } : constantOf(length));
}
