import type { Table } from "apache-arrow";

// Members are checked and not classes: an app may have another copy of apache-arrow.

/** Whether a request is an Arrow table. */
export function isTable(input: unknown): input is Table {
  return isContainer(input, "schema", "batches", "numRows");
}

/** Arrow data in another form than a table, and how to make one of it; null for anything else. */
export function otherArrowForm(input: unknown): string | null {
  if (Array.isArray(input)) {
    if (isTable(input[0])) return "a list of Arrow tables; give one table: first.concat(second)";
    if (isRecordBatch(input[0])) return "a list of Arrow record batches; give new Table(batches)";
    return null;
  }
  if (isRecordBatch(input)) return "an Arrow record batch; give new Table([batch])";
  if (isContainer(input, "type", "data", "stride")) return "an Arrow vector; give new Table({ column: vector })";
  return input instanceof Uint8Array && isArrowIpc(input) ? "bytes of Arrow IPC; give tableFromIPC(bytes)" : null;
}

function isRecordBatch(input: unknown): boolean {
  return isContainer(input, "schema", "data", "numRows") && !isTable(input);
}

/** The starts of an Arrow file and of an Arrow stream. */
const starts = [
  [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31],
  [0xff, 0xff, 0xff, 0xff],
] as const;

function isArrowIpc(bytes: Uint8Array): boolean {
  return starts.some((start) => start.every((byte, i) => bytes[i] === byte));
}

/** Whether a value has these members and the method of all containers of apache-arrow. */
function isContainer(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null || !names.every((name) => name in value)) return false;
  return "getChild" in value && typeof value.getChild === "function";
}
