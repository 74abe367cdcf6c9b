import type { Plane } from "../control-plane.js";
import type { Rows } from "../state/rows.js";

/** Types of values; GraphQL's own, and those of the platform. */
export type Scalar = "bigint" | "String" | "bpchar" | "uuid" | "timestamptz" | "jsonb" | "Boolean" | "float8" | "Int";

type Row = Readonly<Record<string, unknown>>;

/** Another object of a row. */
export interface Relation {
  readonly type: string;
  readonly isList: boolean;
  readonly read: (row: never, plane: Plane) => unknown;
}

/** A type of the platform's GraphQL interface: its values, and the objects that it leads to. */
export interface ObjectType {
  readonly columns: Readonly<Record<string, Scalar>>;
  readonly relations: Readonly<Record<string, Relation>>;
  /** Values that no row holds. */
  readonly computed?: Readonly<Record<string, (row: never, plane: Plane) => unknown>>;
}

const one = <R>(type: string, read: (row: R, plane: Plane) => unknown): Relation => ({
  type,
  isList: false,
  read: read,
});
const many = <R>(type: string, read: (row: R, plane: Plane) => readonly unknown[]): Relation => ({
  type,
  isList: true,
  read: read,
});

/** A deployment with one of its model configurations. */
export interface DeploymentModelConfig {
  readonly id: number;
  readonly deployment_id: number;
  readonly model_config_id: number;
  readonly pipeline_version_pk_id: number;
}

