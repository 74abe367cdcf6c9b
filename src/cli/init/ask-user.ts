import { createInterface } from "node:readline/promises";
import type { Ask } from "./init-project.js";

/** The most model files that are offered. */
const maxOffered = 9;

/** Asks on the terminal. An empty answer takes the default. */
export function askUser(): Ask {
  const question = async (text: string): Promise<string> => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return (await terminal.question(text)).trim();
    } finally {
      terminal.close();
    }
  };
  return {
    async model(files) {
      if (files.length === 0) return undefined;
      const offered = files.slice(0, maxOffered);
      const lines = ["the models of the package: altered amounts on cheques", ...offered].map(
        (line, i) => `  ${i}  ${line}`,
      );
      for (;;) {
        const answer = await question(`Which model?\n${lines.join("\n")}\n[0] `);
        const chosen = answer === "" ? 0 : Number(answer);
        if (chosen === 0) return undefined;
        if (offered[chosen - 1] !== undefined) return offered[chosen - 1];
      }
    },
    async confirm(text) {
      return /^(y(es)?)?$/i.test(await question(`${text}\nGo on? [Y/n] `));
    },
  };
}
