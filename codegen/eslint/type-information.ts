import type { TS } from "../typescript.js";

/** What typescript-eslint's parser gives a rule besides the tree. `program` is set where type information is on. */
export interface ParserServices {
  readonly program?: TS.Program | null;
  readonly esTreeNodeToTSNodeMap?: { get(node: object): TS.Node | undefined };
}

/**
 * The types of one file, from the project's own TypeScript. That is another copy than the parser of this package, and
 * often another version: nodes are found by their places, and no numbers of flags or syntax kinds are compared.
 */
export class TypeInformation {
  readonly checker: TS.TypeChecker;
  readonly #source: TS.Node;

  private constructor(checker: TS.TypeChecker, source: TS.Node) {
    this.checker = checker;
    this.#source = source;
  }

  /** Null without type information, as in files that the project does not contain. */
  static of(services: ParserServices | undefined, program: object): TypeInformation | null {
    const source = services?.esTreeNodeToTSNodeMap?.get(program);
    const checker = source && services?.program?.getTypeChecker();
    return checker ? new TypeInformation(checker, source) : null;
  }

  /** The type of the expression at `[start, end)` of the file; null if there is none, or it is `any` or `unknown`. */
  typeAt(start: number, end: number): TS.Type | null {
    let node = this.#source;
    for (;;) {
      const inner: TS.Node | undefined = node.forEachChild((child) =>
        child.pos <= start && end <= child.end ? child : undefined,
      );
      if (inner === undefined) break;
      node = inner;
    }
    if (node.end !== end || node.getStart() !== start) return null;
    const type = this.checker.getTypeAtLocation(node);
    return isOpen(type) ? null : type;
  }

  /** The type of a property; null if the type has no such property. */
  propertyOf(type: TS.Type, name: string): TS.Type | null {
    const symbol = this.checker.getPropertyOfType(type, name);
    return symbol === undefined ? null : this.checker.getTypeOfSymbol(symbol);
  }

  /** The types of a tuple's elements; null for other types, and for tuples whose length is not known. */
  elementsOf(type: TS.Type): readonly TS.Type[] | null {
    if (!this.checker.isTupleType(type)) return null;
    const { target } = type as TS.TupleTypeReference;
    const elements = this.checker.getTypeArguments(type as TS.TupleTypeReference);
    return target.fixedLength === elements.length && target.minLength === elements.length ? elements : null;
  }
}

/** "any", "number", "null", "true", …; undefined for types that are not built in. */
export const builtInName = (type: TS.Type): string | undefined =>
  (type as TS.Type & { readonly intrinsicName?: string }).intrinsicName;

const isOpen = (type: TS.Type): boolean => ["any", "unknown", "error"].includes(builtInName(type) ?? "");
