export * from "../wallaroo/index.js";
export type {
  Deployment,
  ExplainabilityConfig,
  Model,
  ModelConfig,
  ModelConfigOptions,
  ModelVersion,
  ObjectFactory,
  Pipeline,
  PipelineVersion,
  PlatformObject,
  PlatformStatus,
  Tag,
  Workspace,
} from "../targets/wallaroo/objects/types.js";
export type { PipelineList, PipelineSummary } from "../targets/wallaroo/pipeline-list.js";
export type {
  PlatformFetch,
  WallarooDeployment,
  WallarooOptions,
  WallarooPipelineOptions,
  WallarooStatus,
  WallarooTarget,
} from "../targets/wallaroo/public-types.js";
export { wallaroo } from "../targets/wallaroo/wallaroo.js";
