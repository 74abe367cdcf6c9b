export type { Fetch, FetchInit, FetchResponse } from "./http/fetch.js";
export { openInference } from "./open-inference/open-inference.js";
export type { AnyConnectedModel, ConnectedModel } from "../../dsl/deployment.js";
export type {
  ConnectedTo,
  ConnectOptions,
  OpenInference,
  OpenInferenceOptions,
} from "./open-inference/public-types.js";
export { server } from "./server/server.js";
export type { ServerDeployment, ServerStatus, ServerTarget, ServerTargetOptions } from "./server/public-types.js";
