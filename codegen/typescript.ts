/** The TypeScript compiler that ts-morph brings. `scripts/build.mjs` says how the built package gets hold of it. */
export { ts } from "ts-morph";
