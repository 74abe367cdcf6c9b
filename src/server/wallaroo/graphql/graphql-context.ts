import type { FastifyBaseLogger } from "fastify";
import type { ControlPlane } from "../control-plane.js";

/** What a request's resolvers share. */
export interface GraphqlContext {
  readonly plane: ControlPlane;
  /** Who calls. */
  readonly user: string;
  readonly log: FastifyBaseLogger;
}
