// The panel without TensorBoard, opened from a link on another site: `node alone.mjs URL`. Prints as JSON what the page shows, the
// address that is left, and errors on the console, among them violations of the page's policy.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(path.join(HERE, '../../frontend/package.json'))('playwright-core');

const [url] = process.argv.slice(2);
const elsewhere = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(`<a href="${url}">the panel</a>`));
await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ colorScheme: 'dark' });
const errors = [];
page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
page.on('pageerror', (error) => errors.push(String(error)));
// `localhost` and `127.0.0.1` are different sites.
await page.goto(`http://localhost:${elsewhere.address().port}/`);
await page.click('a');
await page.waitForSelector('#verdict', { timeout: 120_000 });
await page.waitForFunction(() => document.documentElement.dataset.tbContention === 'idle', null, { timeout: 60_000 });
const verdict = await page.innerText('#verdict');
const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const { pathname, search, hash } = new URL(page.url());
await page.reload();
await page.waitForSelector('#verdict', { timeout: 60_000 });
if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE });
await browser.close();
elsewhere.close();
console.log(JSON.stringify({ verdict, background, pathname, search, hash, errors }));
