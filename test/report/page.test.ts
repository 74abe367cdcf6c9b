import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { executablePath, startBrowser } from "../browser.js";
import { reportHtml } from "../../src/report/html-report.js";
import { newFolder } from "../logs/support/stores.js";
import { comparison } from "./hostile.js";
import { emptyComparison } from "./empty-comparison.js";

/** Evaluated in the page: the colors of a canvas. */
const pixelsOf = `
  const canvases = () => [...document.querySelectorAll(".plot canvas")];
  const colorsOf = (canvas) => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const colors = new Set();
    for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] === 255) colors.add([pixels[i], pixels[i + 1], pixels[i + 2]].join());
    return colors;
  }`;

it("names what is not compared, and why", async () => {
  const html = await reportHtml({
    ...comparison,
    withheld: [
      { column: "out.iban", reason: "redacted" },
      { column: "out_<rf>.mask", reason: "long" },
    ],
  });
  const facts = [...html.matchAll(/<t[hd][^>]*>not compared<\/t[hd]><td>([^<]*)<\/td>/g)].map(([, text]) => text);
  expect(facts).toEqual([
    "out.iban: redacted in the log",
    "out_&lt;rf&gt;.mask: the log may hold only its shape and digest",
  ]);
});

describe.skipIf(executablePath === undefined)("the page in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  async function openPage(scheme: "light" | "dark", shown = comparison) {
    const file = join(newFolder(), "report.html");
    writeFileSync(file, await reportHtml(shown));
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width: 1200, height: 900 } });
    const [messages, requests]: [string[], string[]] = [[], []];
    page.on("console", (message) => messages.push(message.text()));
    page.on("pageerror", (error) => messages.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    if (shown === comparison) await page.waitForSelector(".plot canvas");
    return { page, messages, requests, file };
  }

  it.each(["light", "dark"] as const)(
    "draws every plot in %s mode, without console messages or further requests",
    async (scheme) => {
      const { page, messages, requests, file } = await openPage(scheme);
      const plots = await page.evaluate<{ width: number; colors: string[] }[]>(
        `${pixelsOf}; canvases().map((canvas) => ({ width: canvas.width, colors: [...colorsOf(canvas)] }))`,
      );
      expect(plots).toHaveLength(3);
      for (const { width, colors } of plots) {
        expect(width).toBeGreaterThan(250);
        expect(colors.length).toBeGreaterThan(2);
      }
      // The line of the difference and the background have the colors of the scheme.
      const ink = scheme === "light" ? "124,58,237" : "196,167,255";
      expect(plots[2]?.colors).toContain(ink);
      const paper = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      expect(paper).toBe(scheme === "light" ? "rgb(255, 255, 255)" : "rgb(20, 23, 29)");
      expect(messages).toEqual([]);
      expect(requests).toEqual([pathToFileURL(file).href]);
      await page.close();
    },
  );

  it("shows names with markup as text", async () => {
    const { page, messages } = await openPage("light");
    expect(await page.title()).toBe(`${comparison.pipeline}: champion and challengers`);
    expect(await page.locator("h2").allTextContents()).toEqual(
      comparison.challengers.map(({ name }) => `Challenger ${name}`),
    );
    expect(await page.locator("img, b").count()).toBe(0);
    expect(await page.locator("script").count()).toBe(3);
    expect(messages).toEqual([]);
    await page.close();
  });

  it("redraws when the color scheme changes", async () => {
    const { page } = await openPage("light");
    await page.emulateMedia({ colorScheme: "dark" });
    await vi.waitFor(async () =>
      expect(await page.evaluate<boolean>(`${pixelsOf}; colorsOf(canvases()[2]).has("196,167,255")`)).toBe(true),
    );
    expect(await page.locator(".plot canvas").count()).toBe(3);
    await page.close();
  });

  it("renders a single row, non-finite values and an empty log", async () => {
    const [rf] = comparison.challengers;
    const [output] = rf?.outputs ?? [];
    const numbers = output?.numbers;
    if (rf === undefined || output === undefined || numbers === null || numbers === undefined)
      throw new TypeError("no numbers");
    const lone = { from: 0.5, to: 0.5, counts: numbers.histogram.counts.map((_, i) => (i === 20 ? 1 : 0)) };
    const one = {
      ...numbers,
      values: 1,
      correlation: null,
      histogram: lone,
      championValues: lone,
      challengerValues: lone,
      timeline: numbers.timeline.slice(0, 1),
    };
    const none = { ...numbers, values: 0, notFinite: 1, timeline: [] };
    const shown = (...outputs: (typeof numbers)[]) => ({
      ...comparison,
      rows: 1,
      challengers: [
        {
          ...rf,
          name: "rf",
          rows: 1,
          answered: 1,
          notes: [],
          outputs: outputs.map((each) => ({ ...output, rows: 1, agreeing: 1, numbers: each })),
        },
      ],
    });

    const { page, messages } = await openPage("dark", shown(none, one));
    await page.waitForSelector(".plot canvas");
    expect(await page.locator(".plot canvas").count()).toBe(3);
    const drawn = await page.evaluate<string[][]>(`${pixelsOf}; canvases().map((canvas) => [...colorsOf(canvas)])`);
    expect(drawn[2]).toContain("90,209,192");
    const text = await page.locator("main").innerText();
    expect(text).toContain("100% of 1 row: every value within a thousandth of the champion's");
    expect(text).toContain("No finite values to draw.");
    expect(text).toContain("none: one side is constant");
    expect(await page.locator(".overview").count()).toBe(0);
    const empty = await openPage("light", emptyComparison("fraud"));
    expect(await empty.page.locator("main").innerText()).toContain("none in this period");
    expect([...messages, ...empty.messages]).toEqual([]);
    await page.close();
    await empty.page.close();
  });

  it("lists many challengers in a table with a link to each", async () => {
    const [rf] = comparison.challengers;
    const challengers = Array.from({ length: 12 }, (_, i) => ({
      ...(rf ?? comparison.challengers[1]!),
      name: `challenger-with-a-rather-long-name-${"x".repeat(i * 8)}-${i}`,
    }));
    const { page, messages } = await openPage("light", { ...comparison, challengers });
    await page.waitForSelector(".plot canvas");
    expect(await page.locator(".overview tr").count()).toBe(13);
    expect(await page.locator(".plot canvas").count()).toBe(36);
    await page.locator(".overview a").last().click();
    expect(
      await page.evaluate<boolean>(
        `document.querySelector("#challenger-11").getBoundingClientRect().top < innerHeight`,
      ),
    ).toBe(true);
    await page.setViewportSize({ width: 500, height: 900 });
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.setViewportSize({ width: 360, height: 900 });
    // The header "challenger" stays on one line.
    expect(
      await page.evaluate<number>(`document.querySelector(".overview th").getBoundingClientRect().height`),
    ).toBeLessThan(45);
    expect(messages).toEqual([]);
    await page.close();
  });
});
