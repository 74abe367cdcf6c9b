// The client in a real browser: a page of one origin calls our server at another one. Needs
// `npm run build`.
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { server as serverTarget } from "shapeline/client";
import { createServer } from "shapeline/server";
import { folder } from "../../engine/make-config.js";
import { models, regression, rows } from "../../targets/breast-cancer.js";
import { openEngine } from "../../targets/local-engine.js";
import { build, pipeline } from "shapeline";
import { executablePath, openPage, servePage, startBrowser } from "../../browser.js";

const contents = `import { build, pipeline } from "./dist/index-browser.js";
  import { openInference, server } from "./dist/client-browser.js";
  Object.assign(window, { build, openInference, pipeline, server });`;
const serveApp = (): Promise<string> => servePage(contents, ["apache-arrow"]);

test.skipIf(executablePath === undefined)(
  "a page of an allowed origin infers, others are told about CORS",
  async () => {
    const [allowed, other] = [await serveApp(), await serveApp()];
    const token = "browser-0123456789";
    const server = await createServer({
      data: join(folder(), "data"),
      models,
      token,
      cors: [allowed],
      durability: "off",
    });
    onTestFinished(() => server.close());
    const url = await server.listen({ port: 0 });
    const browser = await startBrowser();
    onTestFinished(() => browser.close());

    /** Infers in a page of this origin; the outputs, or the error's message. */
    const inferAt = async (origin: string, encoding: string): Promise<unknown> => {
      const page = await openPage(browser, origin, "openInference");
      const call = { url, token, encoding, model: regression, rows };
      return page.evaluate(`(async ({ url, token, encoding, model, rows }) => {
      try {
        const live = await window.openInference({ url, token, encoding }).connect(model);
        return (await live.infer(rows)).map(({ out }) => out);
      } catch (error) {
        return error.code + " " + error.message;
      }
    })(${JSON.stringify(call)})`);
    };
    const here = await pipeline("here").model(regression).deploy(openEngine({ models }));
    const expected = (await here.infer(rows)).map(({ out }) => out);
    for (const encoding of ["json", "binary"]) expect(await inferAt(allowed, encoding)).toEqual(expected);

    // A page may author the pipeline too, connect it and compile it; a lambda must have been compiled by the plugin.
    await here.close();
    const live = await pipeline("here").model(regression).deploy(serverTarget({ url, token }));
    const page = await openPage(browser, allowed, "pipeline");
    const call = { url, token, model: regression, rows };
    const answers = await page.evaluate(`(async ({ url, token, model, rows }) => {
      const here = pipeline("here").model(model);
      const outs = async (target) => (await (await here.connect(target)).infer(rows)).map(({ out }) => out);
      const failure = (work) => work.then(() => "it worked", (error) => error.code + " " + error.message);
      return {
        server: await outs(server({ url, token })),
        protocol: await outs(openInference({ url, token })),
        drift: await failure(here.validate("low", (x) => x.out.probabilities[0] < 1).connect(server({ url, token }))),
        hash: (await build(here)).hash,
        build: await failure(build(here.validate("low", (x) => x.out.probabilities[0] < 1))),
      };
    })(${JSON.stringify(call)})`);
    expect(answers).toEqual({
      server: expected,
      protocol: expected,
      drift: expect.stringMatching(
        /^SL4009 the deployed version 1 of 'here' is not of this pipeline 'here': step 1 is missing there, and /,
      ) as unknown,
      hash: (await build(pipeline("here").model(regression))).hash,
      build: expect.stringMatching(/^SL1053 .*was not compiled when the application was bundled/) as unknown,
    });
    await live.undeploy();
    expect(await inferAt(other, "json")).toMatch(
      /^SL6050 model 'logistic-regression' on .*: the server cannot be reached: Failed to fetch; .*in a browser also that it allows the page's origin \(CORS\)/,
    );
  },
);
