import type { BackEndDefinition } from "./backend.js";
import { cel } from "./cel.js";
import { checks } from "./checks.js";
import { javascript } from "./javascript.js";
import { polars018 } from "./polars/v0-18.js";
import { polars1 } from "./polars/v1.js";
import { polars144 } from "./polars/v1-44.js";
import { promql } from "./promql.js";
import { sql } from "./sql.js";

/** The languages in which expressions are emitted. To add one, write its file and add a line here. */
export const backEnds = {
  "polars-0.18": polars018,
  "polars-1": polars1,
  "polars-1.44": polars144,
  checks,
  cel,
  sql,
  promql,
  javascript,
} as const satisfies Record<string, BackEndDefinition>;

/** The languages of an alert's condition. */
export type AlertBackEnd = keyof typeof backEnds;

/** The languages of a validation. */
export type BackEnd = {
  [Name in AlertBackEnd]: (typeof backEnds)[Name]["validation"] extends null ? never : Name;
}[AlertBackEnd];

export const alertBackEndNames = Object.keys(backEnds) as readonly AlertBackEnd[];

export const backEndNames: readonly BackEnd[] = alertBackEndNames.filter(
  (name): name is BackEnd => backEnds[name].validation !== null,
);
