export { openInference } from "./open-inference/open-inference.js";
export type {
  AnyConnectedModel,
  ConnectedModel,
  ConnectedTo,
  ConnectOptions,
  Fetch,
  FetchInit,
  FetchResponse,
  OpenInference,
  OpenInferenceOptions,
} from "./open-inference/public-types.js";
export { server } from "./server/server.js";
export type { ServerDeployment, ServerStatus, ServerTarget, ServerTargetOptions } from "./server/public-types.js";
