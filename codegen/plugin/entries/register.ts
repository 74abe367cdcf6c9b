/**
 * Compiles the lambdas of pipelines when Node loads their files: `node --import shapeline/register app.js`, and with
 * tsx `node --import shapeline/register --import tsx app.ts`. Options of the plugin are in the environment variable
 * `SHAPELINE_REGISTER`, as JSON: `SHAPELINE_REGISTER='{"helpers":["src/checks.ts"]}'`.
 *
 * @throws TargetError SL6011 for an unknown option
 * @module
 */
import { register } from "node:module";
import { compileCommonJs } from "../register/common-js.js";
import { registeredOptions } from "../register/options.js";

const options = registeredOptions(process.env["SHAPELINE_REGISTER"]);
register("./shapeline-register-hooks.js", import.meta.url, { data: options });
compileCommonJs(options);
// Compiled files have other columns than their sources.
process.setSourceMapsEnabled(true);
