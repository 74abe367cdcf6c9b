import { isRecord } from "./value-kind.js";
/** What the file calls the ports that have another name here: `{ outputs: { score: "dense_1" } }`. */
export interface RenamedPorts {
  readonly inputs?: Names | undefined;
  readonly outputs?: Names | undefined;
}

export type Side = "inputs" | "outputs";
type Names = Readonly<Record<string, string>>;

/** What has ports that may be renamed: a handle, a config's model, a signature. */
interface Renaming {
  readonly renamed?: RenamedPorts | undefined;
}

/** What a model's file calls a port. */
export function nameInFile({ renamed }: Renaming, side: Side, port: string): string {
  const names = renamed?.[side];
  return names !== undefined && Object.hasOwn(names, port) ? (names[port] ?? port) : port;
}

/** `{ renamed }`, frozen and without sides that rename nothing; `{}` where none does. To be spread, so that what renames nothing has no such key. */
export function withRenamed(renamed: RenamedPorts | undefined): { readonly renamed?: RenamedPorts } {
  const sides = (["inputs", "outputs"] as const).flatMap((side) => {
    const names = Object.entries(renamed?.[side] ?? {});
    return names.length === 0 ? [] : [[side, Object.freeze(Object.fromEntries(names))] as const];
  });
  return sides.length === 0 ? {} : { renamed: Object.freeze(Object.fromEntries(sides)) };
}

/** The renamings in words: `'score' is 'dense_1' in the file`. */
export function renamedText({ renamed }: Renaming): readonly string[] {
  return (["inputs", "outputs"] as const).flatMap((side) =>
    Object.entries(renamed?.[side] ?? {}).map(([port, file]) => `'${port}' is '${file}' in the file`),
  );
}

/** Why the renamings of a model whose ports are well formed cannot be, or null. */
export function renamedFlaw(definition: Readonly<Record<string, unknown>>, owner: string): string | null {
  const { renamed } = definition;
  if (renamed === undefined) return null;
  if (!isRecord(renamed))
    return `'renamed' of ${owner} must be { inputs, outputs }, each the file's names by the names here`;
  const stray = Object.keys(renamed).find((key) => key !== "inputs" && key !== "outputs");
  if (stray !== undefined) return `'renamed' of ${owner} has inputs and outputs, and no '${stray}'`;
  for (const side of ["inputs", "outputs"] as const) {
    const names = renamed[side];
    if (names === undefined) continue;
    if (!isRecord(names)) return `'renamed.${side}' of ${owner} must hold the file's names by the names here`;
    const ports = Object.keys(definition[side] as object);
    for (const [port, file] of Object.entries(names)) {
      // Records that hold such a key do not survive every reader of JSON.
      if (port === "__proto__") return `'renamed.${side}' of ${owner} cannot call a port '__proto__'`;
      if (!ports.includes(port)) return `'renamed.${side}' of ${owner} names '${port}', which is none of its ${side}`;
      if (typeof file !== "string" || file === "")
        return `'renamed.${side}' of ${owner} must say what the file calls '${port}'`;
    }
    const files = ports.map((port) => nameInFile({ renamed }, side, port));
    const twice = files.find((file, i) => files.indexOf(file) !== i);
    if (twice !== undefined) return `two ${side} of ${owner} would be '${twice}' in the file`;
  }
  return null;
}
