import { GraphQLScalarType } from "graphql";
import { isRecord } from "../../../util/objects.js";
import type { Plane } from "../control-plane.js";
import { PlatformError } from "../errors.js";
import type { GraphqlContext } from "./graphql-context.js";
import { mutations } from "./mutations.js";
import { keyedTables, rootTables, type RootTable } from "./schema.js";
import { type ListArguments, selectRows } from "./select-rows.js";
import { columnValue, modelConfigsOf, objectTypes } from "./types.js";

type Row = Readonly<Record<string, unknown>>;
type Resolver = (parent: Row, given: never, context: GraphqlContext) => unknown;

const anyScalar = (name: string): GraphQLScalarType => new GraphQLScalarType({ name });

/** The resolvers of all types. */
export function resolvers(): Readonly<Record<string, Readonly<Record<string, Resolver>> | GraphQLScalarType>> {
  const objects = Object.entries(objectTypes).map(([name, type]) => {
    const columns = Object.entries(type.columns).map(([column, scalar]): [string, Resolver] => [
      column,
      scalar === "jsonb"
        ? (row, { path }: { readonly path?: string | null }, { plane }) =>
            partOf(columnValue(type, row, column, plane), path)
        : (row, _, { plane }) => columnValue(type, row, column, plane) ?? null,
    ]);
    const relations = Object.entries(type.relations).flatMap(([relation, { type: target, isList, read }]) => {
      const rows = (row: Row, given: ListArguments, { plane }: GraphqlContext): Row[] =>
        selectRows(target, read(row as never, plane) as readonly Row[], given, plane);
      const list: [string, Resolver][] = [
        [relation, rows],
        [`${relation}_aggregate`, (row, given, context) => aggregate(rows(row, given, context))],
      ];
      const one: Resolver = (row, _, { plane }) => read(row as never, plane) ?? null;
      return isList ? list : [[relation, one] satisfies [string, Resolver]];
    });
    return [name, Object.fromEntries([...columns, ...relations])] as const;
  });
  return {
    ...Object.fromEntries(
      ["bigint", "timestamptz", "uuid", "jsonb", "bpchar", "float8"].map((name) => [name, anyScalar(name)]),
    ),
    ...Object.fromEntries(objects),
    query_root: queryRoot(),
    mutation_root: mutations,
  };
}

function aggregate(nodes: readonly Row[]): unknown {
  return { nodes, aggregate: { count: nodes.length } };
}

/** A part of a JSON value: `arch`, `engine.cpus`, `$.steps`. */
function partOf(value: unknown, path: string | null | undefined): unknown {
  let found: unknown = value ?? null;
  for (const key of (path ?? "")
    .replace(/^\$\.?/, "")
    .split(".")
    .filter(Boolean))
    found = (isRecord(found) || Array.isArray(found)) && Object.hasOwn(found, key) ? (found as Row)[key] : null;
  return found ?? null;
}

function queryRoot(): Readonly<Record<string, Resolver>> {
  const lists = rootTables.map((name): [string, Resolver] => [
    name,
    async (_, given: ListArguments, { plane, user }) => {
      await plane.sync();
      const where = isRecord(given.where) ? given.where : {};
      if (name === "user_default_workspace") await ensureDefaultWorkspace(plane, where, user);
      return selectRows(name, rowsOf(plane, name), given, plane);
    },
  ]);
  const byKey = keyedTables.map((name): [string, Resolver] => [
    `${name}_by_pk`,
    async (_, { id }: { readonly id: unknown }, { plane }) => {
      await plane.sync();
      const refusal = name === "deployment" ? plane.refusedDeploys.reasonOf(Number(id)) : null;
      if (refusal !== null) throw new PlatformError(400, refusal);
      return plane.tables.get(name, Number(id)) ?? null;
    },
  ]);
  const search =
    <T extends "pipeline_version" | "model">(table: T, text: (row: Row, plane: Plane) => string): Resolver =>
    async (_, given: ListArguments & { readonly args: { readonly search?: string | null } }, { plane }) => {
      await plane.sync();
      const wanted = (given.args.search ?? "").toLowerCase();
      const rows = plane.tables.all(table) as unknown as Row[];
      const found = rows.filter((row) => text(row, plane).toLowerCase().includes(wanted));
      return selectRows(table, found, given, plane);
    };
  return {
    ...Object.fromEntries([...lists, ...byKey]),
    search_pipelines: search(
      "pipeline_version",
      (row, { tables }) =>
        `${tables.get("pipeline", Number(row["pipeline_pk_id"]))?.pipeline_id ?? ""} ${String(row["version"])}`,
    ),
    search_models: search("model", (row) => `${String(row["model_id"])} ${String(row["model_version"])}`),
  };
}

/** A user's first question for it creates the workspace, as the platform does for a new user. */
async function ensureDefaultWorkspace(plane: Plane, where: Row, user: string): Promise<void> {
  const wanted = isRecord(where["user_id"]) ? where["user_id"]["_eq"] : undefined;
  if (plane.tables.all("user_default_workspace").length > 0 || plane.tables.whole.all("workspace").length === 0) return;
  if (typeof wanted === "string" && wanted === user)
    await plane.workspaces.startOf(user, `${user} - default workspace`);
}

function rowsOf(plane: Plane, name: RootTable): readonly Row[] {
  if (name === "pipeline_publish") return [];
  if (name === "deployment_model_configs")
    return plane.tables.all("deployment").flatMap(modelConfigsOf) as unknown as readonly Row[];
  if (name === "deployment_pipeline_version")
    return plane.tables.all("deployment").map((row) => ({ ...row, deployment_id: row.id }));
  return plane.tables.all(name) as unknown as readonly Row[];
}
