/** The first option that does not exist. */
export function unknownName(options: object, known: readonly string[]): string | undefined {
  return Object.keys(options).find((name) => !known.includes(name));
}

/**
 * The sentence for the first option that does not exist, or null. For all functions that take options, so that they
 * refuse in the same words.
 *
 * @param owner the function, such as `local()`
 * @param options what it was given
 * @param known its options; none if it takes no options
 * @param hint what follows the name, such as `(did you mean 'limit'?)`
 */
export function unknownOption(
  owner: string,
  options: object,
  known: readonly string[],
  hint: (name: string) => string = () => "",
): string | null {
  const name = unknownName(options, known);
  if (name === undefined) return null;
  const names = known.map((each) => `'${each}'`).join(", ");
  return `${owner} has no option '${name}'${hint(name)}; ${names === "" ? "it takes no options" : `leave it out, or give one of its options: ${names.replace(/, (?=[^,]*$)/, " and ")}`}`;
}

/** The sentence for arguments past the last one, or null. */
export function unknownArgument(owner: string, args: readonly unknown[], most: number): string | null {
  const extra = args.slice(most).find((each) => each !== undefined);
  if (extra === undefined) return null;
  if (typeof extra === "object" && extra !== null && Object.keys(extra).length > 0)
    return unknownOption(owner, extra, []);
  return `${owner} takes ${most === 1 ? "1 argument" : `${most} arguments`}, got ${args.length}`;
}
