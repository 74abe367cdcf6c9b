import { stepKinds } from "../../../dsl/steps/step-kinds.js";
import { ts, type TS } from "../../typescript.js";
import { outermost, withoutWrapping } from "../lower/context.js";
import type { Declaration, FileDeclarations } from "../lower/file-declarations.js";
import { constInitializer, memberValue } from "../lower/find-functions.js";
import { memberName } from "../lower/names.js";
import { walk } from "../walk-ast.js";

/**
 * Whether an expression is a pipeline: "yes" if the file shows it, "no" if the file shows another value, "maybe" if the
 * value comes from another file of the project or is known only at run time.
 */
export type IsPipeline = "yes" | "no" | "maybe";

/** The methods whose callback receives a pipeline: `.replaceStep(1, (at) => at.validate(…))`. */
const editMethods: ReadonlySet<string> = new Set(["replaceStep", "insertStep"]);

/** The methods of a pipeline that return a pipeline. */
const builderMethods: ReadonlySet<string> = new Set([
  ...Object.values(stepKinds).map(({ method }) => method),
  ...editMethods,
  "removeStep",
  "clear",
]);

/** The most values followed for one question; a longer chain of variables is "maybe". */
const maxHops = 64;

/**
 * Finds out which expressions of a file are pipelines, without types: follows chains of calls, variables, functions and
 * their parameters back to `pipeline(…)`.
 */
export class PipelineValues {
  readonly #source: TS.SourceFile;
  readonly #declarations: FileDeclarations;
  readonly #isModule: (specifier: string) => boolean;
  #calls: Map<string, TS.CallExpression[]> | null = null;
  #assignments: Map<string, TS.Expression[]> | null = null;

  /** @param isModule whether imports with a specifier provide `pipeline`: "shapeline" and what the user added */
  constructor(source: TS.SourceFile, declarations: FileDeclarations, isModule: (specifier: string) => boolean) {
    this.#source = source;
    this.#declarations = declarations;
    this.#isModule = isModule;
  }

  isPipeline(node: TS.Expression): IsPipeline {
    return this.#judge(node, new Set());
  }

  #judge(start: TS.Expression, active: Set<TS.Node>): IsPipeline {
    // A chain is as deep as it is long, so its calls are followed in a loop.
    let node = unwrapped(start);
    while (ts.isCallExpression(node)) {
      const callee = unwrapped(node.expression);
      const method = memberName(callee);
      if (this.#isPipelineFunction(callee)) return "yes";
      if (method === null) return this.#judgeCall(callee, active);
      if (!builderMethods.has(method)) return this.#judgeMethodCall(callee, active);
      node = unwrapped((callee as TS.PropertyAccessExpression | TS.ElementAccessExpression).expression);
    }
    if (active.has(node) || active.size > maxHops) return active.has(node) ? "no" : "maybe";
    active.add(node);
    const answer = this.#judgeValue(node, active);
    active.delete(node);
    return answer;
  }

