import { isRecord } from "./value-kind.js";

/** Port name -> name in the model file, for renamed ports: `{ outputs: { score: "dense_1" } }`. */
export interface RenamedPorts {
  readonly inputs?: Names | undefined;
  readonly outputs?: Names | undefined;
}

export type Side = "inputs" | "outputs";
type Names = Readonly<Record<string, string>>;

/** A handle, a config's model or a signature: its ports may be renamed. */
interface Renaming {
  readonly renamed?: RenamedPorts | undefined;
}

/** The name of a port in the model's file. */
export function nameInFile({ renamed }: Renaming, side: Side, port: string): string {
  const names = renamed?.[side];
  return names !== undefined && Object.hasOwn(names, port) ? (names[port] ?? port) : port;
}

/**
 * `{ renamed }` to spread into a model: frozen, without empty sides; `{}` without any renaming, so that the model has
 * no such key.
 */
export function withRenamed(renamed: RenamedPorts | undefined): { readonly renamed?: RenamedPorts } {
  const sides = (["inputs", "outputs"] as const).flatMap((side) => {
    const names = Object.entries(renamed?.[side] ?? {});
    return names.length === 0 ? [] : [[side, Object.freeze(Object.fromEntries(names))] as const];
  });
  return sides.length === 0 ? {} : { renamed: Object.freeze(Object.fromEntries(sides)) };
}

/** The renamings as text: `'score' is 'dense_1' in the file`. */
export function renamedText({ renamed }: Renaming): readonly string[] {
  return (["inputs", "outputs"] as const).flatMap((side) =>
    Object.entries(renamed?.[side] ?? {}).map(([port, file]) => `'${port}' is '${file}' in the file`),
  );
}

/** Why the renamings of a model with valid ports are wrong, or null. */
export function renamedFlaw(definition: Readonly<Record<string, unknown>>, owner: string): string | null {
  const { renamed } = definition;
  if (renamed === undefined) return null;
  if (!isRecord(renamed))
    return `'renamed' of ${owner} must be { inputs, outputs }, each a record of port -> name in the file`;
  const stray = Object.keys(renamed).find((key) => key !== "inputs" && key !== "outputs");
  if (stray !== undefined) return `'renamed' of ${owner} can have 'inputs' and 'outputs', not '${stray}'`;
  for (const side of ["inputs", "outputs"] as const) {
    const names = renamed[side];
    if (names === undefined) continue;
    if (!isRecord(names)) return `'renamed.${side}' of ${owner} must be a record of port -> name in the file`;
    const ports = Object.keys(definition[side] as object);
    for (const [port, file] of Object.entries(names)) {
      // Some JSON readers lose such a key.
      if (port === "__proto__") return `'renamed.${side}' of ${owner} cannot have a port '__proto__'`;
      if (!ports.includes(port))
        return `'renamed.${side}' of ${owner} names '${port}', which is not one of its ${side}`;
      if (typeof file !== "string" || file === "")
        return `'renamed.${side}' of ${owner} must give the name in the file of '${port}'`;
    }
    const files = ports.map((port) => nameInFile({ renamed }, side, port));
    const duplicate = files.find((file, i) => files.indexOf(file) !== i);
    if (duplicate !== undefined) return `two ${side} of ${owner} have the name '${duplicate}' in the file`;
  }
  return null;
}
