/** The TypeScript compiler that ts-morph brings. In the built package `load-typescript.ts` loads it; `scripts/build.mjs` puts it here. */
export { ts } from "ts-morph";