/** A deployment with the version that it runs. */
export interface DeploymentVersion {
  readonly deployment_id: number;
  readonly pipeline_version_pk_id: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export function modelConfigsOf({
  id,
  model_config_ids,
  pipeline_version_pk_id,
}: Rows["deployment"]): DeploymentModelConfig[] {
  return model_config_ids.map((config, i) => ({
    id: id * 1000 + i,
    deployment_id: id,
    model_config_id: config,
    pipeline_version_pk_id,
  }));
}

function versionOf(deployment: Rows["deployment"]): DeploymentVersion {
  const { id, pipeline_version_pk_id, created_at, updated_at } = deployment;
  return { deployment_id: id, pipeline_version_pk_id, created_at, updated_at };
}

const publish: ObjectType = {
  columns: {
    id: "bigint",
    chart_url: "String",
    engine_url: "String",
    pipeline_url: "String",
    pipeline_version_id: "bigint",
    status: "String",
    error: "String",
    created_at: "timestamptz",
    created_by: "String",
    updated_at: "timestamptz",
    engine_config: "jsonb",
    user_images: "jsonb",
    created_on_version: "String",
  },
  relations: {},
};

const release = (): string => "2026.1.3";

/** All types, by name. */
export const objectTypes: Readonly<Record<string, ObjectType>> = {
  workspace: {
    columns: {
      id: "bigint",
      name: "String",
      created_at: "timestamptz",
      created_by: "String",
      archived: "Boolean",
      owner_id: "String",
      group_id: "String",
    },
    computed: { owner_id: (row: Rows["workspace"]) => row.created_by, group_id: () => null },
    relations: {
      users: many<Rows["workspace"]>("workspace_users", ({ id }, { tables }) =>
        tables.filter("workspace_users", (row) => row.workspace_id === id),
      ),
      models: many<Rows["workspace"]>("models", ({ id }, { tables }) =>
        tables.filter("models", (row) => row.workspace_id === id),
      ),
      pipelines: many<Rows["workspace"]>("pipeline", ({ id }, { tables }) =>
        tables.filter("pipeline", (row) => row.workspace_id === id),
      ),
    },
  },
  workspace_users: {
    columns: { id: "bigint", user_id: "String", user_type: "String", workspace_id: "bigint" },
    relations: {
      workspace: one<Rows["workspace_users"]>("workspace", (row, { tables }) =>
        tables.get("workspace", row.workspace_id),
      ),
    },
  },
  user_default_workspace: {
    columns: { id: "bigint", user_id: "String", workspace_id: "bigint" },
    relations: {
      workspace: one<Rows["user_default_workspace"]>("workspace", (row, { tables }) =>
        tables.get("workspace", row.workspace_id),
      ),
    },
  },
  models: {
    columns: {
      id: "bigint",
      name: "String",
      workspace_id: "bigint",
      created_at: "timestamptz",
      updated_at: "timestamptz",
      owner_id: "String",
    },
    computed: {
      updated_at: ({ id, created_at }: Rows["models"], { tables }) =>
        tables.filter("model", (row) => row.models_pk_id === id).at(-1)?.updated_at ?? created_at,
    },
    relations: {
      models: many<Rows["models"]>("model", ({ id }, { tables }) =>
        tables.filter("model", (row) => row.models_pk_id === id).reverse(),
      ),
      workspace: one<Rows["models"]>("workspace", (row, { tables }) => tables.get("workspace", row.workspace_id)),
    },
  },
  model: {
    columns: {
      id: "bigint",
      models_pk_id: "bigint",
      model_id: "String",
      model_version: "String",
      sha: "bpchar",
      status: "String",
      error_summary: "String",
      file_name: "String",
      file_size: "bigint",
      image_path: "String",
      visibility: "String",
      owner_id: "String",
      created_at: "timestamptz",
      created_by: "String",
      updated_at: "timestamptz",
      conversion: "jsonb",
      created_on_version: "String",
      task_id: "String",
    },
    computed: { created_on_version: release, created_by: (row: Rows["model"]) => row.owner_id },
    relations: {
      model: one<Rows["model"]>("models", (row, { tables }) => tables.get("models", row.models_pk_id)),
      model_configs: many<Rows["model"]>("model_config", ({ id }, { tables }) =>
        tables.filter("model_config", (row) => row.model_id === id),
      ),
      model_tags: many<Rows["model"]>("model_tag", ({ id }, { tables }) =>
        tables.filter("model_tag", (row) => row.model_id === id),
      ),
    },
  },
  model_config: {
    columns: {
      id: "bigint",
      model_id: "bigint",
      runtime: "String",
      tensor_fields: "jsonb",
      filter_threshold: "float8",
      input_schema: "jsonb",
      output_schema: "jsonb",
      batch_config: "jsonb",
      dynamic_batching_config: "jsonb",
      continuous_batching_config: "jsonb",
      openai: "jsonb",
      created_at: "timestamptz",
    },
    relations: {
      model: one<Rows["model_config"]>("model", (row, { tables }) => tables.get("model", row.model_id)),
    },
  },
  pipeline: {
    columns: {
      id: "bigint",
      pipeline_id: "String",
      workspace_id: "bigint",
      visibility: "String",
      owner_id: "String",
      created_at: "timestamptz",
      updated_at: "timestamptz",
    },
    relations: {
      pipeline_versions: many<Rows["pipeline"]>("pipeline_version", ({ id }, plane) =>
        plane.pipelines.versionsOf(id).reverse(),
      ),
      pipeline_tags: many<Rows["pipeline"]>("pipeline_tag", ({ id }, { tables }) =>
        tables.filter("pipeline_tag", (row) => row.pipeline_pk_id === id),
      ),
      workspace: one<Rows["pipeline"]>("workspace", (row, { tables }) => tables.get("workspace", row.workspace_id)),
      deployment: one<Rows["pipeline"]>("deployment", ({ id }, plane) => plane.pipelines.deploymentOf(id)),
    },
  },
  pipeline_version: {
    columns: {
      id: "bigint",
      version: "uuid",
      definition: "jsonb",
      pipeline_pk_id: "bigint",
      created_at: "timestamptz",
      created_by: "String",
      updated_at: "timestamptz",
      created_on_version: "String",
    },
    computed: { created_on_version: release },
    relations: {
      pipeline: one<Rows["pipeline_version"]>("pipeline", (row, { tables }) =>
        tables.get("pipeline", row.pipeline_pk_id),
      ),
      deployment_pipeline_versions: many<Rows["pipeline_version"]>(
        "deployment_pipeline_version",
        ({ id }, { tables }) => tables.filter("deployment", (row) => row.pipeline_version_pk_id === id).map(versionOf),
      ),
      deployment_model_configs: many<Rows["pipeline_version"]>("deployment_model_configs", ({ id }, { tables }) =>
        tables.filter("deployment", (row) => row.pipeline_version_pk_id === id).flatMap(modelConfigsOf),
      ),
      pipeline_publishes: many("pipeline_publish", () => []),
    },
  },
  pipeline_publish: publish,
  alert_configuration: {
    columns: {
      id: "bigint",
      name: "String",
      expression: "String",
      notifications: "jsonb",
      pipeline_version_pk_id: "bigint",
    },
    relations: {},
  },
  deployment: {
    columns: {
      id: "bigint",
      deploy_id: "String",
      deployed: "Boolean",
      engine_config: "jsonb",
      limit_status: "jsonb",
      pipeline_id: "bigint",
      node_selector: "String",
      created_at: "timestamptz",
      updated_at: "timestamptz",
    },
    computed: {
      pipeline_id: (row: Rows["deployment"]) => row.pipeline_pk_id,
      limit_status: () => null,
      // A deployment whose models still load can be polled.
      deployed: (row: Rows["deployment"], plane) =>
        plane.deployments.statusOf(row)?.status === "Starting" || row.deployed,
    },
    relations: {
      pipeline: one<Rows["deployment"]>("pipeline", (row, { tables }) => tables.get("pipeline", row.pipeline_pk_id)),
      deployment_model_configs: many<Rows["deployment"]>("deployment_model_configs", modelConfigsOf),
      deployment_pipeline_versions: many<Rows["deployment"]>("deployment_pipeline_version", (row) => [versionOf(row)]),
    },
  },
  deployment_model_configs: {
    columns: { id: "bigint", deployment_id: "bigint", model_config_id: "bigint", pipeline_version_pk_id: "bigint" },
    relations: {
      model_config: one<DeploymentModelConfig>("model_config", (row, { tables }) =>
        tables.get("model_config", row.model_config_id),
      ),
      deployment: one<DeploymentModelConfig>("deployment", (row, { tables }) =>
        tables.get("deployment", row.deployment_id),
      ),
      pipeline_version: one<DeploymentModelConfig>("pipeline_version", (row, { tables }) =>
        tables.get("pipeline_version", row.pipeline_version_pk_id),
      ),
    },
  },
  deployment_pipeline_version: {
    columns: {
      deployment_id: "bigint",
      pipeline_version_pk_id: "bigint",
      created_at: "timestamptz",
      updated_at: "timestamptz",
    },
    relations: {
      deployment: one<DeploymentVersion>("deployment", (row, { tables }) =>
        tables.get("deployment", row.deployment_id),
      ),
      pipeline_version: one<DeploymentVersion>("pipeline_version", (row, { tables }) =>
        tables.get("pipeline_version", row.pipeline_version_pk_id),
      ),
    },
  },
  tag: {
    columns: { id: "bigint", tag: "String" },
    relations: {
      model_tags: many<Rows["tag"]>("model_tag", ({ id }, { tables }) =>
        tables.filter("model_tag", (row) => row.tag_id === id),
      ),
      pipeline_tags: many<Rows["tag"]>("pipeline_tag", ({ id }, { tables }) =>
        tables.filter("pipeline_tag", (row) => row.tag_pk_id === id),
      ),
    },
  },
  model_tag: {
    columns: { id: "bigint", model_id: "bigint", tag_id: "bigint" },
    relations: {
      tag: one<Rows["model_tag"]>("tag", (row, { tables }) => tables.get("tag", row.tag_id)),
      model: one<Rows["model_tag"]>("model", (row, { tables }) => tables.get("model", row.model_id)),
    },
  },
  pipeline_tag: {
    columns: { id: "bigint", pipeline_pk_id: "bigint", tag_pk_id: "bigint" },
    relations: {
      tag: one<Rows["pipeline_tag"]>("tag", (row, { tables }) => tables.get("tag", row.tag_pk_id)),
      pipeline: one<Rows["pipeline_tag"]>("pipeline", (row, { tables }) => tables.get("pipeline", row.pipeline_pk_id)),
    },
  },
};

/** The value of a column of a row; undefined for a relation. */
export function columnValue(type: ObjectType, row: Row, name: string, plane: Plane): unknown {
  const computed = type.computed?.[name];
  return computed === undefined ? row[name] : computed(row as never, plane);
}
