import type { ParserServices } from "./type-information.js";

/**
 * The parts of ESLint's interface that the rule uses. Declared here, because the declarations of the package must
 * compile where ESLint is not installed; oxlint has the same interface.
 */
export interface Rule {
  readonly meta: {
    readonly type: "problem";
    readonly docs: { readonly description: string };
    readonly fixable: "code";
    readonly hasSuggestions: true;
    readonly messages: Record<string, string>;
    readonly schema: object[];
  };
  /** ESLint calls it with its context. `never` fits all versions of ESLint's types. */
  create(context: never): { Program(node: object): void };
}

export interface RuleContext {
  readonly cwd: string;
  readonly filename: string;
  readonly options: readonly unknown[];
  readonly sourceCode: {
    readonly text: string;
    /** What the parser adds. Only typescript-eslint's fills it. */
    readonly parserServices?: ParserServices;
    getLocFromIndex(offset: number): Place;
  };
  report(report: Report): void;
}

/** Lines are counted from 1, columns from 0. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Report {
  readonly loc: { readonly start: Place; readonly end: Place };
  readonly messageId: string;
  readonly data: Readonly<Record<string, string>>;
  readonly fix?: (fixer: Fixer) => unknown;
  readonly suggest?: readonly {
    readonly messageId: string;
    readonly data: Readonly<Record<string, string>>;
    readonly fix: (fixer: Fixer) => unknown;
  }[];
}

export interface Fixer {
  replaceTextRange(range: [number, number], text: string): unknown;
}
