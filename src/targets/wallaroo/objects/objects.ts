import { PlatformClient } from "../connection/client.js";
import type { WallarooSettings } from "../options.js";
import { DeploymentObject } from "./deployment.js";
import type { ObjectClient } from "./lazy-object.js";
import { ModelConfigObject } from "./model-config.js";
import { ModelVersionObject } from "./model-version.js";
import { ModelObject } from "./model.js";
import { PipelineVersionObject } from "./pipeline-version.js";
import { PipelineObject } from "./pipeline.js";
import { Signatures } from "./signatures.js";
import { WorkspaceObject } from "./workspace.js";

/** Opens a client of a platform that makes objects. Nothing is sent before the first call. */
export function openClient(settings: WallarooSettings): ObjectClient {
  const client: ObjectClient = Object.assign(new PlatformClient(settings), {
    signatures: new Signatures(),
    objects: {
      pipeline: (data: object) => new PipelineObject(client, data),
      pipelineVersion: (data: object) => new PipelineVersionObject(client, data),
      model: (data: object) => new ModelObject(client, data),
      modelVersion: (data: object) => new ModelVersionObject(client, data),
      modelConfig: (data: object) => new ModelConfigObject(client, data),
      deployment: (data: object) => new DeploymentObject(client, data),
      workspace: (data: object) => new WorkspaceObject(client, data),
    },
  });
  return client;
}