  #judgeValue(node: TS.Expression, active: Set<TS.Node>): IsPipeline {
    if (ts.isIdentifier(node)) return this.#judgeName(node, active);
    if (ts.isConditionalExpression(node)) return this.#any([node.whenTrue, node.whenFalse], active);
    if (ts.isBinaryExpression(node)) {
      const { kind } = node.operatorToken;
      if (kind === ts.SyntaxKind.CommaToken || kind === ts.SyntaxKind.EqualsToken)
        return this.#judge(node.right, active);
      const isChoice =
        kind === ts.SyntaxKind.BarBarToken ||
        kind === ts.SyntaxKind.QuestionQuestionToken ||
        kind === ts.SyntaxKind.AmpersandAmpersandToken;
      return isChoice ? this.#any([node.left, node.right], active) : "no";
    }
    if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node))
      return node.kind === ts.SyntaxKind.ThisKeyword ? "maybe" : "no";
    const member = memberValue(node, this.#declarations);
    if (member !== null) return ts.isMethodDeclaration(member) ? "no" : this.#judge(member, active);
    // A member of a value from elsewhere: `pipelines.fraud`, `this.pipeline`.
    const owner = this.#judge(node.expression, active);
    return owner === "maybe" ? "maybe" : "no";
  }

  #any(nodes: readonly TS.Expression[], active: Set<TS.Node>): IsPipeline {
    const answers = nodes.map((node) => this.#judge(node, active));
    return answers.includes("yes") ? "yes" : answers.includes("maybe") ? "maybe" : "no";
  }

  /** A call of a function by its name: of the file, or imported. */
  #judgeCall(callee: TS.Expression, active: Set<TS.Node>): IsPipeline {
    if (ts.isArrowFunction(callee) || ts.isFunctionExpression(callee)) return this.#judgeResult(callee, active);
    if (!ts.isIdentifier(callee)) return "maybe";
    const declaration = this.#declarations.find(callee.text, callee);
    if (declaration === undefined) return "no";
    if (declaration.kind === "import") return this.#isOfProject(declaration) ? "maybe" : "no";
    if (declaration.kind === "function") return this.#judgeResult(declaration.node as TS.FunctionDeclaration, active);
    const value = constInitializer(callee, this.#declarations);
    if (value === null) return declaration.kind === "class" ? "no" : "maybe";
    const fn = unwrapped(value);
    return ts.isArrowFunction(fn) || ts.isFunctionExpression(fn) ? this.#judgeResult(fn, active) : "maybe";
  }

  /** A call of another method: `factory.fraud()`, `[…].reduce((p, v) => p.validate(…), pipeline("p"))`. */
  #judgeMethodCall(callee: TS.Expression, active: Set<TS.Node>): IsPipeline {
    const member = memberValue(callee, this.#declarations);
    if (member !== null) {
      const fn = ts.isMethodDeclaration(member) ? member : unwrapped(member);
      return ts.isMethodDeclaration(fn) || ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)
        ? this.#judgeResult(fn, active)
        : "maybe";
    }
    if (memberName(callee) === "reduce") {
      const initial = (callee.parent as Partial<TS.CallExpression>).arguments?.[1];
      if (initial !== undefined) return this.#judge(initial, active);
    }
    const owner = this.#judge((callee as TS.PropertyAccessExpression).expression, active);
    return owner === "maybe" ? "maybe" : "no";
  }

  /** The values that a function of the file returns. */
  #judgeResult(fn: TS.FunctionLikeDeclaration, active: Set<TS.Node>): IsPipeline {
    if (fn.body === undefined) return "maybe";
    if (active.has(fn)) return "no";
    active.add(fn);
    const answer = ts.isBlock(fn.body) ? this.#any(returnedValues(fn.body), active) : this.#judge(fn.body, active);
    active.delete(fn);
    return answer;
  }

  #judgeName(node: TS.Identifier, active: Set<TS.Node>): IsPipeline {
    const declaration = this.#declarations.find(node.text, node);
    switch (declaration?.kind) {
      case "const":
      case "let":
      case "var": {
        if (!ts.isVariableDeclaration(declaration.node)) return "maybe";
        const { name, initializer, type } = declaration.node;
        if (this.#namesPipelineType(type)) return "yes";
        if (!ts.isIdentifier(name) || isLoopVariable(declaration.node)) return "maybe";
        const assigned = declaration.kind === "const" ? [] : this.#assignedTo(node.text, declaration);
        const values = initializer === undefined ? assigned : [initializer, ...assigned];
        return values.length === 0 ? "maybe" : this.#any(values, active);
      }
      case "parameter":
        return this.#judgeParameter(declaration.node as TS.ParameterDeclaration, active);
      case "import":
      case "import *":
        return this.#isOfProject(declaration) ? "maybe" : "no";
      default:
        return "no";
    }
  }

  /** A parameter: by its type, by the method that takes the callback, or by the calls of the function in this file. */
  #judgeParameter(parameter: TS.ParameterDeclaration, active: Set<TS.Node>): IsPipeline {
    if (this.#namesPipelineType(parameter.type)) return "yes";
    if (!ts.isIdentifier(parameter.name)) return "maybe";
    const fn = parameter.parent;
    const index = fn.parameters.indexOf(parameter);
    const outer = outermost(fn);
    if (ts.isCallExpression(outer.parent) && outer.parent.expression !== outer) {
      const callee = unwrapped(outer.parent.expression);
      const method = memberName(callee) ?? "";
      const owner = (callee as Partial<TS.PropertyAccessExpression>).expression;
      if (index === 0 && editMethods.has(method) && owner !== undefined) return this.#judge(owner, active);
      const initial = outer.parent.arguments[1];
      if (index === 0 && method === "reduce" && initial !== undefined) return this.#judge(initial, active);
      return "maybe";
    }
    const name = nameOf(fn);
    if (name === null) return "maybe";
    const given = this.#callsOf(name).flatMap((call) => call.arguments.slice(index, index + 1));
    // A function may be called from another file, too.
    return this.#any(given, active) === "yes" ? "yes" : "maybe";
  }

  /** Whether a type is written with a name from one of the modules: `p: AnyPipeline`, `p: Pipeline<In, Out>`. */
  #namesPipelineType(type: TS.TypeNode | undefined): boolean {
    if (type === undefined || !ts.isTypeReferenceNode(type)) return false;
    let name = type.typeName;
    while (ts.isQualifiedName(name)) name = name.left;
    const declaration = this.#declarations.find(name.text, type);
    return declaration !== undefined && this.#isModule(moduleOf(declaration) ?? "") && /Pipeline/.test(type.getText());
  }

  /** Whether a callee is the function `pipeline` of one of the modules, under any name. */
  #isPipelineFunction(callee: TS.Expression): boolean {
    if (ts.isIdentifier(callee)) {
      const declaration = this.#declarations.find(callee.text, callee);
      if (declaration === undefined) return false;
      if (declaration.kind === "import")
        return this.#isModule(moduleOf(declaration) ?? "") && importedName(declaration.node) === "pipeline";
      return this.#isUnpackedPipeline(callee, declaration);
    }
    if (memberName(callee) !== "pipeline") return false;
    return this.#isModuleObject((callee as TS.PropertyAccessExpression).expression);
  }

  /** `const { pipeline: p } = require("shapeline")`, `= await import("shapeline")`; `const p = shapeline.pipeline`. */
  #isUnpackedPipeline(name: TS.Identifier, { node, kind }: Declaration): boolean {
    if (kind !== "const" || !ts.isVariableDeclaration(node) || node.initializer === undefined) return false;
    if (ts.isIdentifier(node.name)) {
      const value = unwrapped(node.initializer);
      return value !== name && (ts.isIdentifier(value) || memberName(value) !== null) && value.pos < name.pos
        ? this.#isPipelineFunction(value)
        : false;
    }
    if (!ts.isObjectBindingPattern(node.name)) return false;
    const element = node.name.elements.find((e) => ts.isIdentifier(e.name) && e.name.text === name.text);
    const key = element?.propertyName ?? element?.name;
    return (
      key !== undefined && ts.isIdentifier(key) && key.text === "pipeline" && this.#isModuleObject(node.initializer)
    );
  }

  /** Whether a value is one of the modules: `import * as shapeline`, `require("shapeline")`, `await import(…)`. */
  #isModuleObject(node: TS.Expression): boolean {
    const value = unwrapped(node);
    if (ts.isCallExpression(value)) {
      const [specifier] = value.arguments;
      const loads =
        value.expression.kind === ts.SyntaxKind.ImportKeyword ||
        (ts.isIdentifier(value.expression) && value.expression.text === "require");
      return loads && specifier !== undefined && ts.isStringLiteralLike(specifier) && this.#isModule(specifier.text);
    }
    if (!ts.isIdentifier(value)) return false;
    const declaration = this.#declarations.find(value.text, value);
    if (declaration?.kind === "import" || declaration?.kind === "import *")
      return this.#isModule(moduleOf(declaration) ?? "") && importedName(declaration.node) !== "pipeline";
    const initializer = constInitializer(value, this.#declarations);
    return initializer !== null && initializer.pos < value.pos && this.#isModuleObject(initializer);
  }

  /** Whether an import comes from a file of the project, which may export a pipeline. */
  #isOfProject(declaration: Declaration): boolean {
    const from = moduleOf(declaration);
    return from !== null && (/^[./#~]|^@\//.test(from) || (from !== "shapeline" && this.#isModule(from)));
  }

  /** The calls in the file of functions with a name. */
  #callsOf(name: string): readonly TS.CallExpression[] {
    if (this.#calls === null) {
      const found = (this.#calls = new Map<string, TS.CallExpression[]>());
      walk(this.#source, (node) => {
        if (ts.isCallExpression(node) && ts.isIdentifier(node.expression))
          found.set(node.expression.text, [...(found.get(node.expression.text) ?? []), node]);
        return true;
      });
    }
    return this.#calls.get(name) ?? [];
  }

  /** The values assigned to a variable: `p = p.validate(…)`. */
  #assignedTo(name: string, declaration: Declaration): readonly TS.Expression[] {
    if (this.#assignments === null) {
      const found = (this.#assignments = new Map<string, TS.Expression[]>());
      walk(this.#source, (node) => {
        if (
          ts.isBinaryExpression(node) &&
          node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
          ts.isIdentifier(node.left)
        )
          found.set(node.left.text, [...(found.get(node.left.text) ?? []), node.right]);
        return true;
      });
    }
    return (this.#assignments.get(name) ?? []).filter(
      (value) => this.#declarations.find(name, value)?.node === declaration.node,
    );
  }
}

