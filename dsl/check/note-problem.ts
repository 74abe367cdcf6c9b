import type { Problem } from "../errors.js";
import { editOutOfRange, exactlyOneStep } from "../messages/edits.js";
import { unknownArgument, unknownOption } from "../messages/options.js";
import { isRecord, kindOf } from "../value-kind.js";
import type { EditNote } from "./edit-history.js";

export function noteProblem(note: EditNote): Problem {
  if (note.kind === "callback") return { code: "SL2091", message: exactlyOneStep, details: { step: note.index } };
  if (note.kind === "index") {
    const { method, index, count } = note;
    const message = editOutOfRange(method, typeof index === "number" ? index : kindOf(index), count);
    return { code: "SL2090", message, details: { step: index } };
  }
  const { step, method, args, arity, options } = note;
  const given = args[arity - 1];
  const unknown = options !== undefined && isRecord(given) ? unknownOption(`${method}()`, given, options) : null;
  const message = unknown ?? unknownArgument(`${method}()`, args, arity);
  return { code: "SL2093", message: step === null ? `${message}` : `step ${step}: ${message}` };
}
