import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from "graphql";
import { bounds, exceeded } from "../../../util/bounds.js";
import { PlatformError } from "../errors.js";

/** Lists of the introspection: each inside another multiplies the answer. */
const introspectionLists = new Set([
  "types",
  "fields",
  "args",
  "inputFields",
  "interfaces",
  "possibleTypes",
  "enumValues",
  "directives",
]);

interface Size {
  readonly depth: number;
  readonly fields: number;
  readonly lists: number;
}

/**
 * Refuses documents whose answer or validation could be huge: too deep, too many fields with fragments expanded (so
 * also aliases), or lists of the introspection inside one another. Each fragment is measured once.
 *
 * @throws PlatformError 400
 */
export function checkDocument(document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const measured = new Map<string, Size>();
  const measuring = new Set<string>();
  const measure = (set: SelectionSetNode | undefined): Size => {
    let [depth, fields, lists] = [0, 0, 0];
    for (const selection of set?.selections ?? []) {
      let inner: Size;
      if (selection.kind === Kind.FRAGMENT_SPREAD) inner = fragment(selection.name.value);
      else {
        const own = measure(selection.selectionSet);
        if (selection.kind === Kind.INLINE_FRAGMENT) inner = own;
        else {
          const isList = introspectionLists.has(selection.name.value);
          inner = { depth: own.depth + 1, fields: own.fields + 1, lists: own.lists + (isList ? 1 : 0) };
        }
      }
      depth = Math.max(depth, inner.depth);
      lists = Math.max(lists, inner.lists);
      fields += inner.fields;
    }
    return { depth, fields, lists };
  };
  const fragment = (name: string): Size => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    if (measuring.has(name)) throw new PlatformError(400, `the fragment '${name}' contains itself`);
    measuring.add(name);
    const size = measure(fragments.get(name)?.selectionSet);
    measuring.delete(name);
    measured.set(name, size);
    return size;
  };
  let fields = 0;
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION && node.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const size = node.kind === Kind.FRAGMENT_DEFINITION ? fragment(node.name.value) : measure(node.selectionSet);
    if (node.kind === Kind.OPERATION_DEFINITION) fields += size.fields;
    if (size.depth > bounds.graphqlDepth.limit) throw refusal("graphqlDepth", size.depth);
    if (size.lists > bounds.graphqlIntrospection.limit) throw refusal("graphqlIntrospection", size.lists);
  }
  if (fields > bounds.graphqlFields.limit) throw refusal("graphqlFields", fields);
}

function refusal(bound: "graphqlDepth" | "graphqlIntrospection" | "graphqlFields", found: number): PlatformError {
  return new PlatformError(400, exceeded(bounds[bound], found));
}
