import type { FastifyBaseLogger } from "fastify";
import type { Plane } from "../control-plane.js";

/** What a request's resolvers share. */
export interface GraphqlContext {
  readonly plane: Plane;
  /** Who calls. */
  readonly user: string;
  readonly log: FastifyBaseLogger;
}
