import { comparisons } from "./select-rows.js";
import { objectTypes, type ObjectType, type Scalar } from "./types.js";

/** Tables of the query root: all their rows, one by its key, or both. */
export const rootTables = [
  "workspace",
  "user_default_workspace",
  "workspace_users",
  "models",
  "model",
  "model_config",
  "pipeline",
  "pipeline_version",
  "pipeline_publish",
  "deployment",
  "deployment_model_configs",
  "deployment_pipeline_version",
  "tag",
] as const;
export type RootTable = (typeof rootTables)[number];

/** Tables whose rows have a key of their own. */
export const keyedTables = [
  "workspace",
  "models",
  "model",
  "model_config",
  "pipeline",
  "pipeline_version",
  "deployment",
  "tag",
] as const;

const listArguments = (type: string): string =>
  `(where: ${type}_bool_exp, order_by: [${type}_order_by!], distinct_on: [${type}_select_column!], limit: Int, offset: Int)`;

/** The platform's schema, as far as it is served: clients validate their documents against it. */
export function schemaText(): string {
  const types = Object.entries(objectTypes);
  return [
    "schema { query: query_root mutation: mutation_root }",
    ...["bigint", "timestamptz", "uuid", "jsonb", "bpchar", "float8"].map((name) => `scalar ${name}`),
    "enum order_by { asc asc_nulls_first asc_nulls_last desc desc_nulls_first desc_nulls_last }",
    ...(["bigint", "String", "bpchar", "uuid", "timestamptz", "jsonb", "Boolean", "float8", "Int"] as const).map(
      comparisonType,
    ),
    ...types.map(([name, type]) => objectText(name, type)),
    queryText(),
    mutationText,
  ].join("\n");
}

function comparisonType(scalar: Scalar): string {
  const members = Object.keys(comparisons).map((name) =>
    name === "_is_null"
      ? "_is_null: Boolean"
      : name === "_in" || name === "_nin"
        ? `${name}: [${scalar}!]`
        : `${name}: ${scalar}`,
  );
  return `input ${scalar}_comparison_exp { ${members.join(" ")} }`;
}

function objectText(name: string, { columns, relations }: ObjectType): string {
  const columnFields = Object.entries(columns).map(
    ([column, scalar]) => `${column}${scalar === "jsonb" ? "(path: String)" : ""}: ${scalar}`,
  );
  const relationFields = Object.entries(relations).flatMap(([relation, { type, isList }]) =>
    isList
      ? [
          `${relation}${listArguments(type)}: [${type}!]!`,
          `${relation}_aggregate${listArguments(type)}: ${type}_aggregate!`,
        ]
      : [`${relation}: ${type}`],
  );
  const filters = [
    ...Object.entries(columns).map(([column, scalar]) => `${column}: ${scalar}_comparison_exp`),
    ...Object.entries(relations).map(([relation, { type }]) => `${relation}: ${type}_bool_exp`),
  ];
  const orders = [
    ...Object.keys(columns).map((column) => `${column}: order_by`),
    ...Object.entries(relations)
      .filter(([, { isList }]) => !isList)
      .map(([relation, { type }]) => `${relation}: ${type}_order_by`),
  ];
  return [
    `type ${name} { ${[...columnFields, ...relationFields].join(" ")} }`,
    `type ${name}_aggregate { nodes: [${name}!]! aggregate: ${name}_aggregate_fields }`,
    `type ${name}_aggregate_fields { count: Int! }`,
    `input ${name}_bool_exp { _and: [${name}_bool_exp!] _or: [${name}_bool_exp!] _not: ${name}_bool_exp ${filters.join(" ")} }`,
    `input ${name}_order_by { ${orders.join(" ")} }`,
    `enum ${name}_select_column { ${Object.keys(columns).join(" ")} }`,
  ].join("\n");
}

