import { onTestFinished } from "vitest";
import { server, type ServerTarget } from "shapeline/client";
import { createServer } from "shapeline/server";
import { local, type LocalOptions, type LocalTarget } from "shapeline/local";
import { folder } from "../../engine/make-config.js";

/** Opens a target on a new data folder; closes it after the current test. */
export type OpenTarget = (options: LocalOptions & { readonly models: string }) => Promise<LocalTarget | ServerTarget>;

/** The targets that must behave alike. */
export const targets: readonly (readonly [name: string, open: OpenTarget])[] = [
  ["local()", (options) => Promise.resolve(closed(local({ data: folder(), ...options })))],
  [
    "server()",
    async ({ log, ...options }) => {
      const running = await createServer({ data: folder(), ...options });
      onTestFinished(() => running.close());
      return closed(server({ url: await running.listen({ port: 0 }), ...(log !== undefined && { log }) }));
    },
  ],
];

function closed<T extends LocalTarget | ServerTarget>(target: T): T {
  onTestFinished(() => target.close());
  return target;
}
