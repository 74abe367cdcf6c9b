import type { AnyInferRecord, LogRows, WithheldColumns } from "../../../../dsl/deployment.js";
import { readError } from "../../../api/errors.js";
import { jsonLines } from "../../../api/routes.js";
import { type RecordTypes, restoreRecord } from "../../../api/value-types.js";
import { parseJsonExact } from "../../../util/json/parse-json-exact.js";
import { isRecord, setOwnProperty } from "../../../util/objects.js";
import type { ApiConnection, ApiRequest } from "../http.js";
import { textLines } from "./text-lines.js";

/** Reads logged rows. Rows of versions with other columns get null in those that they lack, as `logs()` has it. */
export async function readLogLines(api: ApiConnection, request: ApiRequest): Promise<LogRows<AnyInferRecord>> {
  const { chunks } = await api.stream({ ...request, accept: jsonLines });
  const rows: Record<string, unknown>[] = [];
  const columns: RecordTypes[] = [];
  let types: RecordTypes = {};
  for await (const text of textLines(chunks)) {
    const line = parseLine(api, text);
    if (isRecord(line["types"])) columns.push((types = line["types"] as RecordTypes));
    else if (isRecord(line["row"])) rows.push(restoreRecord(line["row"], types));
    else if (isRecord(line["end"])) {
      const { withheld } = line["end"] as { readonly withheld: WithheldColumns };
      const filled = columns.length > 1 ? rows.map((row) => withColumns(row, columns)) : rows;
      return Object.defineProperty(filled, "withheld", { value: withheld, enumerable: false }) as never;
    } else throw readError(line["error"]) ?? api.unexpected("it has an unknown line");
  }
  throw api.unexpected("its end is missing");
}

function parseLine(api: ApiConnection, text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseJsonExact(text, true);
    if (isRecord(value)) return value;
  } catch (cause) {
    throw api.unexpected("a line is no JSON", cause);
  }
  throw api.unexpected("a line is no JSON object");
}

function withColumns(row: Record<string, unknown>, all: readonly RecordTypes[]): Record<string, unknown> {
  const filled: Record<string, unknown> = {};
  for (const types of all)
    for (const [column, type] of Object.entries(types)) {
      const value = Object.hasOwn(row, column) ? row[column] : undefined;
      if (typeof type === "string") setOwnProperty(filled, column, value ?? null);
      else {
        const before = filled[column];
        const group: Record<string, unknown> = isRecord(before) ? { ...before } : {};
        for (const name of Object.keys(type))
          setOwnProperty(group, name, isRecord(value) && Object.hasOwn(value, name) ? value[name] : null);
        setOwnProperty(filled, column, group);
      }
    }
  return filled;
}
