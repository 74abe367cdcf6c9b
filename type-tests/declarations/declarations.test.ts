import { join } from "node:path";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { repository, slowSuiteCompilers } from "../compilers.js";
import { packages } from "./packages.js";
import { Workspace } from "./workspace.js";

// Exported pipelines: TypeScript writes their inferred types into declaration files, and must be able to name each type.

describe.each(slowSuiteCompilers)("TypeScript %s", { tags: ["slow"] }, (compiler) => {
  const workspace = new Workspace(packages);
  afterAll(() => workspace.remove());

  it("builds packages that build on one another, with inferred types", () => {
    expect(workspace.build(compiler)).toBe("");
  });
});

it("shapeline or shapeline/internals exports every type that a declaration of the package mentions", () => {
  const [entry, internals] = [declarationFile("src/index.d.ts"), declarationFile("dsl/internals.d.ts")];
  expect(unexported(entry, internals)).toEqual([]);
});

const declarationFile = (path: string) => join(repository, "dist", path);

/**
 * The types of `dsl` that the exports of `entry` mention, directly or not, and that neither entry exports. Only those
 * that their own module exports: TypeScript writes any other type as its members.
 */
function unexported(entry: string, internals: string): readonly string[] {
  const program = ts.createProgram([entry, internals], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  });
  const checker = program.getTypeChecker();
  const original = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exportsOf = (file: ts.SourceFile | undefined): readonly ts.Symbol[] => {
    const module = file && checker.getSymbolAtLocation(file);
    return module ? checker.getExportsOfModule(module).map(original) : [];
  };
  const nameable = new Set(exportsOf(program.getSourceFile(internals)));
  const seen = new Set(exportsOf(program.getSourceFile(entry)));
  const found: string[] = [];
  // The loop also visits what it adds.
  for (const symbol of seen) {
    const visit = (node: ts.Node): void => {
      const mentioned = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
      const type = mentioned && original(mentioned);
      const declaration = type?.declarations?.[0];
      if (type && declaration && isNamedType(declaration) && !seen.has(type)) {
        seen.add(type);
        const file = declaration.getSourceFile();
        const needsName = file.fileName.includes("/dist/dsl/") && exportsOf(file).includes(type);
        if (needsName && !nameable.has(type)) found.push(type.name);
      }
      ts.forEachChild(node, visit);
    };
    symbol.declarations?.forEach(visit);
  }
  return found;
}

function isNamedType(node: ts.Declaration): boolean {
  return ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node);
}
