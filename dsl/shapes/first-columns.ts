import { byCodeUnit } from "../messages/first-five-names.js";
import type { Sources } from "./sources.js";
import type { Port } from "../tensor.js";

// The request's columns, which the first model step names: `.model(m, { dense_input: "tensor" })`.

/** The sources of a step that defines the request's columns: `in.x` is the column `x`. */
export function columnNames(sources: Sources): Sources {
  return Object.fromEntries(
    Object.entries(sources).map(([input, source]) => [
      input,
      typeof source === "string" && source.startsWith("in.") ? source.slice("in.".length) : source,
    ]),
  );
}

/** The request's columns in the order of the model's inputs. The run-time side of `Columns`. */
export function firstColumns(inputs: readonly Port[], names: Sources): Port[] {
  const columns = inputs.flatMap((port) => {
    const name = Object.hasOwn(names, port.name) ? (names[port.name] ?? port.name) : port.name;
    return typeof name === "string" ? [{ ...port, input: port.name, name }] : [];
  });
  return columns
    .filter(
      (column) => !columns.some((other) => other.name === column.name && byCodeUnit(other.input, column.input) < 0),
    )
    .map(({ name, dtype, shape }) => ({ name, dtype, shape }));
}
