export { type AlertOptions, type AlertRows, secondsIn } from "./steps/alert.js";
export { checkPipeline, type PipelineCheck, type RuntimeCheck } from "./check/check-pipeline.js";
export { errorCodes } from "./messages/error-codes.js";
export type {
  AnyDeployment,
  AlertChange,
  AlertsOptions,
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
  ExportedLogs,
  ExportOptions,
  InferColumns,
  InferOptions,
  InferRecord,
  Interop,
  LogRecord,
  LogsOptions,
  OutputsByModel,
  PipelineVersion,
  RecordInput,
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
export type { EmptyPipeline } from "./pipeline/empty-pipeline.js";
export {
  pipeline,
  type AnyPipeline,
  type Deployable,
  type InferInput,
  type InferOutput,
  type LogRow,
  type Pipeline,
} from "./pipeline/pipeline.js";
export type { Row, RowScope, SeveralRow, ShadowRow } from "./row.js";
export type {
  AlertStep,
  AuditStep,
  KeySplitOptions,
  KeySplitStep,
  ModelsStep,
  ModelStep,
  RandomSplitStep,
  RefineStep,
  SelectStep,
  ShadowStep,
  Step,
  StepKind,
  ValidationStep,
} from "./steps/nodes.js";
export type { Target } from "./target.js";
export { dtypes, tensor, type Dim, type DType, type Port, type Tensor } from "./tensor.js";
// The names that stand in the type of a pipeline: declaration files of apps write them.
export type { Columns } from "./steps/rename.js";
export type { ShadowOutputs } from "./steps/shadow.js";
export type {
  Alert,
  Audit,
  Check,
  After,
  KeySplit,
  RandomSplit,
  Refine,
  Renamed,
  Select,
  Several,
  Shadow,
  Stated,
  Unstated,
} from "./steps/step-types.js";
export type { UncheckedPipeline } from "./pipeline/unchecked-pipeline.js";
