export type { RowScope } from "../../../dsl/row.js";