function queryText(): string {
  const fields = [
    ...rootTables.map((name) => `${name}${listArguments(name)}: [${name}!]!`),
    ...keyedTables.map((name) => `${name}_by_pk(id: bigint!): ${name}`),
    `search_pipelines(args: search_pipelines_args!, where: pipeline_version_bool_exp, order_by: [pipeline_version_order_by!], distinct_on: [pipeline_version_select_column!], limit: Int, offset: Int): [pipeline_version!]!`,
    `search_models(args: search_models_args!, where: model_bool_exp, order_by: [model_order_by!], distinct_on: [model_select_column!], limit: Int, offset: Int): [model!]!`,
  ];
  return [
    "input search_pipelines_args { search: String }",
    "input search_models_args { search: String }",
    `type query_root { ${fields.join(" ")} }`,
  ].join("\n");
}

const mutationText = `
input workspace_users_insert_input { user_id: String user_type: String workspace_id: bigint }
input workspace_users_arr_rel_insert_input { data: [workspace_users_insert_input!]! }
input user_default_workspace_insert_input { user_id: String }
input user_default_workspace_arr_rel_insert_input { data: [user_default_workspace_insert_input!]! }
input workspace_insert_input {
  name: String owner_id: String created_by: String archived: Boolean
  users: workspace_users_arr_rel_insert_input user_default_workspaces: user_default_workspace_arr_rel_insert_input
}
enum workspace_constraint { workspace_name_key workspace_pkey }
enum workspace_update_column { name archived }
input workspace_on_conflict { constraint: workspace_constraint! update_columns: [workspace_update_column!]! }
enum workspace_users_constraint { workspace_users_workspace_id_user_id_key workspace_users_pkey }
enum workspace_users_update_column { user_type }
input workspace_users_on_conflict { constraint: workspace_users_constraint! update_columns: [workspace_users_update_column!]! }
type workspace_users_mutation_response { affected_rows: Int! returning: [workspace_users!]! }
input tag_insert_input { tag: String }
type tag_mutation_response { affected_rows: Int! returning: [tag!]! }
input model_tag_insert_input { model_id: bigint tag_id: bigint }
type model_tag_mutation_response { affected_rows: Int! returning: [model_tag!]! }
input pipeline_tag_insert_input { pipeline_pk_id: bigint tag_pk_id: bigint }
type pipeline_tag_mutation_response { affected_rows: Int! returning: [pipeline_tag!]! }
input alert_configuration_insert_input {
  name: String expression: String notifications: jsonb pipeline_version_pk_id: bigint
}
type alert_configuration_mutation_response { affected_rows: Int! returning: [alert_configuration!]! }
input model_set_input { visibility: String }
type model_mutation_response { affected_rows: Int! returning: [model!]! }
input pipeline_set_input { visibility: String }
type pipeline_mutation_response { affected_rows: Int! returning: [pipeline!]! }
input workspace_set_input { name: String archived: Boolean }
input deployment_set_input { deployed: Boolean }
input pk_columns_input { id: bigint! }
type mutation_root {
  insert_workspace_one(object: workspace_insert_input!, on_conflict: workspace_on_conflict): workspace
  update_workspace_by_pk(pk_columns: pk_columns_input!, _set: workspace_set_input): workspace
  insert_workspace_users_one(object: workspace_users_insert_input!, on_conflict: workspace_users_on_conflict): workspace_users
  delete_workspace_users(where: workspace_users_bool_exp!): workspace_users_mutation_response
  insert_tag(objects: [tag_insert_input!]!): tag_mutation_response
  insert_model_tag(objects: [model_tag_insert_input!]!): model_tag_mutation_response
  delete_model_tag(where: model_tag_bool_exp!): model_tag_mutation_response
  insert_pipeline_tag(objects: [pipeline_tag_insert_input!]!): pipeline_tag_mutation_response
  delete_pipeline_tag(where: pipeline_tag_bool_exp!): pipeline_tag_mutation_response
  insert_alert_configuration(objects: [alert_configuration_insert_input!]!): alert_configuration_mutation_response
  update_model(where: model_bool_exp!, _set: model_set_input): model_mutation_response
  update_pipeline(where: pipeline_bool_exp!, _set: pipeline_set_input): pipeline_mutation_response
  update_deployment_by_pk(pk_columns: pk_columns_input!, _set: deployment_set_input): deployment
}
`;
