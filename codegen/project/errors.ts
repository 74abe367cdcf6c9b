import { ShapelineError } from "../../dsl/errors.js";

/** SL29xx: a project or pipeline file cannot be found or run. */
export class ProjectError extends ShapelineError {}
