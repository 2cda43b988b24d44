// The panel, then its report as a file, of traces whose names are hostile: `node hostile.mjs URL FILE`. Prints as JSON what was shown of each
// tab, and what a name did: scripts that ran, violations of the policy, dialogs, errors, requests to elsewhere, elements that it became.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(path.join(HERE, '../../frontend/package.json'))('playwright-core');

const [url, file] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext({ acceptDownloads: true });
const done = [];
const tabs = {};
await context.exposeFunction('tell', (what) => done.push(what));
await context.addInitScript(() => {
  document.addEventListener('securitypolicyviolation', (event) => window.tell(`violation of ${event.violatedDirective}: ${event.blockedURI}`));
});

async function opened(address) {
  const page = await context.newPage();
  page.on('dialog', (dialog) => {
    done.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on('pageerror', (error) => done.push(`error: ${error}`));
  page.on('console', (message) => message.type() === 'error' && done.push(`console: ${message.text()}`));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    const isOwn = asked.origin === new URL(address).origin && !asked.pathname.endsWith('/x');
    if (!isOwn && !['data:', 'blob:'].includes(asked.protocol)) done.push(`asked for ${request.url()}`);
  });
  await page.goto(address);
  return page;
}

async function judged(page, where) {
  const found = await page.evaluate(() => [
    window.broken ?? 0,
    document.querySelectorAll('[onerror], [onload], img[src=x], a[href^="javascript:"], body script:not([type]):not(:last-of-type)').length,
  ]);
  if (found.some(Boolean)) done.push(`${where}: scripts that ran ${found[0]}, elements ${found[1]}`);
}

const page = await opened(url);
await page.waitForSelector('#verdict', { timeout: 90_000 });
const idle = () => page.waitForFunction(() => document.documentElement.dataset.tbContention === 'idle', null, { timeout: 30_000 });
await idle();
for (const tab of await page.locator('[role=tab]').all()) {
  await tab.click();
  await idle();
  tabs[await tab.innerText()] = await page.innerText('[role=tabpanel]');
  await judged(page, await tab.innerText());
}
tabs.page = await page.innerText('body');
const report = await opened(pathToFileURL(file).href);
for (const hit of (await report.locator('.hit').all()).slice(0, 3)) await hit.hover();
await judged(report, 'report');
tabs.report = await report.innerText('body');
await browser.close();
console.log(JSON.stringify({ tabs, done }));