const unwrapped = (node: TS.Expression): TS.Expression => {
  let inner = withoutWrapping(node);
  while (ts.isAwaitExpression(inner)) inner = withoutWrapping(inner.expression);
  return inner;
};

/** The name that a function is declared with, by `function` or as the value of a variable. */
function nameOf(fn: TS.SignatureDeclaration): string | null {
  if (ts.isFunctionDeclaration(fn)) return fn.name?.text ?? null;
  const { parent } = outermost(fn);
  return ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name.text : null;
}

const isLoopVariable = ({ parent }: TS.VariableDeclaration): boolean =>
  ts.isVariableDeclarationList(parent) && (ts.isForOfStatement(parent.parent) || ts.isForInStatement(parent.parent));

function returnedValues(body: TS.Block): TS.Expression[] {
  const values: TS.Expression[] = [];
  walk(body, (node) => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) values.push(node.expression);
    return node === body || !ts.isFunctionLike(node);
  });
  return values;
}

/** The name that an import has in its module: "default" for a default import, "*" for a namespace. */
function importedName(node: TS.Node): string {
  if (ts.isImportSpecifier(node)) return (node.propertyName ?? node.name).text;
  return ts.isNamespaceImport(node) ? "*" : "default";
}

/** The module specifier of an import declaration; null for other declarations. */
export function moduleOf({ node }: Declaration): string | null {
  let at: TS.Node | undefined = node;
  while (at !== undefined && !ts.isImportDeclaration(at) && !ts.isImportEqualsDeclaration(at)) at = at.parent;
  if (at === undefined) return null;
  if (ts.isImportDeclaration(at)) return ts.isStringLiteralLike(at.moduleSpecifier) ? at.moduleSpecifier.text : null;
  const { moduleReference } = at;
  return ts.isExternalModuleReference(moduleReference) && ts.isStringLiteralLike(moduleReference.expression)
    ? moduleReference.expression.text
    : null;
}
