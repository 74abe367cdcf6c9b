import type { Port } from "../../../../dsl/tensor.js";

/** The rows of the control plane. Their members have the names of the platform's GraphQL fields. */
export interface Rows {
  readonly workspace: Workspace;
  readonly workspace_users: WorkspaceUser;
  readonly user_default_workspace: DefaultWorkspace;
  readonly models: ModelName;
  readonly model: ModelVersion;
  readonly model_config: ModelSettings;
  readonly pipeline: PipelineRow;
  readonly pipeline_version: PipelineVersionRow;
  readonly alert_configuration: AlertCondition;
  readonly deployment: Deployment;
  readonly tag: Tag;
  readonly model_tag: ModelTag;
  readonly pipeline_tag: PipelineTag;
}

export type TableName = keyof Rows;

export interface Workspace {
  readonly id: number;
  readonly name: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly archived: boolean;
}

export interface WorkspaceUser {
  readonly id: number;
  readonly workspace_id: number;
  readonly user_id: string;
  readonly user_type: string;
}

export interface DefaultWorkspace {
  readonly id: number;
  readonly user_id: string;
  readonly workspace_id: number;
}

/** A model's name in a workspace; its versions are rows of `model`. */
export interface ModelName {
  readonly id: number;
  readonly name: string;
  readonly workspace_id: number;
  readonly created_at: string;
  readonly owner_id: string;
}

export interface ModelVersion {
  readonly id: number;
  readonly models_pk_id: number;
  /** The model's name. */
  readonly model_id: string;
  readonly model_version: string;
  /** SHA-256 of the file in hex. */
  readonly sha: string;
  readonly file_name: string;
  readonly file_size: number | null;
  readonly status: "ready";
  readonly visibility: string;
  readonly owner_id: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly conversion: Readonly<Record<string, unknown>>;
  /** Ports with the file's names. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The file of a model that was deployed from a folder; null for one in the store. */
  readonly path: string | null;
}

export interface ModelSettings {
  readonly id: number;
  /** The version's key. */
  readonly model_id: number;
  readonly runtime: string;
  /** Names of the request's columns, in the order of the model's inputs. */
  readonly tensor_fields: readonly string[] | null;
  readonly filter_threshold: number | null;
  readonly input_schema: unknown;
  readonly output_schema: unknown;
  readonly batch_config: unknown;
  readonly created_at: string;
}

export interface PipelineRow {
  readonly id: number;
  /** The pipeline's name. */
  readonly pipeline_id: string;
  readonly workspace_id: number;
  /** The name in the data folder: another one where two workspaces have pipelines of one name. */
  readonly engine_name: string;
  readonly visibility: string;
  readonly owner_id: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface PipelineVersionRow {
  readonly id: number;
  readonly pipeline_pk_id: number;
  readonly version: string;
  readonly definition: unknown;
  /** The version's number in the data folder; null before its first deployment. */
  readonly engine_version: string | null;
  /** The stored config is the truth: the definition only shows it. */
  readonly is_config: boolean;
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** When an alert of the older platforms fires; the definition holds what it counts. */
export interface AlertCondition {
  readonly id: number;
  readonly name: string;
  /** The condition on the alert's gauge, in PromQL. */
  readonly expression: string;
  /** Whom the platform would write to. */
  readonly notifications: unknown;
  /** The newest version of the pipeline when the condition was sent. */
  readonly pipeline_version_pk_id: number;
}

export interface Deployment {
  readonly id: number;
  readonly pipeline_pk_id: number;
  readonly deploy_id: string;
  readonly deployed: boolean;
  readonly engine_config: unknown;
  readonly pipeline_version_pk_id: number;
  readonly model_config_ids: readonly number[];
  /** Deploys that were begun and have not ended. */
  readonly pending: readonly PendingDeploy[];
  readonly created_at: string;
  readonly updated_at: string;
}

/** A deploy that was begun: after a kill, the config that is deployed tells whether it happened. */
export interface PendingDeploy {
  readonly id: string;
  /** What the deployment is named once it has happened; journals of earlier releases do not say it. */
  readonly deploy_id?: string;
  readonly pipeline_version_pk_id: number;
  /** The hash of its config. */
  readonly hash: string;
  readonly engine_config: unknown;
  readonly model_config_ids: readonly number[];
}

export interface Tag {
  readonly id: number;
  readonly tag: string;
}

export interface ModelTag {
  readonly id: number;
  readonly model_id: number;
  readonly tag_id: number;
}

export interface PipelineTag {
  readonly id: number;
  readonly pipeline_pk_id: number;
  readonly tag_pk_id: number;
}
