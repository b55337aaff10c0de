// What does a person see who opens the page, enters a token and runs the example? Told as JSON on stdout.
//
// node in_a_browser.mjs FOLDER_OF_PACKAGES CHROMIUM URL TOKEN FOLDER_FOR_PICTURES

import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { argv, stdout } from "node:process";

const [, , packages, executablePath, url, token, pictures] = argv;
const { chromium } = createRequire(join(resolve(packages), "package.json"))("playwright-core");

const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const seen = { requests: [], errors: [], violations: [] };
page.context().on("request", (request) => seen.requests.push(request.url()));
page.on("pageerror", (error) => seen.errors.push(String(error)));
page.on("console", (message) => {
  // The browser notes every answer that is not 2xx; the 401 below is meant.
  const meant = /status of 401/.test(message.text());
  if (["error", "warning"].includes(message.type()) && !meant) seen.errors.push(message.text());
});
await page.addInitScript(() => {
  globalThis.violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    violations.push(`${event.violatedDirective} ${event.blockedURI}`),
  );
});

const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`) });
const text = (selector) => page.locator(selector).innerText();

async function onTheForm() {
  await page.fill("#token", "unknown");
  await page.click("#run");
  await page.waitForSelector("#status:has-text('401')");
  await page.fill("#token", token);
  await page.selectOption("#operation", "Households");
  await page.click("#run");
  await page.waitForSelector("#status:has-text('200')");
  const answer = JSON.parse(await text("#answer"));
  const id = answer.data.households.edges[0].node.householdId;
  await page.fill("#variables", JSON.stringify({ id }));
  await page.selectOption("#operation", "History");
  await page.click("#run");
  await page.waitForSelector("#answer:has-text('happenedOn')");
  await picture("form");
  return { note: await text(".note"), answer: JSON.parse(await text("#answer")) };
}

async function inGraphiql() {
  await page.fill("#token", "unknown");
  await picture("token");
  await page.click(".ask button");
  await page.waitForSelector(".refused");
  await page.fill("#token", token);
  await page.click(".ask button");
  await page.waitForSelector(".graphiql-doc-explorer-content");
  await page.waitForSelector(".graphiql-query-editor .view-line");
  await page.click(".graphiql-execute-button");
  await page.click("[role=menuitem]:has-text('Households')");
  await page.waitForSelector(".result-window:has-text('householdId')");
  await picture("graphiql");
  await page.click(".graphiql-doc-explorer-content a:has-text('Query')");
  await page.click(".graphiql-doc-explorer-content a:text-is('household')");
  await page.waitForSelector(".graphiql-doc-explorer-content :text('户档')");
  await picture("documentation");
  return { documentation: await text(".graphiql-doc-explorer-content"), answer: await text(".result-window") };
}

await page.goto(url);
const graphiql = (await page.waitForSelector("#form, .ask")) && (await page.locator(".ask").count()) > 0;
try {
  Object.assign(seen, graphiql ? await inGraphiql() : await onTheForm());
} catch (error) {
  await picture("failed");
  seen.errors.push(String(error));
}
seen.violations = await page.evaluate(() => violations);
seen.kept = await page.evaluate(() => ({ local: Object.keys(localStorage), tab: Object.keys(sessionStorage) }));
seen.cookies = await page.context().cookies();
await browser.close();
stdout.write(JSON.stringify({ graphiql, ...seen }));
