export * from "../wallaroo/index.js";
export type {
  Deployment,
  ExplainabilityConfig,
  Model,
  ModelConfig,
  ModelConfigOptions,
  ModelVersion,
  ModelVersionSignature,
  ObjectFactory,
  Pipeline,
  PipelineDeployOptions,
  PipelineVersion,
  PlatformObject,
  PlatformStatus,
  Tag,
  WallarooDeployment,
  WallarooStatus,
  Workspace,
} from "../targets/wallaroo/objects/types.js";
export type { PlatformPlan } from "../targets/wallaroo/deploying/public-types.js";
export type { WaitOptions } from "../targets/wallaroo/deploying/wait-until.js";
export type { PipelineList, PipelineSummary } from "../targets/wallaroo/pipeline-list.js";
export type {
  AlertCondition,
  AlertEditOptions,
  ModelHandle,
  ModelReference,
  PipelineEdits,
  ValidationCondition,
} from "../targets/wallaroo/edits/public-types.js";
export type {
  PlatformFetch,
  UploadOptions,
  WallarooDeployOptions,
  WallarooOptions,
  WallarooPipelineOptions,
  WallarooTarget,
} from "../targets/wallaroo/public-types.js";
export { wallaroo } from "../targets/wallaroo/wallaroo.js";
