/** Which columns an answer has. */
export interface DatasetQuery {
  readonly dataset?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly separator?: string | undefined;
}

/**
 * The parameters of a URL that select columns, in the order in which the platform's SDK sends them. Keys repeat.
 * Columns of metadata are left out unless they are asked for.
 */
export function datasetQuery({ dataset, exclude = [], separator }: DatasetQuery): [name: string, value: string][] {
  const asksMetadata = dataset?.some((name) => name === "metadata" || name.startsWith("metadata.")) === true;
  return [
    ...(dataset ?? ["*"]).map((name): [string, string] => ["dataset[]", name]),
    ...[...exclude, ...(asksMetadata ? [] : ["metadata"])].map((name): [string, string] => ["dataset.exclude[]", name]),
    ["dataset.separator", separator ?? "."],
  ];
}
