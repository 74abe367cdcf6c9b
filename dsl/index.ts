export { checkPipeline, type PipelineCheck, type RuntimeCheck } from "./check/check-pipeline.js";
export { constant, type Constant, type ConstantValue } from "./constant.js";
export { errorCodes } from "./messages/error-codes.js";
export type {
  AlertChange,
  AlertsOptions,
  AnyDeployment,
  AnyInferColumns,
  AnyInferRecord,
  AnyRecord,
  ArrowTable,
  ArrowTableLike,
  ColumnsInput,
  DatasetOptions,
  DeployedConfig,
  Deployment,
  DeploymentStatus,
  ExportOptions,
  ExportedLogs,
  FileOptions,
  InferColumns,
  InferOptions,
  InferRecord,
  Interop,
  LogRecord,
  LogRows,
  LogsOptions,
  ModelStatus,
  OutputsByModel,
  PipelineVersion,
  RecordInput,
  ShapedInput,
  WithheldColumns,
} from "./deployment.js";
export {
  ConfigError,
  InputError,
  LambdaError,
  ModelError,
  PipelineError,
  ShapelineError,
  StorageError,
  TargetError,
  type ErrorCode,
  type Problem,
} from "./errors.js";
export type { RenamedPorts } from "./renamed-ports.js";
export {
  defineModel,
  generatedModel,
  portsOf,
  type Model,
  type ModelDefinition,
  type PortDefinition,
  type Ports,
  type TensorsOf,
} from "./model.js";
export * from "./pipeline/pipeline.js";
export type {
  DeploymentOf,
  InferInput,
  InferOutput,
  LogRow,
  ModelOf,
  RowOf,
  ValidationsOf,
} from "./pipeline/types-of.js";
// Not from "./row.js": so every program that uses the package contains the types that declaration files may name.
export type { Row, RowScope, MultiModelRow, ShadowRow } from "./internals.js";
export { secondsIn } from "./steps/alert.js";
export { dtypes, tensor, type Dim, type DType, type Port, type Tensor } from "./tensor.js";
