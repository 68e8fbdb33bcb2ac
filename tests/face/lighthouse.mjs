// node lighthouse.mjs TOOLS ERRAND: scores of pages as JSON, what fell short beside them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [tools, path] = process.argv.slice(2);
const load = async (file) => (await import(pathToFileURL(join(tools, file)))).default;
const lighthouse = await load("lighthouse/core/index.js");
const puppeteer = await load("puppeteer-core/lib/esm/puppeteer/puppeteer-core.js");
const errand = JSON.parse(readFileSync(path, "utf-8"));

const browser = await puppeteer.launch({ executablePath: errand.chromium, args: errand.flags });
const page = await browser.newPage();
for (const { name, value, domain, path: within } of errand.cookies) {
  await browser.setCookie({ name, value, domain, path: within });
}
const scores = {};
for (const url of errand.urls) {
  const settings = {
    onlyCategories: errand.categories,
    formFactor: "desktop",
    screenEmulation: { disabled: true },
    throttlingMethod: "provided",
    disableStorageReset: true,
    logLevel: "error",
  };
  const { lhr } = await lighthouse(url, settings, undefined, page);
  const short = Object.values(lhr.audits).filter((a) => a.score !== null && a.score < 1);
  scores[url] = Object.fromEntries(Object.entries(lhr.categories).map(([id, c]) => [id, c.score]));
  if (lhr.finalDisplayedUrl !== url) scores[url].shown = lhr.finalDisplayedUrl;
  if (short.length) scores[url].short = short.map((a) => [a.id, a.title, a.details?.items?.slice(0, 3)]);
}
await browser.close();
console.log(JSON.stringify(scores));
