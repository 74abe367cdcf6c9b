export { evaluate, type EvaluatedRow, type EvaluatedRows, type RowToEvaluate } from "./evaluate.js";
